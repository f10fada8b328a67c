/** Whom webhooks tell what they have heard. */
import type { Channel, Receipt } from '../../reminder';

/** Takes in what providers report of messages. The same receipt again, or a late one, does no harm. */
export interface Receipts {
  /**
   * Tells a reminder; one that is not there (any more) is passed over.
   *
   * @throws {TemporalUnavailable} and the provider tries again.
   */
  record(reminderId: string, receipt: Receipt): Promise<void>;
}

/** Takes in what people have told a provider: not to get any more, or to get them again. */
export interface Contacts {
  /**
   * @param address - an email address, or a phone number in E.164 format.
   * @param reason - one sentence without contacts.
   */
  stop(channel: Channel, address: string, reason: string): Promise<void>;
  resume(channel: Channel, address: string): Promise<void>;
}
