import type { Channel, Doubt } from '../../reminder';

/** An email, ready to be sent. */
export interface Email {
  reminderId: string;
  to: string;
  /** One line, without control characters. */
  subject: string;
  text: string;
  html: string;
  /** Where the recipient can stop such emails with one click (RFC 8058), if there is such a place. */
  stopUrl?: string | undefined;

  /** See `SendRequest`. */
  doubt?: Doubt;
}

/** A text message, ready to be sent. */
export interface Sms {
  reminderId: string;
  /** A phone number in E.164 format. */
  to: string;
  text: string;
  /** See `SendRequest`. */
  doubt?: Doubt;
}

/** A provider's word that it has taken over a message. */
export interface Accepted {
  /** The provider's own id of the message. */
  providerId: string;
}

/** For how long the provider of each channel may report what becomes of a message, in milliseconds. */
export type ReceiptTimes = Record<Channel, number | undefined>;

/**
 * Hands one email to a provider, once.
 *
 * @throws {SendError} when the provider did not accept it, or when that cannot be known.
 */
export type EmailTransport = (email: Email) => Promise<Accepted>;

/**
 * Hands one text message to a provider, once.
 *
 * @throws {SendError} when the provider did not accept it, or when that cannot be known.
 */
export type SmsTransport = (sms: Sms) => Promise<Accepted>;

/**
 * The headers by which a mailbox offers to stop such emails: one POST of a form (RFC 8058, section 3.1).
 */
export function unsubscribeHeaders({ stopUrl }: Email): Record<string, string> {
  if (stopUrl === undefined) return {};
  return { 'List-Unsubscribe': `<${stopUrl}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' };
}

/**
 * How long one attempt may take, connecting included, in milliseconds. It is below the `startToCloseTimeout` of the
 * activities (30 s), so that we know how an attempt ended and Temporal need not guess. A worker that shuts down should
 * wait longer than this: an attempt that is cut short is one that may have been sent.
 */
export const ATTEMPT_TIMEOUT_MS = 15_000;

/** The largest answer that is read of a provider, unpacked, in bytes. Theirs have some hundred, a list some thousand. */
export const MAX_ANSWER_BYTES = 1_000_000;
