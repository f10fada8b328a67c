/** What providers say of messages that they have accepted: at once, and later. */
import { condition, isCancellation } from '@temporalio/workflow';
import type { Acceptance, Channel, Delivery, DeliveryStatus, Receipt, ReminderStatus } from '../reminder';
import { deliveryOf, fromNow, nothingToWaitFor, record } from './status';

/** How much a status says of what becomes of a message. A bounce that comes after a "delivered" is what counts. */
const RANKS: Partial<Record<DeliveryStatus, number>> = {
  pending: 0,
  sending: 0,
  unknown: 0,
  sent: 1,
  delivered: 2,
  failed: 3,
};

/** How long a provider that has reported something is given to report more, in milliseconds. */
const MORE_REPORTS_MS = 24 * 60 * 60 * 1_000;

/** Takes note of a receipt. Doubles change nothing, and in whatever order several come, the same remains. */
export function noteReceipt(current: ReminderStatus, { channel, status, at, reason: error }: Receipt): void {
  const delivery = current.deliveries.find((delivery) => delivery.channel === channel);
  if (!delivery || delivery.attempts === 0) return;
  const known = RANKS[delivery.status];
  if (known === undefined || (RANKS[status] ?? 0) <= known) return;
  const more = receiptsWithin(status === 'sent' ? MORE_REPORTS_MS : undefined);
  record(current, channel, { status, at, error, ...more });
}

/** Whether a provider has told that it took the message, so that it need not be sent again. */
export function isReported({ status }: Delivery): boolean {
  return status === 'sent' || status === 'delivered' || status === 'failed';
}

/** Whether a message has arrived, as far as its provider tells; undefined while that is open. */
export function hasArrived(current: ReminderStatus, channel: Channel): boolean | undefined {
  const { status, waitsFor, waitsUntil = '' } = deliveryOf(current, channel);
  const isReportedOn = waitsFor === 'receipt' && Date.now() < Date.parse(waitsUntil);
  switch (status) {
    case 'pending':
    case 'sending':
      return undefined;
    case 'sent':
      return isReportedOn ? undefined : true; // Where nobody reports, or not in time, sent is as good as it gets.
    case 'unknown':
      return isReportedOn ? undefined : false;
    case 'delivered':
      return true;
    default:
      return false;
  }
}

/** Whether a message need not be sent any more: with a fallback one is enough, and the other has arrived. */
export function isNeedless(current: ReminderStatus, channel: Channel): boolean {
  const others = current.deliveries.filter((delivery) => delivery.channel !== channel);
  return current.fallback === true && others.some((other) => hasArrived(current, other.channel) === true);
}

/** Records that the provider took the message, unless its receipts were faster and tell more. */
export function recordAcceptance(
  current: ReminderStatus,
  channel: Channel,
  { providerId, at, receiptsForMs }: Acceptance,
): void {
  const { status } = deliveryOf(current, channel);
  record(current, channel, { providerId });
  if (status === 'delivered' || status === 'failed') return;
  record(current, channel, { status: 'sent', at, error: undefined });
  if (receiptsForMs) record(current, channel, receiptsWithin(receiptsForMs));
}

/** What a delivery has recorded whose receipts are waited for so long, in milliseconds; absent, they are not. */
export function receiptsWithin(ms: number | undefined): Pick<Delivery, 'waitsFor' | 'waitsUntil'> {
  return ms === undefined ? nothingToWaitFor : { waitsFor: 'receipt', waitsUntil: fromNow(ms) };
}

/**
 * Waits until a receipt has changed something.
 *
 * @returns false when none is waited for any more.
 */
export async function nextReceipt(current: ReminderStatus): Promise<boolean> {
  const { deliveries } = current;
  const ends = deliveries.map(({ waitsFor, waitsUntil = '' }) => (waitsFor === 'receipt' ? Date.parse(waitsUntil) : 0));
  const wait = Math.max(...ends) - Date.now();
  if (wait <= 0) return false;
  try {
    const changed = () => current.deliveries !== deliveries;
    return await condition(changed, wait, { summary: 'Until the providers have reported' });
  } catch (error) {
    if (isCancellation(error)) return false; // Nothing is left to be cancelled.
    throw error;
  }
}
