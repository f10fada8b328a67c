/** The outbox, drawn as what the messages would have reached: a phone and a mailbox. */
import { relativeTime } from './countdown.js';
import { element, svgElement } from './element.js';

/** @typedef {import('./api.js').OutboxMessage} OutboxMessage */

/** Of each kind, so many are shown; a phone and a mailbox hold only so much. */
const SHOWN = 30;

/**
 * Draws a phone and a mailbox into a container.
 *
 * @param {Element} container
 * @returns {(messages: OutboxMessage[], channels?: OutboxMessage['channel'][]) => void} Shows the messages, newest
 *   first; those that have come since the last time arrive visibly. Only what receives these channels is drawn.
 */
export function outbox(container) {
  const arrivals = element('p', { class: 'visually-hidden', role: 'status' });
  const phone = receiver('sms', 'Messages on the phone', 'Nothing here. An SMS buzzes in when it is sent.', sms);
  const mailbox = receiver(
    'email',
    'Letters in the mailbox',
    'Nothing here. An email drops in when it is sent.',
    email,
  );
  const phoneWithEar = element('div', { class: 'phone' }, element('div', { class: 'phone-ear' }), phone.element);
  const mailboxWithFlag = element('div', { class: 'mailbox' }, mailboxDrawing(), mailbox.element);
  container.append(phoneWithEar, mailboxWithFlag, arrivals);
  return (messages, channels = ['sms', 'email']) => {
    phoneWithEar.hidden = !channels.includes('sms');
    mailboxWithFlag.hidden = !channels.includes('email');
    const texts = phone.show(messages);
    const letters = mailbox.show(messages);
    mailboxWithFlag.classList.toggle(
      'has-mail',
      messages.some(({ channel }) => channel === 'email'),
    );
    const said = [texts > 0 && 'An SMS has arrived.', letters > 0 && 'An email has arrived.'].filter(Boolean).join(' ');
    if (said) arrivals.textContent = said;
  };
}

/**
 * A scrolling list of the messages of one channel.
 *
 * @param {OutboxMessage['channel']} channel
 * @param {string} label
 * @param {string} whenEmpty
 * @param {(message: OutboxMessage) => HTMLElement} draw
 */
function receiver(channel, label, whenEmpty, draw) {
  /** @type {Map<string, HTMLElement>} */
  const drawn = new Map();
  let first = true;
  const list = element('ol');
  const empty = element('p', { class: 'empty' }, whenEmpty);
  const region = element('div', { class: 'received', role: 'region', tabindex: 0, 'aria-label': label }, empty, list);

  /**
   * @param {OutboxMessage[]} messages
   * @returns {number} How many have come since the last time.
   */
  function show(messages) {
    const ours = messages.filter((message) => message.channel === channel).slice(0, SHOWN);
    const arrived = ours.filter((message) => !drawn.has(keyOf(message)));
    for (const message of arrived) {
      const item = draw(message);
      item.classList.toggle('arriving', !first);
      drawn.set(keyOf(message), item);
    }
    if (arrived.length > 0) list.replaceChildren(...ours.flatMap((message) => drawn.get(keyOf(message)) ?? []));
    empty.hidden = ours.length > 0;
    const wasFirst = first;
    first = false;
    return wasFirst ? 0 : arrived.length;
  }

  return { element: region, show };
}

/** What is sent once more takes the place of what was sent before. @param {OutboxMessage} message */
function keyOf({ id, at }) {
  return `${id} ${at}`;
}

/** @param {OutboxMessage} message */
function sms({ channel, to, text, at }) {
  return element(
    'li',
    { 'data-channel': channel },
    element('p', { class: 'from' }, element('strong', {}, 'Whiskers'), relativeTime(at)),
    element('p', { class: 'message', dir: 'auto' }, text),
    element('p', { class: 'to' }, `to ${to}`),
  );
}

/** The HTML of an email is left alone: its text says the same, and cannot do anything. @param {OutboxMessage} message */
function email({ channel, to, subject, text, at }) {
  return element(
    'li',
    { 'data-channel': channel },
    element('p', { class: 'from' }, element('span', { class: 'to' }, `to ${to}`), relativeTime(at)),
    element('p', { class: 'subject', dir: 'auto' }, subject),
    element('p', { class: 'message', dir: 'auto' }, text),
  );
}

function mailboxDrawing() {
  return svgElement(
    'svg',
    { class: 'mailbox-drawing', viewBox: '0 0 300 110', 'aria-hidden': 'true' },
    svgElement('path', { class: 'mailbox-body', d: 'M40 110V62a44 44 0 0 1 44-44h132a44 44 0 0 1 44 44v48z' }),
    svgElement('path', { class: 'mailbox-door', d: 'M40 110V62a44 44 0 0 1 88 0v48z' }),
    svgElement('path', { class: 'mailbox-flag', d: 'M236 66V6h36v22h-28v38z' }),
    svgElement('path', { class: 'mailbox-slot', d: 'M62 66h44' }),
    svgElement('path', { class: 'mailbox-paw', d: 'M188 76c-9 0-15 7-15 13 0 9 8 8 15 8s15 1 15-8c0-6-6-13-15-13z' }),
    ...[
      [172, 70],
      [182, 62],
      [194, 62],
      [204, 70],
    ].map(([cx, cy]) => svgElement('circle', { class: 'mailbox-paw', cx, cy, r: 5 })),
  );
}
