/**
 * Every setting, read once at start. A setting that is wrong stops the start with one line that names it.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { ClientConnectConfig } from '@temporalio/envconfig';
import { isSupportedCountry, type CountryCode } from 'libphonenumber-js/max';
import { z } from 'zod';
import type { Channel } from './reminder';
import { isLoopback } from './loopback';
import { StartError } from './startError';
import { readClientSettings } from './temporal/clientSettings';

/** Where emails go: to the outbox on the page while no provider is set up. */
export type EmailTransportConfig =
  | { kind: 'outbox' }
  | { kind: 'sendgrid'; apiKey: string; baseUrl: string | undefined; from: string }
  | { kind: 'smtp'; url: string; from: string };

/** Where text messages go: to the outbox on the page while no provider is set up. */
export type SmsTransportConfig = { kind: 'outbox' } | ({ kind: 'twilio' } & TwilioConfig);

export interface TwilioConfig {
  accountSid: string;
  authToken: string;
  baseUrl: string | undefined;
  /** A number of one's own, or a Messaging Service that picks one. */
  sender: { from: string } | { messagingServiceSid: string };
  /** Where Twilio reports what became of a message, if it can reach us. */
  statusCallback: string | undefined;
}

/** From one time of day until another, in minutes after midnight; over midnight when the end is before the beginning. */
export interface QuietHours {
  from: number;
  until: number;
}

/** Who may see and change reminders. */
export type AccessConfig =
  /** Whoever reaches the API: nothing but this machine does. */
  | { kind: 'open' }
  /** Whoever has the token. */
  | { kind: 'token'; token: string }
  /** Of each reminder, whoever has its link; of all of them, nobody. */
  | { kind: 'capability' };

/** Which Temporal to use: one that we start ourselves, or one that is already there. */
export type TemporalConfig =
  | { kind: 'embedded'; cli: string | undefined; port: number; uiPort: number }
  | { kind: 'external'; connect: ClientConnectConfig; uiUrl: string | undefined };

/** 32 random bytes for AES-256. */
export type EncryptionKey = Buffer;

/** How much is too much. What is absent has no limit. */
export interface LimitsConfig {
  /** Requests from one IP address (IPv6: from one /64) within a minute. */
  requestsPerMinute: number | undefined;
  /** Reminders started to one contact within 24 hours, and those due to it within any. */
  perContactPerDay: number | undefined;
  /** People who are asked for consent over each channel within 24 hours. */
  questionsPerDay: number | undefined;
  /** Reminders that wait at a time, in all. */
  waiting: number;
}

export interface Config {
  host: string;
  port: number;
  /** Absolute path of the folder that holds the embedded database and the outbox. */
  dataDir: string;
  /** Where people reach the page, without a trailing slash. */
  publicUrl: string | undefined;
  access: AccessConfig;
  /** Whose word on where a request comes from is taken, as Express knows it: a number of proxies, or their addresses. */
  trustProxy: number | string[] | undefined;
  limits: LimitsConfig;
  temporal: TemporalConfig;
  /** What Temporal keeps is encrypted with the first, and decrypted with any. Without one, nothing is encrypted. */
  encryptionKeys: readonly EncryptionKey[];
  email: EmailTransportConfig;
  sms: SmsTransportConfig;
  /** What it takes to believe what providers report. */
  webhooks: { sendgridPublicKey: KeyObject | undefined; twilioAuthToken: string | undefined };
  /** The country of phone numbers written without a country code (ISO 3166-1 alpha-2). */
  defaultCountry: CountryCode;
  /** Where the pages are that contacts get links to, without a trailing slash; undefined when nobody can know. */
  pagesUrl: string | undefined;
  /** Whether nothing goes out over a channel to those who have not agreed. */
  requireConsent: Record<Channel, boolean>;
  /** When nothing goes out over a channel. */
  quietHours: Record<Channel, QuietHours | undefined>;
  /** The most sends per second over each channel, by all workers together. */
  sendsPerSecond: Record<Channel, number>;
  /** The countries that text messages are sent to (ISO 3166-1 alpha-2); absent, to all. */
  smsCountries: CountryCode[] | undefined;
  /** What lets one in somewhere: the log leaves it out. */
  secrets: readonly string[];
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
}

const port = (byDefault: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number from 0 to 65535')
    .transform(Number)
    .refine((value) => value <= 65535, 'must be a port number from 0 to 65535')
    .default(byDefault);

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .transform((url) => url.replace(/\/+$/, ''));

const publicUrl = httpUrl.refine(
  (url) => url === new URL(url).origin,
  'must be a scheme, a host and maybe a port, such as https://cuddles.example.com',
);

const smtpUrl = z
  .url({ protocol: /^smtps?$/, hostname: /./, error: 'must be an smtp:// or smtps:// address' })
  .refine((url) => isDecodable(new URL(url).username + new URL(url).password), {
    error: 'has a user or password with a wrong "%": write it as %25',
  })
  .refine((url) => !new URL(url).searchParams.has('logger'), {
    error: 'must not have "logger": that log would hold the emails',
  });

const emailAddress = z
  .string()
  .regex(
    /^([^<>\p{Cc}]*<[^\s@<>,;:]+@[^\s@<>,;:]+>|[^\s@<>,;:]+@[^\s@<>,;:]+)$/u,
    'must be one address, such as "Whiskers <whiskers@example.com>"',
  );

const QUIET = /^((?<channel>email|sms)=)?(?<from>([01]\d|2[0-3]):[0-5]\d)-(?<until>([01]\d|2[0-3]):[0-5]\d)$/;

/** Like `21:00-08:00` for both channels, or `sms=21:00-08:00,email=23:00-06:00` for each its own. */
const quietHours = z.string().transform((text, context) => {
  const hours: Record<Channel, QuietHours | undefined> = { email: undefined, sms: undefined };
  for (const part of text.split(',')) {
    const { channel, from, until } = QUIET.exec(part.trim())?.groups ?? {};
    if (from === undefined || until === undefined || from === until) {
      context.addIssue('must be like 21:00-08:00, or sms=21:00-08:00,email=23:00-06:00');
      return z.NEVER;
    }
    const span = { from: minuteOfDay(from), until: minuteOfDay(until) };
    if (channel !== 'sms') hours.email = span;
    if (channel !== 'email') hours.sms = span;
  }
  return hours;
});

function minuteOfDay(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return 60 * hour + minute;
}

const perSecond = z
  .string()
  .regex(/^\d{1,5}(\.\d+)?$/, 'must be a number, such as 10 or 0.5')
  .transform(Number)
  .refine((value) => value > 0, 'must be more than 0')
  .default(100);

const verificationKey = z.string().transform((text, context) => {
  const key = readPublicKey(text);
  if (key?.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  context.addIssue('must be the verification key that SendGrid shows for its Signed Event Webhook');
  return z.NEVER;
});

const encryptionKeys = z
  .string()
  .transform((text) => text.split(',').map((key) => key.trim()))
  .refine((keys) => keys.every((key) => /^[A-Za-z0-9+/]{43}=$/.test(key)), {
    error: 'must be 32 bytes in base64, as "openssl rand -base64 32" prints them, or several of these with commas',
  })
  .transform((keys) => keys.map((key) => Buffer.from(key, 'base64')));

/** Express knows these by name. All addresses at once, `/0`, would be anyone. */
const proxy = z
  .union([z.enum(['loopback', 'linklocal', 'uniquelocal']), z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])
  .refine((address) => !address.endsWith('/0'));

const trustProxy = z
  .string()
  .transform((text) => (/^ *\d{1,2} *$/.test(text) ? Number(text) : text.split(',').map((part) => part.trim())))
  .refine(
    (trusted) => typeof trusted === 'number' || trusted.every((part) => proxy.safeParse(part).success),
    'must be how many proxies there are, such as 1, or their addresses, such as "loopback, 10.0.0.0/8"',
  );

const most = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be a whole number from 1 to 999999999')
  .transform(Number);

const isCountry = (code: string): code is CountryCode => isSupportedCountry(code);

const settings = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: port(3000),
  DATA_DIR: z.string().default('.data'),
  PUBLIC_URL: publicUrl.optional(),
  ACCESS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, 'must be at least 16 letters, digits and signs of ASCII, without spaces')
    .optional(),
  TRUST_PROXY: trustProxy.optional(),
  REQUESTS_PER_MINUTE: most.optional(),
  MAX_PER_CONTACT_PER_DAY: most.optional(),
  MAX_QUESTIONS_PER_DAY: most.optional(),
  MAX_WAITING: most.default(100_000),
  TEMPORAL_CLI: z.string().optional(),
  TEMPORAL_PORT: port(7233),
  TEMPORAL_UI_PORT: port(8233),
  TEMPORAL_UI_URL: httpUrl.optional(),
  ENCRYPTION_KEY: encryptionKeys.default([]),
  EMAIL_FROM: emailAddress.optional(),
  SENDGRID_API_KEY: z.string().optional(),
  SENDGRID_BASE_URL: httpUrl.optional(),
  SENDGRID_WEBHOOK_PUBLIC_KEY: verificationKey.optional(),
  SMTP_URL: smtpUrl.optional(),
  TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC[0-9a-fA-F]{32}$/, 'must be "AC" and 32 hexadecimal digits')
    .optional(),
  TWILIO_AUTH_TOKEN: z.string().optional(),
  TWILIO_FROM: z.string().optional(),
  TWILIO_MESSAGING_SERVICE_SID: z
    .string()
    .regex(/^MG[0-9a-fA-F]{32}$/, 'must be "MG" and 32 hexadecimal digits')
    .optional(),
  TWILIO_BASE_URL: httpUrl.optional(),
  DEFAULT_COUNTRY: z.string().refine(isCountry, 'must be a country code of two capital letters').default('US'),
  SMS_COUNTRIES: z
    .string()
    .transform((text) => text.split(',').map((code) => code.trim()))
    .refine(
      (codes): codes is CountryCode[] => codes.every(isCountry),
      'must be country codes of two capital letters, with commas between them',
    )
    .optional(),
  REQUIRE_CONSENT: z.enum(['true', 'false'], { error: 'must be true or false' }).optional(),
  QUIET_HOURS: quietHours.optional(),
  EMAILS_PER_SECOND: perSecond,
  SMS_PER_SECOND: perSecond,
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'must be one of fatal, error, warn, info, debug, trace, silent',
    })
    .default('info'),
});

type Settings = z.infer<typeof settings>;

/** Sets what the file `.env` in the working directory, if there is one, says of variables that are absent or empty. */
export function loadDotEnv(): void {
  if (!existsSync('.env')) return;
  try {
    const text = readFileSync('.env', 'utf8').replace(/^\ufeff/, ''); // Some editors begin a file with this mark.
    for (const [name, value] of Object.entries(parseEnv(text)))
      if (!process.env[name]?.trim()) process.env[name] = value;
  } catch (cause) {
    throw new StartError(`The file .env cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Reads the configuration from environment variables; an empty variable counts as absent.
 *
 * @throws {StartError} naming each wrong setting.
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const present: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value?.trim()) present[name] = value;
  const parsed = settings.safeParse(present);
  if (!parsed.success) {
    throw new StartError(parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; '));
  }
  const values = parsed.data;
  const email = readEmail(values);
  const sms = readSms(values);
  const pagesUrl = readPagesUrl(values);
  const requireConsent = readRequireConsent(values, { email, sms });
  if (requireConsent.email && pagesUrl === undefined)
    throw new StartError('PUBLIC_URL is missing: with PORT=0 nobody can know where REQUIRE_CONSENT lets people answer');
  return {
    host: values.HOST,
    port: values.PORT,
    dataDir: resolve(values.DATA_DIR),
    publicUrl: values.PUBLIC_URL,
    access: readAccess(values),
    trustProxy: values.TRUST_PROXY,
    limits: readLimits(values),
    temporal: readTemporal(values, present),
    email,
    sms,
    pagesUrl,
    requireConsent,
    quietHours: values.QUIET_HOURS ?? { email: undefined, sms: undefined },
    webhooks: {
      sendgridPublicKey: values.SENDGRID_WEBHOOK_PUBLIC_KEY,
      twilioAuthToken: values.TWILIO_AUTH_TOKEN,
    },
    encryptionKeys: values.ENCRYPTION_KEY,
    defaultCountry: values.DEFAULT_COUNTRY,
    sendsPerSecond: { email: values.EMAILS_PER_SECOND, sms: values.SMS_PER_SECOND },
    smsCountries: readSmsCountries(values, sms),
    secrets: readSecrets(present),
    logLevel: values.LOG_LEVEL,
  };
}

function readPagesUrl({ PUBLIC_URL, HOST, PORT }: Settings): string | undefined {
  if (PUBLIC_URL !== undefined) return PUBLIC_URL;
  if (PORT === 0) return undefined;
  const everywhere = HOST === '0.0.0.0' || HOST === '::';
  return `http://${everywhere ? 'localhost' : HOST.includes(':') ? `[${HOST}]` : HOST}:${PORT}`;
}

/** Without other word, whoever gets real messages has to agree first. */
function readRequireConsent(
  { REQUIRE_CONSENT }: Settings,
  { email, sms }: Pick<Config, 'email' | 'sms'>,
): Config['requireConsent'] {
  if (REQUIRE_CONSENT !== undefined) return { email: REQUIRE_CONSENT === 'true', sms: REQUIRE_CONSENT === 'true' };
  return { email: email.kind !== 'outbox', sms: sms.kind !== 'outbox' };
}

/** While only this machine reaches it, nobody has to be kept from too much, unless a setting says so. */
function readLimits(values: Settings): LimitsConfig {
  const onAnOpenAddress = <Limit>(limit: Limit) => (isOpen(values) ? limit : undefined);
  return {
    requestsPerMinute: values.REQUESTS_PER_MINUTE ?? onAnOpenAddress(120),
    perContactPerDay: values.MAX_PER_CONTACT_PER_DAY ?? onAnOpenAddress(20),
    questionsPerDay: values.MAX_QUESTIONS_PER_DAY ?? onAnOpenAddress(1_000),
    waiting: values.MAX_WAITING,
  };
}

/** Whether others than this machine reach it. */
function isOpen({ HOST: host, PUBLIC_URL: publicUrl }: Settings): boolean {
  return !isLoopback(host) || (publicUrl !== undefined && !isOnThisMachine(publicUrl));
}

/** The settings that let one in. Some hold several secrets, with commas. */
const secretSettings = [
  'ACCESS_TOKEN',
  'ENCRYPTION_KEY',
  'SENDGRID_API_KEY',
  'SMTP_URL',
  'TEMPORAL_API_KEY',
  'TWILIO_AUTH_TOKEN',
];

function readSecrets(env: Record<string, string>): string[] {
  const { password } = new URL(env.SMTP_URL ?? 'smtp://localhost');
  return [
    ...secretSettings.flatMap((name) => env[name]?.trim().split(/\s*,\s*/) ?? []),
    password,
    decodeURIComponent(password),
  ];
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Without a token, an address that others reach shows of the reminders only those whose link one has. */
function readAccess(values: Settings): AccessConfig {
  const { ACCESS_TOKEN: token } = values;
  if (token !== undefined) return { kind: 'token', token };
  return { kind: isOpen(values) ? 'capability' : 'open' };
}

/** A public key in base64 (SPKI), in the frame of a PEM file or without. */
function readPublicKey(text: string): KeyObject | undefined {
  const base64 = text.replace(/-----(BEGIN|END) PUBLIC KEY-----|\\n|\s/g, '');
  try {
    return createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

/** The standard settings of Temporal clients, if any are there, mean a Temporal that is already running. */
function readTemporal(values: Settings, env: Record<string, string>): TemporalConfig {
  const connect = readClientSettings(env);
  return connect
    ? { kind: 'external', connect, uiUrl: values.TEMPORAL_UI_URL }
    : { kind: 'embedded', cli: values.TEMPORAL_CLI, port: values.TEMPORAL_PORT, uiPort: values.TEMPORAL_UI_PORT };
}

function readEmail(values: Settings): EmailTransportConfig {
  const { SENDGRID_API_KEY: apiKey, SMTP_URL: url, EMAIL_FROM: from } = values;
  if (apiKey && url)
    throw new StartError('SENDGRID_API_KEY and SMTP_URL are both set: keep the one to send emails with');
  if (!apiKey && !url) return { kind: 'outbox' };
  if (!from)
    throw new StartError(
      `EMAIL_FROM is missing: ${apiKey ? 'SENDGRID_API_KEY' : 'SMTP_URL'} needs an address to send from`,
    );
  if (apiKey) return { kind: 'sendgrid', apiKey, baseUrl: values.SENDGRID_BASE_URL, from };
  return { kind: 'smtp', url: url ?? '', from };
}

function readSms(values: Settings): SmsTransportConfig {
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken } = values;
  if (!accountSid && !authToken) return { kind: 'outbox' };
  if (!accountSid) throw new StartError('TWILIO_ACCOUNT_SID is missing: TWILIO_AUTH_TOKEN is set');
  if (!authToken) throw new StartError('TWILIO_AUTH_TOKEN is missing: TWILIO_ACCOUNT_SID is set');
  return {
    kind: 'twilio',
    accountSid,
    authToken,
    baseUrl: values.TWILIO_BASE_URL,
    sender: readTwilioSender(values),
    statusCallback: readStatusCallback(values),
  };
}

/** Twilio refuses messages whose status callback is on this machine (error 21609), unless it is on this machine itself. */
function readStatusCallback({ PUBLIC_URL, TWILIO_BASE_URL }: Settings): string | undefined {
  if (PUBLIC_URL === undefined || (isOnThisMachine(PUBLIC_URL) && !isOnThisMachine(TWILIO_BASE_URL))) return undefined;
  return `${PUBLIC_URL}/webhooks/twilio/status`;
}

function isOnThisMachine(url: string | undefined): boolean {
  return url !== undefined && isLoopback(new URL(url).hostname);
}

/** The outbox costs nothing. A provider is asked for money, and some countries are dear. */
function readSmsCountries(values: Settings, sms: SmsTransportConfig): CountryCode[] | undefined {
  const byDefault = sms.kind === 'outbox' ? undefined : [values.DEFAULT_COUNTRY];
  return values.SMS_COUNTRIES ?? byDefault;
}

function readTwilioSender(values: Settings): TwilioConfig['sender'] {
  const { TWILIO_FROM: from, TWILIO_MESSAGING_SERVICE_SID: messagingServiceSid } = values;
  if (from && messagingServiceSid) {
    throw new StartError('TWILIO_FROM and TWILIO_MESSAGING_SERVICE_SID are both set: keep one of them');
  }
  if (from) return { from };
  if (messagingServiceSid) return { messagingServiceSid };
  throw new StartError('TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID is missing: Twilio needs one of them to send from');
}
