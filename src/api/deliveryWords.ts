/** How a message fares, for those who read the page without JavaScript; `web/delivery-words.js` is for all others. */
import type { DeliveryStatus } from '../reminder';
import type { Reminder } from '../temporal/reminders';

type Delivery = Reminder['deliveries'][number];

const statuses: Record<DeliveryStatus, string> = {
  pending: 'not due yet',
  sending: 'on its way',
  sent: 'sent',
  delivered: 'arrived',
  failed: 'failed',
  skipped: 'not sent',
  unknown: 'perhaps sent: the answer got lost',
};

const questions = {
  email: 'We asked Bob by email whether he wants reminders. Nothing is sent until he says yes.',
  sms: 'We sent Bob a six-digit code by text message. Nothing is sent until it is entered here, which needs JavaScript.',
};

/** Short sentences. */
export function deliveryWords(delivery: Delivery): string {
  const { channel, status, attempts, error, consent, waitsFor, waitsUntil = '' } = delivery;
  if (isAsked(delivery)) return questions[channel];
  if (consent === 'stopped') return 'They asked us to send nothing.';
  if (consent === 'unreachable') return 'We could not ask Bob whether he wants reminders.';
  if (waitsFor === 'quiet-hours')
    return `It is night where Bob is. It goes out on ${new Date(waitsUntil).toUTCString()}.`;
  if (waitsFor === 'receipt') return `${statuses[status]}; we are waiting for word whether it arrived`;
  if (status === 'unknown') return `${statuses.unknown}. Best ask Bob`;
  const tries = attempts > 1 ? ` after ${attempts} attempts` : '';
  return `${statuses[status]}${tries}${error === undefined ? '' : `: ${error}`}`;
}

/** Whether something may still become of a message, also when its reminder has ended. */
export function isHeld(delivery: Delivery): boolean {
  return delivery.waitsFor !== undefined || isAsked(delivery);
}

function isAsked({ status, consent, waitsFor }: Delivery): boolean {
  return status === 'pending' && (consent === 'unconfirmed' || (consent === undefined && waitsFor === 'consent'));
}
