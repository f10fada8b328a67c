import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  condition,
  isCancellation,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { FailureDetails, FailureKind } from '../activities/failure';
import type { Acceptance, Channel, Doubt, Obstacle, ReminderStatus } from '../reminder';
import { isNeedless, isReported, receiptsWithin, recordAcceptance } from './receipts';
import { deliveryOf, fromNow, nothingToWaitFor, record } from './status';
import { sendingQueue } from './taskQueues';

const options = {
  // Above the time-outs of the transports, so that they are the ones who say what happened.
  startToCloseTimeout: '30 seconds',
  // An activity is one attempt. Whether there is another is decided here, where all earlier ones are known.
  retry: { maximumAttempts: 1 },
  // A cancelled reminder waits for the attempt in flight: only that knows whether a message was sent.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
} as const;

const summaries = { email: 'Send the email', sms: 'Send the text message' };

/** The activities that send over a channel. */
export function sending(channel: Channel, summary = summaries[channel]) {
  const taskQueue = sendingQueue(workflowInfo().taskQueue, channel);
  return proxyActivities<Activities>({ ...options, taskQueue, summary });
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long a reminder waits for the consent of its contact once it is due. */
const CONSENT_WAIT = 7 * DAY;

/** How often it looks by itself, should the word of a consent get lost. */
const CONSENT_LOOK = 6 * HOUR;

/** How an attempt ended. */
type Attempt = { kind: 'Sent'; acceptance: Acceptance } | Failure;
type Failure = { kind: FailureKind | 'NotStarted'; sentence: string } & FailureDetails;

/** The failures of attempts that have not asked the provider, because something held them back. */
const HELD_BACK: Failure['kind'][] = ['NotStarted', 'Stopped', 'Unconfirmed', 'QuietHours'];

/** What has been tried so far. */
interface Trials {
  attempts: number;
  /** How many of them may have sent the message. */
  maybeSent: number;
  /** When the first that may have sent it began, and the last such was known to have ended. */
  doubt?: Doubt;
  /** For how long the provider may report what became of it, in milliseconds. */
  receiptsForMs?: number;
  /** The pauses between attempts, in milliseconds. */
  paused: number;
  /** How long consent was waited for, in milliseconds. */
  unconfirmed: number;
}

/** What a reminder hears from its contacts while it is being sent. */
export interface News {
  /** How often one of them has agreed or refused. */
  consents: number;
}

/**
 * Sends one message, trying again for a day, and records how it goes. It never throws, so that one branch's failure never
 * stops the other. The day is that of the pauses: time in which no worker was there is not counted.
 *
 * No provider takes an idempotency key, so an attempt that may have been sent is followed by one more, and never by a third:
 * better twice than never, and better once than often. That one asks the provider first, where it can be asked, and a
 * receipt that comes meanwhile makes it needless.
 *
 * @param send - makes one attempt, told when the message may have been sent, if it may.
 */
export async function deliver(
  current: ReminderStatus,
  channel: Channel,
  news: News,
  send: (doubt?: Doubt) => Promise<Acceptance>,
): Promise<void> {
  const trials: Trials = { attempts: 0, maybeSent: 0, paused: 0, unconfirmed: 0 };
  const reported = () => isReported(deliveryOf(current, channel));
  for (;;) {
    const { consents } = news;
    const began = new Date().toISOString();
    record(current, channel, { status: 'sending', attempts: trials.attempts + 1, ...nothingToWaitFor });
    const attempt = await tryOnce(() => send(trials.doubt));
    if (attempt.kind === 'Sent') {
      recordAcceptance(current, channel, attempt.acceptance);
      return;
    }
    count(attempt, trials, began);
    if (reported()) return;
    record(current, channel, { attempts: trials.attempts, error: attempt.sentence });

    const goOn = () =>
      reported() || isNeedless(current, channel) || (attempt.kind === 'Unconfirmed' && news.consents > consents);
    const broken = endAfter(attempt, trials) ?? (await pause(current, channel, pauseAfter(attempt, trials), goOn));
    if (reported()) return;
    const end = broken ?? (isNeedless(current, channel) ? 'skipped' : undefined);
    if (end !== undefined) {
      const at = new Date().toISOString();
      if (trials.maybeSent > 0)
        record(current, channel, { status: 'unknown', at, ...receiptsWithin(trials.receiptsForMs) });
      else record(current, channel, { status: end, at, ...nothingToWaitFor });
      return;
    }
  }
}

/** Makes one attempt, and tells how it ended. */
export async function tryOnce(send: () => Promise<Acceptance>): Promise<Attempt> {
  try {
    return { kind: 'Sent', acceptance: await send() };
  } catch (error) {
    // An attempt that has started is never cancelled.
    if (isCancellation(error))
      return { kind: 'NotStarted', sentence: 'The reminder was cancelled before this was sent.' };
    const cause = error instanceof ActivityFailure ? error.cause : error;
    if (!(cause instanceof ApplicationFailure)) {
      return { kind: 'MaybeSent', sentence: 'A worker was lost while it sent this, so it may have been sent.' };
    }
    const [details] = (cause.details ?? []) as [FailureDetails?]; // What sending activities put there,
    return { kind: cause.type as FailureKind, sentence: cause.message, ...details }; // and how they name it.
  }
}

function count({ kind, settled, receiptsForMs }: Failure, trials: Trials, began: string): void {
  if (!HELD_BACK.includes(kind)) trials.attempts++;
  if (settled) trials.maybeSent = 0;
  if (kind === 'MaybeSent') {
    trials.maybeSent++;
    trials.doubt = { since: trials.doubt?.since ?? began, until: new Date().toISOString() };
  }
  if (receiptsForMs !== undefined) trials.receiptsForMs = receiptsForMs;
}

/** How the delivery ends with this failure, if there is not to be another attempt. */
function endAfter({ kind }: Failure, { maybeSent, paused, unconfirmed }: Trials): 'failed' | 'skipped' | undefined {
  switch (kind) {
    case 'Stopped':
    case 'NotStarted':
      return 'skipped';
    case 'Unconfirmed':
      return unconfirmed >= CONSENT_WAIT ? 'skipped' : undefined;
    case 'QuietHours':
      return undefined;
    case 'Rejected':
      return 'failed';
    case 'MaybeSent':
      return maybeSent > 1 ? 'failed' : undefined;
    default:
      return paused >= DAY ? 'failed' : undefined;
  }
}

interface Pause {
  ms: number;
  /** What is waited for, if it is not only time. */
  waitsFor?: Obstacle;
  /** For how long it may be waited for, in milliseconds. */
  atMostMs?: number;
}

/** How long to wait before the next attempt: ever longer, and as long as the provider wants. */
function pauseAfter({ kind, retryAfterMs = 0 }: Failure, trials: Trials): Pause {
  switch (kind) {
    case 'Unconfirmed': {
      const atMostMs = CONSENT_WAIT - trials.unconfirmed;
      const ms = Math.min(CONSENT_LOOK, atMostMs);
      trials.unconfirmed += ms;
      return { ms, waitsFor: 'consent', atMostMs };
    }
    case 'QuietHours':
      return { ms: retryAfterMs, waitsFor: 'quiet-hours', atMostMs: retryAfterMs };
    default: {
      const backoff = Math.min(2 ** (trials.attempts - 1) * SECOND, 10 * MINUTE);
      const ms = Math.max(backoff, retryAfterMs);
      trials.paused += ms;
      return { ms };
    }
  }
}

/** Waits until it is time for the next attempt, or `goOn` says so; `skipped` when the reminder is cancelled meanwhile. */
async function pause(
  current: ReminderStatus,
  channel: Channel,
  { ms, waitsFor, atMostMs = ms }: Pause,
  goOn: () => boolean,
): Promise<'skipped' | undefined> {
  if (waitsFor) record(current, channel, { status: 'pending', waitsFor, waitsUntil: fromNow(atMostMs) });
  try {
    await condition(goOn, ms, { summary: 'Until the next attempt' });
    if (waitsFor) record(current, channel, { error: undefined }); // What held it back is over.
    return undefined;
  } catch (error) {
    if (isCancellation(error)) return 'skipped';
    throw error;
  }
}
