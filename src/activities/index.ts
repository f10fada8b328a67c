/**
 * The activities that send: one for each channel. Their names are Temporal activity types and stay as they are.
 */
import { activityInfo } from '@temporalio/activity';
import type { Receipt } from '../reminder';
import { composeEmail } from './emailContent';
import { failureOf } from './failure';
import type { Accepted, EmailTransport, SmsTransport } from './providers/transport';

/** What a workflow asks to be sent. */
export interface SendRequest {
  reminderId: string;
  /** An email address, or a phone number in E.164 format. */
  to: string;
  /** 1 to 1,000 characters, newlines allowed. */
  message: string;
}

export type Activities = ReturnType<typeof createActivities>;

/**
 * The activities over the given transports.
 *
 * Each makes one attempt and answers once the provider has accepted the message. It throws an `ApplicationFailure` whose
 * type is a `FailureKind`, whose details are one `FailureDetails`, and whose message is a sentence for a person.
 */
export function createActivities({ email, sms }: { email: EmailTransport; sms: SmsTransport }) {
  return {
    sendEmail: ({ reminderId, to, message }: SendRequest): Promise<Receipt> =>
      attempt(() => email({ reminderId, to, ...composeEmail(message) })),

    sendSms: ({ reminderId, to, message }: SendRequest): Promise<Receipt> =>
      attempt(() => sms({ reminderId, to, text: message })),
  };
}

/** How long a message is tried again, in milliseconds since its first attempt was scheduled: a day. */
const PERSISTENCE_MS = 24 * 60 * 60 * 1000;

async function attempt(send: () => Promise<Accepted>): Promise<Receipt> {
  const info = activityInfo();
  try {
    const { providerId } = await send();
    return { providerId, attempts: info.attempt, at: new Date().toISOString() };
  } catch (error) {
    // Counted between attempts, not until now: a message gets its attempt however long every worker was away.
    const tried = info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs;
    throw failureOf(error, { attempts: info.attempt, last: tried >= PERSISTENCE_MS });
  }
}
