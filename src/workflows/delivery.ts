import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  sleep,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { FailureDetails, FailureKind } from '../activities/failure';
import type { Channel, Delivery, Receipt, ReminderStatus } from '../reminder';
import { describe } from './status';

const options = {
  // Above the time-outs of the transports, so that they are the ones who say what happened.
  startToCloseTimeout: '30 seconds',
  // An activity is one attempt. Whether there is another is decided here, where all earlier ones are known.
  retry: { maximumAttempts: 1 },
  // A cancelled reminder waits for the attempt in flight: only that knows whether a message was sent.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
} as const;

export const { sendEmail } = proxyActivities<Activities>({ ...options, summary: 'Send the email' });
export const { sendSms } = proxyActivities<Activities>({ ...options, summary: 'Send the text message' });

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** How an attempt ended. */
type Attempt =
  { kind: 'Sent'; receipt: Receipt } | ({ kind: FailureKind | 'NotStarted'; sentence: string } & FailureDetails);

/**
 * Sends one message, trying again for a day, and records how it goes. It never throws, so that one branch's failure never
 * stops the other. The day is that of the pauses: time in which no worker was there is not counted.
 *
 * No provider takes an idempotency key, so an attempt that may have been sent is followed by one more, which may double the
 * message, and never by a third: better twice than never, and better once than often.
 */
export async function deliver(
  current: ReminderStatus,
  channel: Channel,
  send: (doubtfulSince: string | undefined) => Promise<Receipt>,
): Promise<void> {
  let paused = 0;
  let maybeSent = 0;
  let doubtfulSince: string | undefined;
  for (let attempts = 1; ; attempts++) {
    record(current, channel, { status: 'sending', attempts });
    const began = new Date().toISOString();
    const attempt = await tryOnce(() => send(doubtfulSince));
    if (attempt.kind === 'Sent') {
      record(current, channel, { status: 'sent', ...attempt.receipt, error: undefined });
      return;
    }
    if (attempt.kind === 'MaybeSent') {
      maybeSent++;
      doubtfulSince ??= began;
    }
    if (attempt.kind === 'NotStarted') attempts--;
    const { sentence: error } = attempt;
    record(current, channel, { attempts, error });

    const exhausted = paused >= DAY && attempt.kind !== 'MaybeSent';
    const failed = attempt.kind === 'Rejected' || maybeSent > 1 || exhausted;
    const pauseMs = pauseAfter(attempt, attempts);
    paused += pauseMs;
    const cancelled = attempt.kind === 'NotStarted' || (!failed && !(await pause(pauseMs)));
    if (failed || cancelled) {
      const status = maybeSent > 0 ? 'unknown' : cancelled ? 'skipped' : 'failed';
      record(current, channel, { status, at: new Date().toISOString() });
      return;
    }
  }
}

async function tryOnce(send: () => Promise<Receipt>): Promise<Attempt> {
  try {
    return { kind: 'Sent', receipt: await send() };
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

/** How long to wait before the next attempt, in milliseconds: ever longer, and as long as the provider wants. */
function pauseAfter({ retryAfterMs = 0 }: FailureDetails, attempts: number): number {
  const backoff = Math.min(2 ** (attempts - 1) * SECOND, 10 * MINUTE);
  return Math.max(backoff, retryAfterMs);
}

/** Resolves to whether there is to be a next attempt. */
async function pause(ms: number): Promise<boolean> {
  try {
    await sleep(ms, { summary: 'Until the next attempt' });
    return true;
  } catch (error) {
    if (isCancellation(error)) return false;
    throw error;
  }
}

function record(current: ReminderStatus, channel: Channel, change: Partial<Delivery>): void {
  current.deliveries = current.deliveries.map((delivery) =>
    delivery.channel === channel ? { ...delivery, ...change } : delivery,
  );
  setCurrentDetails(describe(current));
}
