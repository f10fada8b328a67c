import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { Channel, Delivery, Receipt, ReminderStatus } from '../reminder';
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
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure)) return { status: 'failed', error: 'The message could not be sent.' };
  return { status: 'failed', error: cause.message, ...attemptsOf(cause) };
}

/** Sending activities tell in the details of their failure how often they tried. */
function attemptsOf(failure: ApplicationFailure): Pick<Delivery, 'attempts'> | undefined {
  const [details] = (failure.details ?? []) as [{ attempts?: unknown }?];
  return typeof details?.attempts === 'number' ? { attempts: details.attempts } : undefined;
}
