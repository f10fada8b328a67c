/** The page of one reminder. */
import { getReminder, listOutbox, Refusal } from './api.js';
import { cancel, reschedule, reword, snooze } from './changes.js';
import { now } from './clock.js';
import { connectionReport } from './connection-note.js';
import { dateWords, relativeTime, startTicking } from './countdown.js';
import { deliveryList } from './deliveries.js';
import { element } from './element.js';
import { face } from './face.js';
import { badge } from './list.js';
import { outbox } from './outbox.js';
import { picture } from './picture.js';
import { poll } from './poll.js';
import { lightsOf, REMINDER_MACHINE } from './reminder-machine.js';
import { hasEnded, STATES } from './states.js';

/** @typedef {import('./api.js').Reminder} Reminder */

/** In milliseconds. */
const SOON = 60_000;
const EVERY_WHEN_SOON = 1000;
const EVERY_AT_MOST = 30_000;

/** How often to look for the messages of an ended reminder; with a real provider they never come to the outbox. */
const LAST_LOOKS = 5;

const id = decodeURIComponent(location.pathname.split('/').at(-1) ?? '');
const main = /** @type {HTMLElement} */ (document.querySelector('main'));

/** @type {Reminder | undefined} */
let reminder;
let shown = '';
let looks = 0;

const summary = element('section', { class: 'card summary', 'aria-labelledby': 'headline' });
const said = element('p', { class: 'said', role: 'status' });
const spoken = element('p', { class: 'visually-hidden', role: 'status' });
const machine = picture(REMINDER_MACHINE);
const deliveries = element('div');
const received = element('div', { class: 'outbox' });
const showMessages = outbox(received);

const polling = poll(refresh, connectionReport());
startTicking(light);

async function refresh() {
  const answers = await Promise.all([getReminder(id), listOutbox(id)]).catch((error) => {
    if (error instanceof Refusal && error.status === 404) return undefined;
    throw error;
  });
  if (!answers) {
    showNotFound();
    return undefined;
  }
  const [answered, messages] = answers;
  reminder = answered;
  if (!summary.isConnected) layOut();
  show(reminder);
  showMessages(messages);
  return pauseAfter(reminder, messages.length);
}

/**
 * @param {Reminder} reminder
 * @param {number} messages How many are in the outbox.
 * @returns {number | undefined}
 */
function pauseAfter({ state, dueAt, deliveries }, messages) {
  if (hasEnded(state)) {
    const sent = deliveries.filter(({ status }) => status === 'sent' || status === 'delivered').length;
    looks += 1;
    return messages < sent && looks < LAST_LOOKS ? EVERY_WHEN_SOON : undefined;
  }
  const untilSoon = Date.parse(dueAt) - SOON - now();
  return state === 'sending' ? EVERY_WHEN_SOON : Math.min(EVERY_AT_MOST, Math.max(EVERY_WHEN_SOON, untilSoon));
}

function layOut() {
  main.replaceChildren(
    summary,
    said,
    element(
      'section',
      { class: 'card', 'aria-labelledby': 'picture-heading' },
      element('h2', { id: 'picture-heading' }, 'Where it is'),
      machine.element,
      spoken,
    ),
    element(
      'div',
      { class: 'columns' },
      element(
        'section',
        { class: 'card', 'aria-labelledby': 'deliveries-heading' },
        element('h2', { id: 'deliveries-heading' }, 'Deliveries'),
        deliveries,
      ),
      element(
        'section',
        { class: 'card', 'aria-labelledby': 'outbox-heading' },
        element('h2', { id: 'outbox-heading' }, 'Outbox'),
        element('p', { class: 'hint' }, 'Until a provider is set up, the messages land here.'),
        received,
      ),
    ),
  );
}

/** @param {Reminder} reminder */
function show(reminder) {
  light();
  // Drawing anew takes the focus from whoever is at a button, so only what has changed is.
  const latest = JSON.stringify(reminder);
  if (latest === shown) return;
  shown = latest;
  const { state, message } = reminder;
  const focused = summary.contains(document.activeElement) && document.activeElement?.getAttribute('data-action');
  main.dataset.state = state;
  document.title = `${message.slice(0, 40)} · ${STATES[state].label} · Cuddle-a-tron`;
  summary.replaceChildren(...summaryOf(reminder));
  deliveries.replaceChildren(deliveryList(reminder.deliveries));
  if (focused) /** @type {HTMLElement | null} */ (summary.querySelector(`[data-action="${focused}"]`))?.focus();
}

function light() {
  if (!reminder) return;
  const lights = lightsOf(reminder, now());
  machine.light(lights);
  if (spoken.textContent !== lights.words) spoken.textContent = lights.words;
}

/** @param {Reminder} reminder */
function summaryOf(reminder) {
  const { state, message, dueAt, webUiUrl } = reminder;
  const { headline, mood } = STATES[state];
  return [
    face(mood),
    element(
      'div',
      { class: 'summary-words' },
      element('p', {}, badge(state)),
      element('h1', { id: 'headline' }, headline),
      element('blockquote', { class: 'message', dir: 'auto', tabindex: 0, 'aria-label': 'Message' }, message),
      element(
        'p',
        { class: 'due' },
        element('span', { class: 'countdown' }, relativeTime(dueAt)),
        ` ${dueWords(state)} ${dateWords(dueAt)}`,
      ),
      !hasEnded(state) && element('div', { class: 'actions' }, ...actionsOf(reminder)),
      webUiUrl &&
        /^https?:/.test(webUiUrl) &&
        element('p', {}, element('a', { href: webUiUrl }, 'See the execution in the Temporal Web UI')),
    ),
  ];
}

/** @param {import('./api.js').ReminderState} state */
function dueWords(state) {
  if (state === 'waiting') return 'until';
  return state === 'cancelled' ? 'was to be' : 'was due';
}

/** @param {Reminder} reminder */
function actionsOf(reminder) {
  const waiting = reminder.state === 'waiting';
  return [
    waiting && action('snooze', 'Snooze 10 min', () => void snooze(reminder, done).catch(sayRefusal)),
    waiting && action('reschedule', 'Another time', () => reschedule(reminder, done)),
    waiting && action('reword', 'Other words', () => reword(reminder, done)),
    action('cancel', 'Cancel', () => cancel(reminder, done)),
  ];
}

/**
 * @param {string} name
 * @param {string} label
 * @param {() => void} onclick
 */
function action(name, label, onclick) {
  return element('button', { type: 'button', 'data-action': name, onclick }, label);
}

/** @param {string} sentence */
function done(sentence) {
  said.textContent = sentence;
  void polling.now();
}

/** @param {unknown} error */
function sayRefusal(error) {
  if (!(error instanceof Refusal)) throw error;
  done(error.message);
}

function showNotFound() {
  document.title = 'Not found · Cuddle-a-tron';
  main.replaceChildren(
    element(
      'section',
      { class: 'card summary' },
      face('puzzled'),
      element(
        'div',
        { class: 'summary-words' },
        element('h1', {}, 'Whiskers looked everywhere'),
        element(
          'p',
          {},
          'There is no such reminder. Perhaps the link is incomplete, or it ended long ago and was tidied away.',
        ),
        element('p', {}, element('a', { class: 'button primary', href: '/' }, 'Back to the cuddles')),
      ),
    ),
  );
}
