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

/** Who is to be asked, and for which reminder. */
export interface ConsentRequest {
  person: Person;
  reminderId: string;
  /** The secret of the question, should a new one be needed: a workflow's own random numbers can be foretold. */
  secret: string;
}

/** Who is asked. */
export interface Person {
  /** An email address, or a phone number in E.164 format. */
  address: string;
  /** The id of all the addresses that may be one mailbox, which is not asked too often. */
  foldedId: string;
  /** As an IANA name: what is night there decides. */
  timeZone?: string | undefined;
}

/** What a contact workflow is started with. */
export interface ContactInput extends Standing {
  channel: Channel;
  /** Known once there was a reason to ask. */
  person?: Person;
  /** The reminders that wait for consent, and are told when it comes or is refused. */
  waiting: string[];
  /** What was last asked, until it is answered. */
  confirmation?: Confirmation;
  /** When it was asked lately: RFC 3339, UTC. */
  askedAt: string[];
  /** The ids of the last messages by which it wanted messages again: each counts once. */
  heard: string[];
}

/** A question for consent that can be answered. */
export interface Confirmation {
  /** What only who got the message knows: a link's key, or six digits. */
  secret: string;
  /** RFC 3339, UTC. */
  expiresAt: string;
  /** When it was last sent: RFC 3339, UTC. */
  sentAt?: string;
  /** How many more wrong answers are taken. A link's key cannot be guessed: of these there may be any number. */
  triesLeft?: number;
}

/** What becomes of an answer to a question for consent. */
export type ConfirmationOutcome =
  | 'confirmed'
  /** The secret is wrong. */
  | 'wrong'
  /** There were too many wrong answers. */
  | 'exhausted'
  /** The question is too old, or was never asked. */
  | 'expired';

/** What a confirming activity is asked to send. */
export interface ConfirmationRequest {
  contactId: string;
  channel: Channel;
  person: Person;
  secret: string;
}
