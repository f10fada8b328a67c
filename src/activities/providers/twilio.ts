/** Text messages through Twilio's Messages API, by its own library. */
import twilio from 'twilio';
import type { TwilioConfig } from '../../config';
import { SendError } from '../failure';
import { referenceOf } from './reference';
import { settle } from './settle';
import { ATTEMPT_TIMEOUT_MS, type SmsTransport } from './transport';
import { TwilioClient } from './twilioClient';
import { findSent } from './twilioSent';

/**
 * For how long a message may be on its way into Twilio's list, in milliseconds: a request whose answer we gave up on may
 * still be carried out, and the list follows some time later.
 */
const LISTED_AFTER_MS = 30_000;

/** For how long Twilio keeps trying to deliver a message, by default, in milliseconds: its validity period. */
export const TWILIO_TRIES_FOR_MS = 10 * 60 * 60_000;

/**
 * Sends text messages through Twilio. The id of a message is its SID.
 *
 * Each ends with a reference of its delivery, by which an attempt after a doubtful one asks Twilio for it first. With that
 * line a message of 1,000 characters has 1,015, of the 1,600 that Twilio takes.
 */
export function twilioSms(
  { accountSid, authToken, baseUrl, sender, statusCallback }: TwilioConfig,
  timeoutMs = ATTEMPT_TIMEOUT_MS,
): SmsTransport {
  const messagesUntil = (deadline: AbortSignal) =>
    twilio(accountSid, authToken, { httpClient: new TwilioClient(baseUrl, deadline) }).messages;

  const callback = (reminderId: string) =>
    statusCallback === undefined ? {} : { statusCallback: callbackFor(statusCallback, reminderId) };

  return async ({ reminderId, to, text, doubt }) => {
    const deadline = AbortSignal.timeout(timeoutMs);
    const ending = `(ref ${referenceOf(reminderId, 'sms')})`;
    if (doubt) {
      settle(doubt.until, LISTED_AFTER_MS, 'Twilio may have the text message already, and is asked in a moment.');
      // Most of the time is kept for sending: that one may not be cut short.
      const messages = messagesUntil(AbortSignal.timeout(timeoutMs / 3));
      const sent = await findSent(messages, { to, ending, since: doubt.since });
      if (sent) return sent;
    }
    const message = { ...sender, to, body: `${text}\n${ending}`, ...callback(reminderId) };
    const sending = messagesUntil(deadline).create(message);
    const { sid } = await (doubt ? sending.catch(settled) : sending);
    return { providerId: sid };
  };
}

/** An attempt that asked first: that no earlier one has sent the message is certain, however this one ends. */
function settled(error: unknown): never {
  throw error instanceof SendError ? error.settled() : error;
}

/**
 * Where Twilio reports what became of a message. What follows the "#" is for Twilio alone, its "connection overrides": unlike
 * by default, it calls again when we are away.
 */
function callbackFor(statusCallback: string, reminderId: string): string {
  return `${statusCallback}?${new URLSearchParams({ reminderId }).toString()}#rc=2&rp=all`;
}
