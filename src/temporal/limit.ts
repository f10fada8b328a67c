import type { Channel } from '../reminder';

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

/**
 * A limit on what is started: it lets a wish through to `start`, or throws {@link LimitReached} in its place. `start` tells
 * since when there is the reminder: a repeated wish starts none, and then that is a while ago.
 */
export type Limit = <Started extends { startedAt: Date }>(
  wish: Wish,
  start: () => Promise<Started>,
) => Promise<Started>;

/** It would be too much. Nothing was started. */
export class LimitReached extends Error {
  override name = 'LimitReached';

  /**
   * @param retryAfterSeconds - after so long it is worth another try.
   * @param channels - whose contacts have been given too much; none, when it has nothing to do with them.
   */
  constructor(
    message: string,
    readonly retryAfterSeconds: number,
    readonly channels: Channel[] = [],
  ) {
    super(message);
  }
}
