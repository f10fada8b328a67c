import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { FailureDetails, FailureKind } from '../activities/failure';
import type { Channel, Delivery, DeliveryStatus, Receipt, ReminderStatus } from '../reminder';
import { describe } from './status';

const options = {
  // Above the time-outs of the transports, so that they are the ones who say what happened.
  startToCloseTimeout: '30 seconds',
  // The activities themselves give up a day after their first attempt.
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 minutes' },
  // A cancelled reminder waits for the attempt in flight: only that knows whether a message was sent.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
} as const;

export const { sendEmail } = proxyActivities<Activities>({ ...options, summary: 'Send the email' });
export const { sendSms } = proxyActivities<Activities>({ ...options, summary: 'Send the text message' });

/** Sends one message and records how it went. It never throws, so that one branch's failure never stops the other. */
export async function deliver(current: ReminderStatus, channel: Channel, send: () => Promise<Receipt>): Promise<void> {
  record(current, channel, { status: 'sending' });
  try {
    record(current, channel, { status: 'sent', ...(await send()) });
  } catch (error) {
    record(current, channel, { ...explain(error), at: new Date().toISOString() });
  }
}

function record(current: ReminderStatus, channel: Channel, change: Partial<Delivery>): void {
  current.deliveries = current.deliveries.map((delivery) =>
    delivery.channel === channel ? { ...delivery, ...change } : delivery,
  );
  setCurrentDetails(describe(current));
}

function explain(error: unknown): Partial<Delivery> {
  if (isCancellation(error)) return { status: 'skipped', error: 'The reminder was cancelled before this was sent.' };
  if (!(error instanceof ActivityFailure && error.cause instanceof ApplicationFailure)) {
    return { status: 'failed', error: 'The message could not be sent.' };
  }
  const { cause, retryState } = error;
  return { status: statusAfter(cause, retryState), error: cause.message, ...attemptsOf(cause) };
}

function statusAfter({ type }: ApplicationFailure, retryState: ActivityFailure['retryState']): DeliveryStatus {
  if (type === maybeSent) return 'unknown';
  return retryState === 'CANCEL_REQUESTED' ? 'skipped' : 'failed';
}

/** The type of failure of an attempt whose answer got lost. */
const maybeSent: FailureKind = 'MaybeSent';

/** Sending activities tell in the details of their failure how often they tried. */
function attemptsOf(failure: ApplicationFailure): FailureDetails | undefined {
  const [details] = (failure.details ?? []) as [FailureDetails?]; // What sending activities put there.
  return details && { attempts: details.attempts };
}
