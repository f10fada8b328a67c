/** How the messages of one reminder fare. */
import { relativeTime } from './countdown.js';
import { element } from './element.js';

/** @typedef {import('./api.js').Delivery} Delivery */

const CHANNELS = { email: 'Email', sms: 'SMS' };

/** @type {Record<Delivery['status'], string>} */
const STATUS = {
  pending: 'not due yet',
  sending: 'on its way',
  sent: 'sent',
  delivered: 'delivered',
  failed: 'failed',
  skipped: 'not sent, as the reminder was cancelled',
  unknown: 'perhaps sent; nobody can know',
};

/**
 * @param {Delivery[]} deliveries
 * @returns {HTMLElement}
 */
export function deliveryList(deliveries) {
  return element('ul', { class: 'deliveries' }, ...deliveries.map(deliveryItem));
}

/** @param {Delivery} delivery */
function deliveryItem({ channel, status, attempts, providerId, at, error }) {
  return element(
    'li',
    { 'data-channel': channel, 'data-status': status },
    element('p', {}, element('strong', {}, CHANNELS[channel]), ` ${STATUS[status]} `, at && relativeTime(at)),
    attempts > 1 && element('p', { class: 'hint' }, attemptWords(status, attempts)),
    error && element('p', { class: 'delivery-error' }, error),
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
