import type { Channel } from '../../reminder';

/** Whom a reminder goes to, by ids that hold no address. */
export interface Contact {
  channel: Channel;
  /** The id of this very address. */
  id: string;
  /** The id of all the addresses that may be one mailbox. */
  foldedId: string;
}

/** A reminder that someone wants to start. */
export interface Wish {
  /** The id of the reminder. */
  id: string;
  contacts: Contact[];
}

/** A reminder that someone wants to be due at a time. */
export interface DueWish {
  /** The id of the reminder. */
  id: string;
  /** The ids of its contacts. */
  contactIds: string[];
  /** An RFC 3339 instant. */
  dueAt: string;
}

/** A limit on how much is due at a time: it lets a wish through to `act`, or throws {@link LimitReached} in its place. */
export type DueLimit = <Result>(wish: DueWish, act: () => Promise<Result>) => Promise<Result>;

/** The limits on reminders. */
export interface Limits {
  /** On those that are started, the first to be asked first. */
  starts: Limit[];
  /** On when they are due, whether they are started or moved; asked after the others. */
  due: DueLimit;
}

/**
 * A limit on what is started: it lets a wish through to `start`, or throws {@link LimitReached} in its place. `start` tells
 * since when there is the reminder: a repeated wish starts none, and then that is a while ago.
 */
export type Limit = <Started extends { startedAt: Date }>(
  wish: Wish,
  start: () => Promise<Started>,
) => Promise<Started>;

/** What there is too much of. */
export type Excess =
  /** Reminders that wait, in all. */
  | { kind: 'waiting' }
  /** Reminders started to the contacts of these channels. */
  | { kind: 'started'; channels: Channel[] }
  /** Reminders that are due to one contact around the same time. */
  | { kind: 'due' };

/** It would be too much. Nothing was started or changed. */
export class LimitReached extends Error {
  override name = 'LimitReached';

  /** @param retryAfterSeconds - after so long it is worth another try. */
  constructor(
    readonly excess: Excess,
    readonly retryAfterSeconds: number,
  ) {
    super('There are too many reminders');
  }
}
