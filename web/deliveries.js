/** How the messages of one reminder fare. */
import { relativeTime } from './countdown.js';
import { sentencesOf, shortWords, troubleOf } from './delivery-words.js';
import { element } from './element.js';

/** @typedef {import('./api.js').Reminder} Reminder */
/** @typedef {import('./api.js').Delivery} Delivery */

const CHANNELS = { email: 'Email', sms: 'SMS' };

/**
 * @param {Reminder} reminder
 * @returns {HTMLElement}
 */
export function deliveryList(reminder) {
  return element(
    'ul',
    { class: 'deliveries' },
    ...reminder.deliveries.map((delivery) => deliveryItem(delivery, reminder)),
  );
}

/**
 * @param {Delivery} delivery
 * @param {Reminder} reminder
 */
function deliveryItem(delivery, reminder) {
  const { channel, status, attempts, providerId, at } = delivery;
  const sentences = sentencesOf(delivery, reminder);
  const trouble = troubleOf(delivery, reminder);
  return element(
    'li',
    { 'data-channel': channel, 'data-status': status },
    element('p', {}, element('strong', {}, CHANNELS[channel]), ` ${shortWords(delivery)} `, at && relativeTime(at)),
    sentences && element('p', {}, sentences),
    attempts > 1 && element('p', { class: 'hint' }, attemptWords(status, attempts)),
    trouble && element('p', { class: 'delivery-error' }, trouble),
    providerId && element('p', { class: 'hint' }, 'Id at the provider: ', element('code', {}, providerId)),
  );
}

/**
 * @param {Delivery['status']} status
 * @param {number} attempts
 */
function attemptWords(status, attempts) {
  return status === 'sending' ? `Attempt ${attempts}; the last one did not work:` : `After ${attempts} attempts.`;
}
