/**
 * What SendGrid's events say. Their free text is not passed on, because it repeats addresses: reasons are made of its codes.
 */
import { z } from 'zod';
import type { Receipt } from '../../reminder';
import { reminderId } from './reminderId';

/** What one event tells a reminder, a contact, both or neither. */
export interface Report {
  receipt?: { reminderId: string; receipt: Receipt };
  /** An email address that must get nothing more, and why. */
  stop?: { address: string; reason: string };
}

/** The last second of the year 9999, after which RFC 3339 has no words. */
const LAST_SECOND = 253_402_300_799;

/** The fields that matter here. One of another shape counts as absent, as there are many kinds of events. */
const sendgridEvent = z.object({
  event: z.string(),
  email: z
    .string()
    .max(254)
    .regex(/^[^\s@]+@[^\s@]+$/)
    .optional()
    .catch(undefined),
  timestamp: z.int().min(0).max(LAST_SECOND).optional().catch(undefined),
  /** Our own argument, which SendGrid gives back. */
  reminder_id: reminderId.optional().catch(undefined),
  /** Of a bounce: `bounce`, or `blocked` and `expired`, which may pass. */
  type: z.string().optional().catch(undefined),
  bounce_classification: z.string().optional().catch(undefined),
  /** Of a bounce: an enhanced status code (RFC 3463), or a reply code. */
  status: z
    .string()
    .regex(/^[245](\.\d{1,3}\.\d{1,3}|\d\d)$/)
    .optional()
    .catch(undefined),
  /** Free text, but for that of SendGrid's own drops. */
  reason: z.string().optional().catch(undefined),
});

type SendgridEvent = z.infer<typeof sendgridEvent>;

/** What an event tells. One that is unknown, or of a foreign shape, tells nothing. */
export function reportOf(value: unknown): Report {
  const { data: event } = sendgridEvent.safeParse(value);
  switch (event?.event) {
    case 'processed':
      return { ...tell(event, 'sent') };
    case 'delivered':
      return { ...tell(event, 'delivered') };
    case 'bounce':
      return {
        ...tell(event, 'failed', bounceReason(event)),
        ...(isHard(event) && stop(event, 'An email to this address bounced.')),
      };
    case 'blocked':
      return { ...tell(event, 'failed', bounceReason({ ...event, type: 'blocked' })) };
    case 'dropped': {
      const drop = DROPS.get(event.reason ?? '');
      const because = drop ? `: ${drop.because}` : '';
      return {
        ...tell(event, 'failed', `SendGrid did not send the email${because}.`),
        ...(drop?.stop !== undefined && stop(event, drop.stop)),
      };
    }
    case 'spamreport':
      return { ...stop(event, 'The person has reported an email as spam.') };
    case 'unsubscribe':
    case 'group_unsubscribe':
      return { ...stop(event, 'The person has unsubscribed.') };
    default:
      return {};
  }
}

function tell({ reminder_id, timestamp }: SendgridEvent, status: Receipt['status'], reason?: string): Report {
  if (reminder_id === undefined || timestamp === undefined) return {};
  const at = new Date(timestamp * 1000).toISOString();
  return {
    receipt: { reminderId: reminder_id, receipt: { channel: 'email', status, at, ...(reason && { reason }) } },
  };
}

function stop({ email }: SendgridEvent, reason: string): Report {
  return email === undefined ? {} : { stop: { address: email, reason } };
}

function isHard({ type }: SendgridEvent): boolean {
  return type === 'bounce' || type === 'bounced';
}

/** SendGrid's classes of bounces and blocks; two of them go by two names. */
const BOUNCE_CLASSES = new Map([
  ['Invalid Address', 'the address does not exist'],
  ['Mailbox Unavailable', 'the mailbox is full or not in use'],
  ['Content', 'the recipient’s mail server did not like what it says'],
  ['Reputation', 'the recipient’s mail server does not trust the sender'],
  ['Frequency or Volume Too High', 'the recipient’s mail server got too many emails from us'],
  ['Frequency/Volume', 'the recipient’s mail server got too many emails from us'],
  ['Technical Failure', 'the recipient’s mail server has technical trouble'],
  ['Technical', 'the recipient’s mail server has technical trouble'],
]);

function bounceReason({ type, bounce_classification, status }: SendgridEvent): string {
  const what = type === 'blocked' ? 'was blocked' : type === 'expired' ? 'could not be delivered in time' : 'bounced';
  const because = BOUNCE_CLASSES.get(bounce_classification ?? '');
  return `The email ${what}${status === undefined ? '' : ` (${status})`}${because ? `: ${because}` : ''}.`;
}

/** The reasons that SendGrid gives for emails that it does not even try to send, and which of them end all emails there. */
const DROPS = new Map<string, { because: string; stop?: string }>([
  ['Bounced Address', { because: 'an earlier one to this address bounced', stop: 'An email to this address bounced.' }],
  ['Unsubscribed Address', { because: 'the person has unsubscribed', stop: 'The person has unsubscribed.' }],
  [
    'Spam Reporting Address',
    {
      because: 'the person has reported an earlier one as spam',
      stop: 'The person has reported an email as spam.',
    },
  ],
  ['Invalid', { because: 'the address is not valid' }],
  ['Spam Content', { because: 'it took it for spam' }],
  ['Recipient List over Package Quota', { because: 'the account has used up its quota' }],
]);
