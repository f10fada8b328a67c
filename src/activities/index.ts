/**
 * The activities that send: one for each channel. Their names are Temporal activity types and stay as they are.
 */
import type { Acceptance } from '../reminder';
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
  /** The time zone of the recipient, as an IANA name. */
  timeZone?: string | undefined;
  /** When the first attempt began that may have sent this message (RFC 3339, UTC); absent when none may have. */
  doubtfulSince?: string | undefined;
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
    sendEmail: ({ reminderId, to, message }: SendRequest): Promise<Acceptance> =>
      attempt(() => email({ reminderId, to, ...composeEmail(message) })),

    sendSms: ({ reminderId, to, message }: SendRequest): Promise<Acceptance> =>
      attempt(() => sms({ reminderId, to, text: message })),
  };
}

async function attempt(send: () => Promise<Accepted>): Promise<Acceptance> {
  try {
    const { providerId } = await send();
    return { providerId, at: new Date().toISOString() };
  } catch (error) {
    throw failureOf(error);
  }
}
