/**
 * The words of consent, shared by the API, the workflows and the activities. Types only, like `reminder.ts`.
 */
import type { Channel } from './reminder';

export type ContactState =
  /** Nobody there has agreed to get messages. */
  | 'unconfirmed'
  /** They have agreed. */
  | 'confirmed'
  /** They want no messages, or can get none. */
  | 'stopped'
  /** They could not be asked. */
  | 'unreachable';

/** Where a contact stands. */
export interface Standing {
  state: ContactState;
  /** Why, where there is more to say: one sentence without contacts. */
  reason?: string;
}

/** What is to be asked, of whom, and for which reminder. */
export interface ConsentRequest {
  /** An email address, or a phone number in E.164 format. */
  address: string;
  reminderId: string;
}

/** What a contact workflow is started with. */
export interface ContactInput extends Standing {
  channel: Channel;
  address?: string;
  /** The reminders that wait for consent, and are told when it comes or is refused. */
  waiting: string[];
  /** What was last asked, until it is answered. */
  confirmation?: Confirmation;
  /** When confirmations were asked for within the last day: RFC 3339, UTC. */
  askedAt: string[];
}

/** A question for consent that can be answered. */
export interface Confirmation {
  /** What only who got the message knows: a link's key, or six digits. */
  secret: string;
  /** RFC 3339, UTC. */
  expiresAt: string;
  /** How many more wrong answers are taken. */
  triesLeft: number;
}

/** What becomes of an answer to a question for consent. */
export type ConfirmationOutcome =
  | 'confirmed'
  /** The secret is wrong; there are tries left. */
  | 'wrong'
  /** There were too many wrong answers. */
  | 'exhausted'
  /** The question is too old, or was never asked. */
  | 'expired';

/** What a confirming activity is asked to send. */
export interface ConfirmationRequest {
  contactId: string;
  channel: Channel;
  /** An email address, or a phone number in E.164 format. */
  to: string;
  secret: string;
}
