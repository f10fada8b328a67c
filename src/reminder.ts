/**
 * The words of the domain, shared by the API, the workflows and the activities.
 *
 * Types only: the workflow sandbox imports this file, so nothing here may exist at run time.
 */

/** A way to reach a person. */
export type Channel = 'email' | 'sms';

/** What the person chose on the form: one channel, or both at once. */
export type Preference = Channel | 'both';

/** Whom to remind. The preference decides which contacts there must be. */
export type Recipient =
  | { preference: 'email'; email: string }
  | { preference: 'sms'; phone: string }
  | { preference: 'both'; email: string; phone: string };

/** What a reminder workflow is started with. */
export type ReminderInput = Recipient & {
  /** Of two messages, the text message goes first, and the email only if that fails or is not delivered in time. */
  fallback?: true;
  /** The time zone of the recipient, as an IANA name such as "Europe/Zurich": what is night there decides. */
  timeZone?: string;
  /** What to say: 1 to 1,000 characters, newlines allowed. */
  message: string;
  /** When to say it: an RFC 3339 instant in UTC. One in the past is due at once. */
  dueAt: string;
  /** When the reminder was accepted: an RFC 3339 instant in UTC. */
  createdAt: string;
};

/** A change to a reminder that is still waiting. What is absent stays as it is. */
export interface ReminderChange {
  /** An RFC 3339 instant in UTC. */
  dueAt?: string;
  message?: string;
}

export type ReminderState =
  /** Its timer runs. */
  | 'waiting'
  /** It is due, and its messages are on their way. */
  | 'sending'
  /** Every message was sent. */
  | 'succeeded'
  /** One of two messages was sent. */
  | 'partial'
  /** No message is known to have been sent. */
  | 'failed'
  /** It was cancelled before any message was sent. */
  | 'cancelled';

/** The states of the picture, by the names written in it. */
export type PathState = 'Timer' | 'Preference' | 'EmailReminder' | 'SmsReminder' | 'Succeeded' | 'Failed' | 'Cancelled';

/** A state that was entered, and when (RFC 3339, UTC). */
export interface PathStep {
  state: PathState;
  enteredAt: string;
}

export type DeliveryStatus =
  /** Not due yet, or held back; then `waitsFor` says by what. */
  | 'pending'
  /** Being attempted, or waiting for its next attempt. */
  | 'sending'
  /** The provider accepted it. */
  | 'sent'
  /** The provider reported that it arrived. */
  | 'delivered'
  /** It will not be attempted again; `error` says why. */
  | 'failed'
  /** It was not sent: the reminder was cancelled, its contact wants none, or the other message was enough. */
  | 'skipped'
  /** It may have been sent, and nobody can know. */
  | 'unknown';

/** How one message over one channel fares. */
export interface Delivery {
  channel: Channel;
  status: DeliveryStatus;
  /** How many times a send was tried. */
  attempts: number;
  /** The provider's own id of the message. */
  providerId?: string;
  /** When the status was reached: RFC 3339, UTC. */
  at?: string;
  /** Why it failed, or why its last attempt did, in one sentence without contacts. */
  error?: string;
  /** What it waits for, other than its due time or its next attempt. */
  waitsFor?: Obstacle;
  /** How long it waits for that at most: RFC 3339, UTC. */
  waitsUntil?: string;
}

/** What a message can wait for. */
export type Obstacle =
  /** Its contact has not yet agreed to get messages. */
  | 'consent'
  /** It is night where its contact lives. */
  | 'quiet-hours'
  /** It was sent, and its provider may yet report whether it has arrived. */
  | 'receipt';

/** Everything a reminder workflow tells of itself, through its query `status`. */
export interface ReminderStatus {
  state: ReminderState;
  dueAt: string;
  createdAt: string;
  preference: Preference;
  fallback?: true;
  message: string;
  path: PathStep[];
  deliveries: Delivery[];
}

/** When a message may have been sent already, by attempts whose answers got lost. Both are RFC 3339 instants in UTC. */
export interface Doubt {
  /** When the first of them began: no such message is older. */
  since: string;
  /** When the last of them was known to have ended: it may take until a moment later that the message is seen anywhere. */
  until: string;
}

/** What a sending activity answers once a provider has accepted a message. */
export interface Acceptance {
  /** The provider's own id of the message. */
  providerId: string;
  /** When the provider accepted it: RFC 3339, UTC. */
  at: string;
  /** For how long the provider may report what becomes of it, in milliseconds. Absent where it does not. */
  receiptsForMs?: number;
}

/** What a provider reports of a message that it has accepted. */
export interface Receipt {
  channel: Channel;
  status: Extract<DeliveryStatus, 'sent' | 'delivered' | 'failed'>;
  /** When it came to that: RFC 3339, UTC. */
  at: string;
  /** Why it failed, in one sentence without contacts. */
  reason?: string;
}

/** A message held by the outbox, where messages go while no provider is set up. */
export interface OutboxMessage {
  id: string;
  reminderId: string;
  channel: Channel;
  to: string;
  /** Only emails have one. */
  subject?: string;
  text: string;
  /** Only emails have one. */
  html?: string;
  /** When it was sent: RFC 3339, UTC. */
  at: string;
}
