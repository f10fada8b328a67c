/**
 * The wire below Twilio's library. Answers are judged here, where their headers still are: the library's own exceptions
 * leave out `Retry-After`, and repeat phone numbers.
 */
import RequestClient from 'twilio/lib/base/RequestClient';
import { z } from 'zod';
import { SendError } from '../failure';
import { noAnswer, refusal, type AnswerHeaders, type Provider } from './http';
import { MAX_ANSWER_BYTES } from './transport';

const TWILIO: Provider = {
  name: 'Twilio',
  message: 'the text message',
  credentials: 'the auth token',
  credentialSettings: 'TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN',
  addressSetting: 'TWILIO_BASE_URL',
};

/** What can never be sent, whatever the HTTP status (Twilio's error and warning dictionary). */
const REJECTIONS: Partial<Record<number, string>> = {
  21211: 'the phone number is not valid',
  21408: 'the account may not send to the country of the phone number',
  21606: 'the sender cannot send to this phone number',
  21608: 'a trial account sends to verified phone numbers only',
  21612: 'the sender cannot reach this phone number',
  21614: 'the phone number cannot receive text messages',
  21635: 'the phone number is a landline',
};

/** The person has opted out by replying STOP. */
const OPTED_OUT = 21610;

/** The sender's queue at Twilio is full: the one error 400 that passes. */
const QUEUE_FULL = 21611;

/** Twilio cannot call us back. A person sets that right, and the message waits for it. */
const INVALID_CALLBACK = 21609;

/** Twilio answers 201 to a message that it has created, and 200 with a list of messages. */
const CREATED = 201;
const LISTED = 200;

/** Creates and lists messages, until the `deadline`. */
export class TwilioClient extends RequestClient {
  constructor(
    private readonly baseUrl: string | undefined,
    deadline: AbortSignal,
  ) {
    super({
      autoRetry: false,
      // A connection that was kept may have died unseen: what is lost on it would count as maybe sent.
      keepAlive: false,
    });
    this.axios.defaults.maxContentLength = MAX_ANSWER_BYTES;
    this.axios.interceptors.request.use((config) => {
      // Unlike a time-out of the socket, this bounds an answer that comes byte by byte.
      config.signal = deadline;
      return config;
    });
  }

  override async request<Body>(options: RequestClient.RequestOptions<Body>) {
    const uri = this.baseUrl === undefined ? options.uri : moveTo(this.baseUrl, options.uri);
    const answer = await super.request({ ...options, uri }).catch((error: unknown) => {
      throw noAnswer(TWILIO, error);
    });
    const { statusCode, body } = answer;
    const lists = options.method === 'get';
    const expected = lists ? statusCode === LISTED && listBody.safeParse(body).success : statusCode === CREATED;
    if (!expected) throw refusalOf(statusCode, answer.headers as AnswerHeaders, body);
    if (!lists && !createdBody.safeParse(body).success) {
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
const listBody = z.object({
  messages: z.array(
    z.object({
      sid: z.string().min(1),
      body: z.string().nullable(),
      status: z.string(),
      date_created: z.string().nullable(),
      error_code: z.number().nullable(),
    }),
  ),
  next_page_uri: z.string().nullable(),
});
const errorBody = z.object({ code: z.number() });

function refusalOf(status: number, headers: AnswerHeaders, body: unknown): SendError {
  const code = errorBody.safeParse(body).data?.code;
  if (code === undefined) return refusal(TWILIO, status, headers);
  const rejection = REJECTIONS[code];
  if (rejection !== undefined) {
    return new SendError('Rejected', `Twilio rejected the text message (${code}): ${rejection}.`);
  }
  if (code === OPTED_OUT) return new SendError('Stopped', 'The person has opted out by replying STOP.');
  if (code === INVALID_CALLBACK) {
    return new SendError('Unauthorized', `Twilio cannot reach us to report deliveries (${code}): check PUBLIC_URL.`);
  }
  return refusal(TWILIO, code === QUEUE_FULL ? 429 : status, headers, `code ${code}`);
}
