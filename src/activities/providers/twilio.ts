/** Text messages through Twilio's Messages API, by its own library. */
import twilio from 'twilio';
import RequestClient from 'twilio/lib/base/RequestClient';
import { z } from 'zod';
import type { TwilioConfig } from '../../config';
import { SendError } from '../failure';
import { noAnswer, refusal, type AnswerHeaders, type Provider } from './http';
import { ATTEMPT_TIMEOUT_MS, MAX_ANSWER_BYTES, type SmsTransport } from './transport';

const TWILIO: Provider = {
  name: 'Twilio',
  message: 'the text message',
  credentials: 'the auth token',
  credentialSettings: 'TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN',
  addressSetting: 'TWILIO_BASE_URL',
};

/** Twilio answers 201 to a message that it has created. */
const CREATED = 201;

/** What can never be sent, whatever the HTTP status (Twilio's error and warning dictionary). */
const REJECTIONS: Partial<Record<number, string>> = {
  21211: 'the phone number is not valid',
  21408: 'the account may not send to the country of the phone number',
  21606: 'the sender cannot send to this phone number',
  21608: 'a trial account sends to verified phone numbers only',
  21610: 'the person has opted out by replying STOP',
  21612: 'the sender cannot reach this phone number',
  21614: 'the phone number cannot receive text messages',
  21635: 'the phone number is a landline',
};

/** The sender's queue at Twilio is full: the one error 400 that passes. */
const QUEUE_FULL = 21611;

/** Twilio cannot call us back. A person sets that right, and the message waits for it. */
const INVALID_CALLBACK = 21609;

/** Sends text messages through Twilio. The id of a message is its SID. */
export function twilioSms(
  { accountSid, authToken, baseUrl, sender, statusCallback }: TwilioConfig,
  timeoutMs = ATTEMPT_TIMEOUT_MS,
): SmsTransport {
  const httpClient = new MessageClient(baseUrl, timeoutMs);
  const { messages } = twilio(accountSid, authToken, { httpClient });
  return async ({ reminderId, to, text }) => {
    const { sid } = await messages.create({
      ...sender,
      to,
      body: text,
      ...(statusCallback && { statusCallback: callbackFor(statusCallback, reminderId) }),
    });
    return { providerId: sid };
  };
}

/**
 * Where Twilio reports what became of a message. What follows the "#" is for Twilio alone, its "connection overrides": unlike
 * by default, it calls again when we are away.
 */
function callbackFor(statusCallback: string, reminderId: string): string {
  return `${statusCallback}?${new URLSearchParams({ reminderId }).toString()}#rc=2&rp=all`;
}

/**
 * The wire below Twilio's library. Answers are judged here, where their headers still are: the library's own exceptions
 * leave out `Retry-After`, and repeat phone numbers.
 */
class MessageClient extends RequestClient {
  constructor(
    private readonly baseUrl: string | undefined,
    timeoutMs: number,
  ) {
    super({
      autoRetry: false,
      // A connection that was kept may have died unseen: what is lost on it would count as maybe sent.
      keepAlive: false,
      // The time of an attempt shall not run out while it waits for the connection of another.
      maxSockets: Infinity,
      maxTotalSockets: Infinity,
    });
    this.axios.defaults.maxContentLength = MAX_ANSWER_BYTES;
    this.axios.interceptors.request.use((config) => {
      // Unlike a time-out of the socket, this bounds an answer that comes byte by byte.
      config.signal = AbortSignal.timeout(timeoutMs);
      return config;
    });
  }

  override async request<Body>(options: RequestClient.RequestOptions<Body>) {
    const uri = this.baseUrl === undefined ? options.uri : moveTo(this.baseUrl, options.uri);
    const answer = await super.request({ ...options, uri }).catch((error: unknown) => {
      throw noAnswer(TWILIO, error);
    });
    if (answer.statusCode !== CREATED) throw refusalOf(answer.statusCode, answer.headers as AnswerHeaders, answer.body);
    if (!createdBody.safeParse(answer.body).success) {
      throw new SendError('MaybeSent', 'Twilio did not say which text message it created, so it may have been sent.');
    }
    return answer;
  }
}

function moveTo(baseUrl: string, uri: string): string {
  const { pathname, search } = new URL(uri);
  return baseUrl + pathname + search;
}

const createdBody = z.object({ sid: z.string().min(1) });
const errorBody = z.object({ code: z.number() });

function refusalOf(status: number, headers: AnswerHeaders, body: unknown): SendError {
  const code = errorBody.safeParse(body).data?.code;
  if (code === undefined) return refusal(TWILIO, status, headers);
  const rejection = REJECTIONS[code];
  if (rejection !== undefined) {
    return new SendError('Rejected', `Twilio rejected the text message (${code}): ${rejection}.`);
  }
  if (code === INVALID_CALLBACK) {
    return new SendError('Unauthorized', `Twilio cannot reach us to report deliveries (${code}): check PUBLIC_URL.`);
  }
  return refusal(TWILIO, code === QUEUE_FULL ? 429 : status, headers, `code ${code}`);
}
