/**
 * The activities that send: one for each channel, and one that asks for consent. Their names are Temporal activity types and
 * stay as they are.
 */
import type { ConfirmationRequest } from '../contact';
import type { Acceptance, Channel, Doubt } from '../reminder';
import type { Admission, Candidate, QuestionAdmission } from './admission';
import { composeQuestion, questionText } from './confirmation';
import { composeEmail } from './emailContent';
import { failureOf, SendError } from './failure';
import type { Accepted, EmailTransport, ReceiptTimes, Sms, SmsTransport } from './providers/transport';

/** What a workflow asks to be sent. */
export interface SendRequest extends Candidate {
  /** 1 to 1,000 characters, newlines allowed. */
  message: string;
  /** When this message may have been sent already; absent when it surely was not. */
  doubt?: Doubt | undefined;
}

export interface ActivityDependencies {
  email: EmailTransport;
  sms: SmsTransport;
  receiptsForMs: ReceiptTimes;
  admit: Admission;
  admitQuestion: QuestionAdmission;
  /** The page where a contact stops messages to it; undefined when nobody can reach such a page. */
  stopPage: (channel: Channel, address: string) => Promise<string | undefined>;
  /** The page where the contact of this id gives its consent. */
  confirmPage: (contactId: string, secret: string) => string;
  /** Takes note that a provider knows that a contact wants no messages. */
  optOut: (channel: Channel, address: string, reason: string) => Promise<void>;
}

export type Activities = ReturnType<typeof createActivities>;

/**
 * The activities over the given transports.
 *
 * Each makes one attempt and answers once the provider has accepted the message. It throws an `ApplicationFailure` whose
 * type is a `FailureKind`, whose details are one `FailureDetails`, and whose message is a sentence for a person.
 */
export function createActivities({
  email,
  sms,
  receiptsForMs,
  admit,
  admitQuestion,
  stopPage,
  confirmPage,
  optOut,
}: ActivityDependencies) {
  async function sendSmsTo(to: string, message: Omit<Sms, 'to'>): Promise<Accepted> {
    try {
      return await sms({ ...message, to });
    } catch (error) {
      // That it is known here as well only spares the next attempt: a failure to note it changes nothing.
      if (error instanceof SendError && error.kind === 'Stopped')
        await optOut('sms', to, error.message).catch(() => undefined);
      throw error;
    }
  }

  /** Whoever reports what became of a message does so as well when it is not known whether it was sent. */
  async function attempt(channel: Channel, send: () => Promise<Accepted>): Promise<Acceptance> {
    const reports = receiptsForMs[channel] === undefined ? {} : { receiptsForMs: receiptsForMs[channel] };
    try {
      return { ...(await send()), at: new Date().toISOString(), ...reports };
    } catch (error) {
      throw failureOf(error, reports);
    }
  }

  return {
    sendEmail: (request: SendRequest): Promise<Acceptance> =>
      attempt('email', async () => {
        await admit('email', request);
        const { reminderId, to, message, doubt } = request;
        const stopUrl = await stopPage('email', to);
        return email({ reminderId, to, ...composeEmail(message, stopUrl), stopUrl, ...(doubt && { doubt }) });
      }),

    sendSms: (request: SendRequest): Promise<Acceptance> =>
      attempt('sms', async () => {
        await admit('sms', request);
        const { reminderId, to, message, doubt } = request;
        return sendSmsTo(to, { reminderId, text: message, ...(doubt && { doubt }) });
      }),

    sendConfirmation: ({ contactId, channel, person, secret }: ConfirmationRequest): Promise<Acceptance> =>
      attempt(channel, async () => {
        await admitQuestion(channel, person);
        const to = person.address;
        if (channel === 'sms') return sendSmsTo(to, { reminderId: contactId, text: questionText(secret) });
        const stopUrl = await stopPage('email', to);
        const question = composeQuestion(confirmPage(contactId, secret), stopUrl);
        return email({ reminderId: contactId, to, ...question, stopUrl });
      }),
  };
}
