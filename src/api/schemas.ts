/**
 * What goes in and comes out of the API. The same schemas validate requests and make the OpenAPI document.
 */
import type { CountryCode } from 'libphonenumber-js/max';
import { z } from 'zod';
import { emailAddress, readPhoneNumber } from '../address';
import { whyNoSmsGoesTo } from '../smsDestination';

/** Ten years of 365.25 days, in seconds: the longest that a reminder may wait. */
export const MAX_WAIT_SECONDS = 10 * 365.25 * 24 * 60 * 60;

const MAX_MESSAGE_CHARACTERS = 1_000;

export const channel = z.enum(['email', 'sms']);
export const preference = z.enum(['email', 'sms', 'both'], { error: 'must be email, sms or both' });
export const state = z.enum(['waiting', 'sending', 'succeeded', 'partial', 'failed', 'cancelled'], {
  error: 'must be waiting, sending, succeeded, partial, failed or cancelled',
});

/** A field that a form left empty counts as absent. */
function optional<Schema extends z.ZodType>(schema: Schema) {
  return z
    .union([z.literal('').transform(() => undefined), schema], {
      // What is wrong with the value, rather than that it is neither empty nor right.
      error: ({ errors }) => (errors as z.core.$ZodIssue[][] | undefined)?.at(-1)?.[0]?.message,
    })
    .optional();
}

const waitBounds = `must be a number of seconds from 0 to ${MAX_WAIT_SECONDS} (10 years)`;

const waitSeconds = z
  .union(
    [
      z.number().min(0, waitBounds).max(MAX_WAIT_SECONDS, waitBounds),
      z.string().regex(/^[0-9]{1,9}(\.[0-9]{1,3})?$/, waitBounds),
    ],
    { error: waitBounds },
  )
  .transform(Number)
  .refine((seconds) => seconds <= MAX_WAIT_SECONDS, waitBounds)
  .meta({ description: 'Seconds from now. Give either this or `remindAt`.', examples: [30] });

const remindAt = z.iso
  .datetime({
    offset: true,
    abort: true,
    error: 'must be a date and time with its offset, such as 2027-02-14T09:00:00+01:00',
  })
  .refine((instant) => Date.parse(instant) >= 0, 'must not be before 1970')
  .refine((instant) => Date.parse(instant) - Date.now() <= MAX_WAIT_SECONDS * 1_000, 'must be within 10 years')
  .meta({
    description: 'An RFC 3339 date and time. One in the past is due at once. Give either this or `waitSeconds`.',
    examples: ['2027-02-14T09:00:00+01:00'],
  });

const message = z
  .string({
    error: ({ input }) => (input === undefined ? 'is missing: what shall the reminder say?' : 'must be a text'),
  })
  .refine((text) => /[^\s\p{Cf}]/u.test(text), 'must say something')
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  .regex(/^[^\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f]*$/u, 'must not have control characters but newlines')
  // U+FFFD is what a decoder puts in the place of bytes that are none of a character.
  .refine((text) => /^[^\p{Cs}\ufffd]*$/u.test(text), 'must be well-formed Unicode')
  .transform((text) => text.replace(/\r\n?/g, '\n'))
  .refine(
    // Code points, as JSON Schema counts them.
    // eslint-disable-next-line @typescript-eslint/no-misused-spread
    (text) => [...text].length <= MAX_MESSAGE_CHARACTERS,
    `must have at most ${MAX_MESSAGE_CHARACTERS} characters`,
  )
  .meta({
    minLength: 1,
    maxLength: MAX_MESSAGE_CHARACTERS,
    allOf: [{ pattern: '\\S' }],
    description: 'What to say: not only blanks and invisible characters.',
    examples: ['Cuddle Whiskers'],
  });

const email = emailAddress.meta({
  format: 'email',
  description: 'Needed unless `preference` is `sms`.',
  examples: ['bob@example.com'],
});

const notAPhone = 'must be a phone number, such as +1 415 555 2671';

/** Any usual spelling in, E.164 out. */
const phone = (defaultCountry: CountryCode, smsCountries: CountryCode[] | undefined) =>
  z
    .string({ error: notAPhone })
    .max(60, notAPhone)
    .transform((text, context) => {
      const number = readPhoneNumber(text, defaultCountry);
      const refusal = number ? whyNoSmsGoesTo(number, smsCountries) : notAPhone;
      if (number && refusal === undefined) return number.number;
      context.addIssue(refusal ?? notAPhone);
      return z.NEVER;
    })
    .meta({
      format: 'phone',
      description: `Needed unless \`preference\` is \`email\`. Without a country code it is read as a number of ${defaultCountry}.${
        smsCountries ? ` Text messages are sent to ${smsCountries.join(', ')} alone.` : ''
      }`,
      examples: ['+14155552671'],
    });

/** As JSON says it, or as a form does: a box that is not ticked is not sent. */
const fallback = z
  .union([z.boolean(), z.enum(['true', 'on']).transform(() => true), z.literal('false').transform(() => false)], {
    error: 'must be true or false',
  })
  .meta({
    description:
      'With `both`: the text message goes first, and the email only if that fails or does not arrive in 10 minutes.',
  });

const notATimeZone = 'must be a time zone, such as Europe/Zurich';

const timeZone = z
  .string({ error: notATimeZone })
  .max(64, notATimeZone)
  .refine(isTimeZone, notATimeZone)
  .meta({ description: 'Of whoever is reminded: it decides when it is night there.', examples: ['Europe/Zurich'] });

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

const notAKey = 'must be 1 to 255 printable ASCII characters';

/** Any visible text; quotes around it, as in a structured field (RFC 9651), do not count. */
export const idempotencyKey = z
  .string({ error: notAKey })
  .regex(/^("[\x20-\x7e]{1,255}"|[\x20-\x7e]{1,255})$/, notAKey)
  .transform((key) => key.replace(/^"(.+)"$/, '$1'));

function isForBoth({
  preference,
  email,
  phone,
}: Record<'preference' | 'email' | 'phone', string | undefined>): boolean {
  return preference === 'both' || (preference === undefined && email !== undefined && phone !== undefined);
}

/** A rule that spans fields is looked at only where none of them is wrong in itself. */
const onceRight =
  (...fields: string[]) =>
  ({ value, issues }: z.core.ParsePayload) =>
    z.record(z.string(), z.unknown()).safeParse(value).success &&
    !issues.some(({ path }) => fields.includes(String(path?.[0])));

const notAnObject = 'must be an object';

/** How the contract says that a field is given: it is there, and was not left empty. */
const given = (field: string) => ({ required: [field], properties: { [field]: { not: { const: '' } } } });

/** How the contract says that a preference needs a contact. */
const needs = (preferences: string[], contact: string) => ({
  if: { required: ['preference'], properties: { preference: { enum: preferences } } },
  then: given(contact),
});

const oneTime = {
  path: ['remindAt'],
  error: 'cannot be given together with waitSeconds',
  when: onceRight('waitSeconds', 'remindAt'),
};

/**
 * The bodies of requests. Phone numbers without a country code are numbers of `defaultCountry`; only those of `smsCountries`
 * are taken, where there are some.
 */
export function createRequestSchemas(defaultCountry: CountryCode, smsCountries: CountryCode[] | undefined) {
  const newReminder = z
    .strictObject(
      {
        waitSeconds: optional(waitSeconds),
        remindAt: optional(remindAt),
        preference: optional(preference).describe('How to say it. Without it, the contacts given decide.'),
        message,
        email: optional(email),
        phone: optional(phone(defaultCountry, smsCountries)),
        fallback: optional(fallback),
        timeZone: optional(timeZone),
        idempotencyKey: optional(idempotencyKey).describe(
          'What a form sends in place of the header: the same content with the same key starts one reminder.',
        ),
      },
      { error: notAnObject },
    )
    .refine(({ waitSeconds, remindAt }) => waitSeconds === undefined || remindAt === undefined, oneTime)
    .refine(({ waitSeconds, remindAt }) => waitSeconds !== undefined || remindAt !== undefined, {
      path: ['waitSeconds'],
      error: 'is missing: say when, by waitSeconds or remindAt',
      when: onceRight('waitSeconds', 'remindAt'),
    })
    .refine(({ preference, email, phone }) => preference !== undefined || email !== undefined || phone !== undefined, {
      path: ['email'],
      error: 'is missing: say whom to remind, by email, phone or both',
      when: onceRight('preference', 'email', 'phone'),
    })
    .refine(({ fallback, preference, email, phone }) => !fallback || isForBoth({ preference, email, phone }), {
      path: ['fallback'],
      error: 'needs an email address and a phone number',
      when: onceRight('fallback', 'preference', 'email', 'phone'),
    })
    .refine(({ preference, email }) => email !== undefined || (preference !== 'email' && preference !== 'both'), {
      path: ['email'],
      error: 'is missing: the preference needs it',
      when: onceRight('preference', 'email'),
    })
    .refine(({ preference, phone }) => phone !== undefined || (preference !== 'sms' && preference !== 'both'), {
      path: ['phone'],
      error: 'is missing: the preference needs it',
      when: onceRight('preference', 'phone'),
    })
    .meta({
      allOf: [
        { oneOf: [given('waitSeconds'), given('remindAt')] },
        { anyOf: [given('email'), given('phone')] },
        needs(['email', 'both'], 'email'),
        needs(['sms', 'both'], 'phone'),
      ],
    });

  const change = z
    .strictObject(
      { waitSeconds: optional(waitSeconds), remindAt: optional(remindAt), message: message.optional() },
      { error: notAnObject },
    )
    .refine(({ waitSeconds, remindAt }) => waitSeconds === undefined || remindAt === undefined, oneTime)
    .refine(({ waitSeconds, remindAt, message }) => (waitSeconds ?? remindAt ?? message) !== undefined, {
      error: 'must change something: waitSeconds, remindAt or message',
      when: onceRight('waitSeconds', 'remindAt', 'message'),
    })
    .meta({
      anyOf: [given('waitSeconds'), given('remindAt'), given('message')],
      not: { allOf: [given('waitSeconds'), given('remindAt')] },
    });

  return { newReminder, change };
}

/** Six digits, that came by text message. */
export const confirmation = z.strictObject(
  {
    code: z
      .string({ error: 'must be the six digits of the text message' })
      .trim()
      .regex(/^\d{6}$/, 'must be the six digits of the text message'),
  },
  { error: notAnObject },
);

/** Whose contact is to be asked once more. */
export const confirmationRequest = z.strictObject(
  { channel: z.enum(['email', 'sms'], { error: 'must be email or sms' }) },
  { error: notAnObject },
);

export type RequestSchemas = ReturnType<typeof createRequestSchemas>;

/** Which reminders to list. */
export const listQuery = z.object({
  state: state.optional(),
  pageSize: z.coerce
    .number({ error: 'must be a number from 1 to 100' })
    .int('must be a whole number from 1 to 100')
    .min(1, 'must be a number from 1 to 100')
    .max(100, 'must be a number from 1 to 100')
    .default(20),
  pageToken: z
    .string({ error: 'must be the nextPageToken of an earlier page' })
    .regex(/^[A-Za-z0-9_-]*$/, 'must be the nextPageToken of an earlier page')
    .optional(),
});

/** Which messages of the outbox to list. */
export const outboxQuery = z.object({ reminderId: z.string({ error: 'must be the id of one reminder' }).optional() });

const instant = z.iso.datetime();

const delivery = z.object({
  channel,
  status: z.enum(['pending', 'sending', 'sent', 'delivered', 'failed', 'skipped', 'unknown']),
  attempts: z.int().min(0).describe('How many times a send was tried.'),
  providerId: z.string().optional().describe("The provider's own id of the message."),
  at: instant.optional().describe('When the status was reached.'),
  error: z.string().optional().describe('Why it failed, or why its last attempt did.'),
  waitsFor: z
    .enum(['consent', 'quiet-hours', 'receipt'])
    .optional()
    .describe('What it waits for, other than its due time or its next attempt.'),
  waitsUntil: instant.optional().describe('How long it waits for that at most.'),
  consent: z
    .enum(['unconfirmed', 'confirmed', 'stopped', 'unreachable'])
    .optional()
    .describe('Where its contact stands, which has to agree before anything is sent there.'),
});

export const reminderSummary = z.object({
  id: z.string(),
  state,
  dueAt: instant,
  createdAt: instant,
  preference,
  fallback: z.literal(true).optional().describe('The email goes out only if the text message does not arrive.'),
  message: z.string(),
  webUiUrl: z.url().optional().describe('Its execution in the Temporal Web UI.'),
});

export const reminder = reminderSummary.extend({
  path: z
    .array(
      z.object({
        state: z.enum(['Timer', 'Preference', 'EmailReminder', 'SmsReminder', 'Succeeded', 'Failed', 'Cancelled']),
        enteredAt: instant,
      }),
    )
    .describe('The states of the picture that were entered, in order.'),
  deliveries: z.array(delivery),
  url: z
    .string()
    .optional()
    .describe('Its page, with its key, where nobody sees all reminders: nothing but this link shows the reminder.'),
});

export const reminderPage = z.object({
  reminders: z.array(reminderSummary),
  nextPageToken: z.string().optional().describe('Absent on the last page.'),
});

export const outbox = z.array(
  z.object({
    id: z.string(),
    reminderId: z.string(),
    channel,
    to: z.string(),
    subject: z.string().optional(),
    text: z.string(),
    html: z.string().optional(),
    at: instant,
  }),
);

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  errors: z.array(z.object({ field: z.string(), detail: z.string() })).optional(),
});
