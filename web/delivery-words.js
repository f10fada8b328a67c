/** How a message fares, in words for people who think of Bob, not of providers. */
import { dateWords } from './countdown.js';

/** @typedef {import('./api.js').Reminder} Reminder */
/** @typedef {import('./api.js').Delivery} Delivery */

/** @type {Record<Delivery['status'], string>} */
const STATUS = {
  pending: 'not due yet',
  sending: 'on its way',
  sent: 'sent',
  delivered: 'arrived',
  failed: 'failed',
  skipped: 'not sent',
  unknown: 'perhaps sent',
};

/**
 * A few words that go on after the name of the channel.
 *
 * @param {Delivery} delivery
 * @returns {string}
 */
export function shortWords(delivery) {
  if (isAsked(delivery)) return 'waits for a yes';
  if (isRefused(delivery)) return 'will not be sent';
  if (delivery.waitsFor === 'quiet-hours') return 'waits for the morning';
  // They have just agreed.
  if (delivery.waitsFor === 'consent') return STATUS.sending;
  return STATUS[delivery.status];
}

/**
 * What there is to say beyond that: short sentences.
 *
 * @param {Delivery} delivery
 * @param {Reminder} reminder The one that it belongs to.
 * @returns {string} Empty when there is nothing.
 */
export function sentencesOf(delivery, reminder) {
  const { status, consent, waitsFor, waitsUntil = '' } = delivery;
  if (isAsked(delivery)) return waitsFor ? `If Bob has not agreed by ${dateWords(waitsUntil)}, it is not sent.` : '';
  if (consent === 'stopped') return 'They asked us to send nothing.';
  if (consent === 'unreachable') return 'We could not ask Bob whether he wants reminders. Is everything spelled right?';
  if (waitsFor === 'quiet-hours') return `It is night where Bob is. It goes out on ${dateWords(waitsUntil)}.`;
  if (status === 'unknown')
    return `It may have been sent: the answer got lost. ${waitsFor === 'receipt' ? 'We are waiting for word of it.' : 'Best ask Bob.'}`;
  if (waitsFor === 'receipt') return 'We are waiting for word whether it arrived.';
  if (status === 'pending' && isSpare(delivery, reminder))
    return 'It goes out only if the text message does not arrive.';
  if (status === 'skipped') return whySkipped(delivery, reminder);
  return '';
}

/**
 * @param {Delivery} delivery
 * @returns {boolean} Whether its contact was asked for consent, and has not answered yet.
 */
export function isAsked({ status, consent, waitsFor }) {
  return status === 'pending' && (consent === 'unconfirmed' || (consent === undefined && waitsFor === 'consent'));
}

/** @param {Delivery} delivery */
function isRefused({ consent }) {
  return consent === 'stopped' || consent === 'unreachable';
}

/**
 * @param {Delivery} delivery
 * @param {Reminder} reminder
 */
function isSpare({ channel }, { fallback }) {
  return fallback && channel === 'email';
}

/**
 * @param {Delivery} delivery
 * @param {Reminder} reminder
 */
function whySkipped(delivery, reminder) {
  const { state, deliveries } = reminder;
  // What was held back says by what.
  if (delivery.error !== undefined && state !== 'cancelled') return '';
  const otherWasEnough = deliveries.some(({ status }) => status === 'sent' || status === 'delivered');
  return isSpare(delivery, reminder) && otherWasEnough
    ? 'It was not needed: the text message was enough.'
    : 'The reminder was cancelled.';
}

/**
 * @param {Delivery} delivery
 * @param {Reminder} reminder
 * @returns {string | undefined} What went wrong, where our own words do not say it all.
 */
export function troubleOf({ waitsFor, error }, { state }) {
  return waitsFor || state === 'cancelled' ? undefined : error;
}
