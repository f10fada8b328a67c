/** The page of one reminder. */
import { getReminder, listOutbox } from './api.js';
import { now } from './clock.js';
import { connectionReport } from './connection-note.js';
import { consentCard } from './consent.js';
import { startTicking } from './countdown.js';
import { deliveryList } from './deliveries.js';
import { isAsked } from './delivery-words.js';
import { element } from './element.js';
import { excerpt } from './excerpt.js';
import { keepFocus } from './focus.js';
import { outbox } from './outbox.js';
import { picture } from './picture.js';
import { poll } from './poll.js';
import { Refusal } from './refusal.js';
import { lightsOf, REMINDER_MACHINE } from './reminder-machine.js';
import { saidLine } from './said.js';
import { hasEnded, STATES } from './states.js';
import { lookingFor, notFound, summaryOf } from './summary.js';

/** @typedef {import('./api.js').Reminder} Reminder */
/** @typedef {import('./api.js').OutboxMessage} OutboxMessage */

/** In milliseconds. */
const SOON = 60_000;
const EVERY_WHEN_SOON = 3000;
const EVERY_AT_LEAST = 1000;
const EVERY_AT_MOST = 30_000;
const EVERY_WHILE_HELD = 15_000;

const id = decodeURIComponent(location.pathname.slice('/r/'.length).replace(/\/$/, ''));
const main = /** @type {HTMLElement} */ (document.querySelector('main'));

const hopes = element('p', { role: 'status' });
const summary = element('section', { class: 'card summary', 'aria-label': 'The reminder' });
const said = saidLine();
const machine = picture(REMINDER_MACHINE);
const machineInWords = element('p', { class: 'visually-hidden', role: 'status' });
const advice = element('p', { class: 'hint' });
const webUiLink = element('p', { class: 'hint' });
const deliveries = element('div');
const consent = consentCard(id, done);
const received = element('div', { class: 'outbox' });
const outboxCard = element(
  'section',
  { class: 'card', 'aria-labelledby': 'outbox-heading', hidden: true },
  element('h2', { id: 'outbox-heading' }, 'Outbox'),
  element('p', { class: 'hint' }, 'While a channel has no provider, its messages land here.'),
  received,
);
const showMessages = outbox(received);

/** @type {Reminder | undefined} */
let reminder;
let shown = '';

main.append(element('section', { class: 'card summary looking' }, ...lookingFor(hopes)));
const reportConnection = connectionReport();
const polling = poll(refresh, (reconnecting) => {
  reportConnection(reconnecting);
  said.onConnection(reconnecting);
  hopes.textContent = reconnecting ? 'It cannot be shown right now; trying again.' : '';
});
startTicking(light);

async function refresh() {
  const latest = await getReminder(id).catch((error) => {
    if (error instanceof Refusal && error.status === 404) return undefined;
    throw error;
  });
  if (!latest) {
    showNotFound();
    return undefined;
  }
  if (!reminder) layOut();
  reminder = latest;
  light();
  show(reminder);
  // Read after the reminder: what one has sent that has ended is in the outbox by then.
  showOutbox(reminder, await listOutbox(id));
  return pauseAfter(reminder);
}

/**
 * Often when something is about to happen or has just begun; less and less the longer nothing does, as visitors have a limit.
 * While a message waits for people, or for word of it, that may come at any time, also to a reminder that has ended.
 *
 * @param {Reminder} reminder
 * @returns {number | undefined} In milliseconds; `undefined` when nothing will change any more.
 */
function pauseAfter({ state, dueAt, path, deliveries }) {
  const held = deliveries.some((delivery) => delivery.waitsFor !== undefined || isAsked(delivery));
  if (hasEnded(state)) return held ? EVERY_WHILE_HELD : undefined;
  const latest = Math.max(Date.parse(dueAt), ...path.map(({ enteredAt }) => Date.parse(enteredAt)));
  const until = latest - now();
  const pause = until > 0 ? Math.max(until - SOON, Math.min(until, EVERY_WHEN_SOON)) : -until / 3;
  return Math.min(held ? EVERY_WHILE_HELD : EVERY_AT_MOST, Math.max(EVERY_AT_LEAST, pause));
}

function layOut() {
  main.replaceChildren(
    summary,
    said.element,
    advice,
    consent.element,
    element(
      'section',
      { class: 'card', 'aria-label': 'The state machine' },
      machine.element,
      machineInWords,
      webUiLink,
    ),
    element(
      'div',
      { class: 'columns of-reminder' },
      element(
        'section',
        { class: 'card', 'aria-labelledby': 'deliveries-heading' },
        element('h2', { id: 'deliveries-heading' }, 'Deliveries'),
        deliveries,
      ),
      outboxCard,
    ),
  );
}

/** Draws what has changed since the last time. @param {Reminder} reminder */
function show(reminder) {
  const latest = JSON.stringify(reminder);
  if (latest === shown) return;
  shown = latest;
  const { state, message, url, webUiUrl } = reminder;
  main.dataset.state = state;
  document.title = `${excerpt(message)} · ${STATES[state].label} · Cuddle-a-tron`;
  keepFocus(summary, () => {
    summary.replaceChildren(...summaryOf(reminder, done));
    return summary;
  });
  deliveries.replaceChildren(deliveryList(reminder));
  keepFocus(consent.element, () => {
    consent.show(reminder);
    return summary;
  });
  advice.textContent = url ? 'Keep the link to this page: it is the only way to this reminder.' : '';
  webUiLink.replaceChildren(
    webUiUrl ? element('a', { href: webUiUrl }, 'See this execution in the Temporal Web UI') : '',
  );
}

/**
 * Draws where messages may come to, and at the end only where they came to: with a provider, they go elsewhere.
 *
 * @param {Reminder} reminder
 * @param {OutboxMessage[]} messages
 */
function showOutbox({ state, deliveries }, messages) {
  const channels = (hasEnded(state) ? messages : deliveries).map(({ channel }) => channel);
  outboxCard.hidden = channels.length === 0;
  showMessages(messages, channels);
}

function light() {
  if (!reminder) return;
  const lights = lightsOf(reminder, now());
  machine.light(lights);
  if (machineInWords.textContent !== lights.words) machineInWords.textContent = lights.words;
}

/** @type {import('./changes.js').OnDone} */
function done(sentence, trouble) {
  said.say(sentence, trouble);
  void polling.now();
}

function showNotFound() {
  document.title = 'Not found · Cuddle-a-tron';
  main.replaceChildren(element('section', { class: 'card summary' }, ...notFound()));
}
