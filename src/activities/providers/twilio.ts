/** Text messages through Twilio's Messages API, by its own library. */
import twilio from 'twilio';
import type { TwilioConfig } from '../../config';
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

/**
 * Sends text messages through Twilio. The id of a message is its SID.
 *
 * Each ends with a reference of its delivery, by which an attempt after a doubtful one asks Twilio for it first. With that
 * line a message of 1,000 characters has 1,015, of the 1,600 that Twilio takes.
 */
export function twilioSms(
  { accountSid, authToken, baseUrl, sender }: TwilioConfig,
  timeoutMs = ATTEMPT_TIMEOUT_MS,
): SmsTransport {
  const messagesUntil = (deadline: AbortSignal) =>
    twilio(accountSid, authToken, { httpClient: new TwilioClient(baseUrl, deadline) }).messages;

  return async ({ reminderId, to, text, doubtfulSince }) => {
    const deadline = AbortSignal.timeout(timeoutMs);
    const ending = `(ref ${referenceOf(reminderId, 'sms')})`;
    if (doubtfulSince !== undefined) {
      settle(doubtfulSince, LISTED_AFTER_MS, 'Twilio may have the text message already, and is asked in a moment.');
      // Most of the time is kept for sending: that one may not be cut short.
      const messages = messagesUntil(AbortSignal.timeout(timeoutMs / 3));
      const sent = await findSent(messages, { to, ending, since: doubtfulSince });
      if (sent) return sent;
    }
    const { sid } = await messagesUntil(deadline).create({ ...sender, to, body: `${text}\n${ending}` });
    return { providerId: sid };
  };
}
