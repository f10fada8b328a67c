/** What Twilio tells of a text message that an earlier attempt may have sent. */
import type { MessageInstance, MessageListInstance, MessagePage } from 'twilio/lib/rest/api/v2010/account/message';
import { SendError } from '../failure';
import type { Accepted } from './transport';

/** Twilio's own default. So many messages of 1,600 characters, each written as \uXXXX, are within `MAX_ANSWER_BYTES`. */
const PAGE_SIZE = 50;

/** By how much Twilio's clock and ours may differ, in milliseconds. */
const CLOCK_SKEW_MS = 5 * 60_000;

export interface Sought {
  /** A phone number in E.164 format. */
  to: string;
  /** How the text message ends, and no other does. */
  ending: string;
  /** When the first attempt began that may have created it: RFC 3339. */
  since: string;
}

/**
 * Asks Twilio for a text message.
 *
 * @returns nothing if it has not been created, or was cancelled before it was sent.
 * @throws {SendError} `Rejected` if Twilio could not deliver it; `Unauthorized`, `RateLimited` or `Unavailable`, which say
 *   that nothing was sent, if Twilio did not tell.
 */
export async function findSent(messages: MessageListInstance, sought: Sought): Promise<Accepted | undefined> {
  const found = await find(messages, sought).catch((error: unknown) => {
    throw notTold(error);
  });
  const [first] = found;
  if (first === undefined) return undefined;
  const underway = found.find(({ status }) => status !== 'failed' && status !== 'undelivered');
  if (underway !== undefined) return { providerId: underway.sid };
  const code = (first.errorCode as number | null) ?? 'no code'; // The library's types leave out the null.
  throw new SendError('Rejected', `Twilio could not deliver the text message (${code}).`).settled();
}

/**
 * The list is asked for by the number alone, as its one filter by time goes by when a message was sent, which one that is
 * still queued was not. It comes in the order of creation, newest first, or nearly so.
 */
async function find(messages: MessageListInstance, { to, ending, since }: Sought): Promise<MessageInstance[]> {
  const from = Date.parse(since) - CLOCK_SKEW_MS;
  const found: MessageInstance[] = [];
  let page: Pick<MessagePage, 'instances' | 'nextPage'> | undefined = await messages.page({ to, pageSize: PAGE_SIZE });
  while (page !== undefined) {
    const recent: MessageInstance[] = page.instances.filter((message) => !(createdAt(message) < from));
    found.push(...recent.filter(({ body, status }) => endsWith(body, ending) && status !== 'canceled'));
    page = recent.length > 0 ? await page.nextPage() : undefined;
  }
  return found;
}

/** A message whose body was redacted has none. */
function endsWith(body: string | null, ending: string): boolean {
  return body?.trimEnd().endsWith(ending) ?? false;
}

/** In milliseconds since 1970; NaN for a message that does not say, which then is none of the old ones. */
function createdAt({ dateCreated }: MessageInstance): number {
  return dateCreated instanceof Date ? dateCreated.getTime() : NaN; // The library's types leave out what is no date.
}

/** Nothing was sent by asking, whatever became of the question. */
function notTold(error: unknown): SendError {
  if (error instanceof SendError && error.kind !== 'MaybeSent' && error.kind !== 'Rejected') return error;
  return new SendError('Unavailable', 'Twilio did not tell whether it has the text message already.');
}
