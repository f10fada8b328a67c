/** The list of reminders: filtered by state, a page at a time, kept up to date. */
import { actionButtons } from './action-buttons.js';
import { listReminders } from './api.js';
import { badge } from './badge.js';
import { countdown, dateWords, relativeTime } from './countdown.js';
import { element } from './element.js';
import { keepFocus, whereabouts } from './focus.js';
import { poll } from './poll.js';
import { noList } from './refusal.js';
import { saidLine } from './said.js';
import { STATES } from './states.js';

/** @typedef {import('./api.js').ListedReminder} ListedReminder */
/** @typedef {import('./api.js').ReminderState} ReminderState */

/** In milliseconds. However many pages are open, one is asked for so often. */
const EVERY = 3000;

const CHANNELS = { email: 'by email', sms: 'by SMS', both: 'by email and SMS' };

/** @type {Record<'all' | ReminderState, string>} */
const WHEN_EMPTY = {
  all: 'No reminders yet. Whiskers is looking at you.',
  waiting: 'Nothing is waiting. Surely there is a cat to cuddle?',
  sending: 'Nothing is on its way just now.',
  succeeded: 'Nothing has been sent yet.',
  partial: 'Nothing got only half through. Good.',
  failed: 'Nothing has failed. Purr.',
  cancelled: 'Nothing was cancelled. Whiskers approves.',
};

/**
 * Fills the list and keeps it up to date.
 *
 * @param {HTMLElement} section
 * @param {(reconnecting: boolean) => void} onConnection
 * @param {() => void} onNoList Told where nobody sees all reminders: then there is nothing to keep.
 */
export function keepList(section, onConnection, onNoList) {
  /** @type {Map<string, {shown: string, row: HTMLElement}>} */
  const rows = new Map();
  let pages = 1;
  const heading = /** @type {Element} */ (section.querySelector('h2'));
  const list = element('ul', { class: 'reminders' });
  const empty = element('p', { class: 'empty' }, 'Looking for reminders …');
  const said = saidLine();
  const more = element('button', { type: 'button', hidden: true, onclick: loadMore }, 'Load more');
  const filters = element('div', { class: 'chips', role: 'group', 'aria-label': 'Show' }, ...filterButtons());
  section.append(filters, said.element, list, empty, more);

  const polling = poll(refresh, (reconnecting) => {
    said.onConnection(reconnecting);
    onConnection(reconnecting);
  });
  window.addEventListener('popstate', () => showState(stateInUrl()));
  pressFilter(stateInUrl());

  function filterButtons() {
    const states = /** @type {ReminderState[]} */ (Object.keys(STATES));
    return [filterButton('', 'All'), ...states.map((state) => filterButton(state, STATES[state].label))];
  }

  /**
   * @param {string} state
   * @param {string} label
   */
  function filterButton(state, label) {
    return element(
      'button',
      { type: 'button', class: 'chip', 'data-filter': state, onclick: () => choose(state) },
      label,
    );
  }

  /** @param {string} state */
  function choose(state) {
    history.pushState(null, '', state ? `?state=${state}` : location.pathname);
    showState(state);
  }

  /** @param {string} state */
  function showState(state) {
    pages = 1;
    pressFilter(state);
    void polling.now();
  }

  /** @param {string} state */
  function pressFilter(state) {
    for (const button of filters.children) {
      button.setAttribute('aria-pressed', String(button.getAttribute('data-filter') === state));
    }
  }

  function loadMore() {
    pages += 1;
    void polling.now();
  }

  async function refresh() {
    const state = stateInUrl();
    const answer = await listPages(state, pages).catch(noList);
    if (!answer) {
      onNoList();
      return undefined;
    }
    const { reminders, complete } = answer;
    // The visitor may have chosen another state meanwhile; its own answer is on the way.
    if (state === stateInUrl()) show(reminders, complete);
    return EVERY * pages;
  }

  /**
   * @param {ListedReminder[]} reminders
   * @param {boolean} complete
   */
  function show(reminders, complete) {
    const wanted = reminders.map((reminder) => rowOf(reminder));
    const before = [...list.children];
    const visitorAt = before.findIndex((row) => row.contains(whereabouts()));
    keepFocus(section, () => {
      before.forEach((row) => wanted.includes(/** @type {HTMLElement} */ (row)) || row.remove());
      wanted.forEach((row, index) => {
        if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
      });
      empty.hidden = reminders.length > 0;
      empty.textContent = WHEN_EMPTY[/** @type {ReminderState} */ (stateInUrl()) || 'all'];
      more.hidden = complete;
      // Whoever was at a row that is gone goes on at the next one, and whoever asked for more at the first that is new. To
      // its link, not to the same button: one press too many must not change another reminder.
      const next = wanted[visitorAt < 0 ? before.length : visitorAt] ?? wanted.at(-1);
      return next?.querySelector('a') ?? heading;
    });
  }

  /**
   * A row is drawn anew only when its reminder has changed, so that nobody loses the focus.
   *
   * @param {ListedReminder} reminder
   */
  function rowOf(reminder) {
    const shown = JSON.stringify(reminder);
    const known = rows.get(reminder.id);
    if (known?.shown === shown) return known.row;
    const row = drawRow(reminder);
    keepFocus(known?.row, () => {
      known?.row.replaceWith(row);
      return row;
    });
    rows.set(reminder.id, { shown, row });
    return row;
  }

  /** @param {ListedReminder} reminder */
  function drawRow(reminder) {
    const { id, state, message, preference } = reminder;
    return element(
      'li',
      { 'data-id': id, 'data-state': state },
      element('a', { class: 'message clipped', href: `/r/${encodeURIComponent(id)}`, dir: 'auto' }, message),
      element('p', { class: 'row-facts' }, badge(state), dueWords(reminder), element('span', {}, CHANNELS[preference])),
      actionButtons(reminder, ['snooze', 'reschedule', 'cancel'], done),
    );
  }

  /** @type {import('./changes.js').OnDone} */
  function done(sentence, trouble) {
    said.say(sentence, trouble);
    void polling.now();
  }
}

/** @param {ListedReminder} reminder */
function dueWords({ state, dueAt }) {
  if (state === 'waiting') return countdown(dueAt);
  return state === 'cancelled' ? element('span', {}, `was planned for ${dateWords(dueAt)}`) : relativeTime(dueAt);
}

/**
 * @param {string} state
 * @param {number} pages How many, at most.
 */
async function listPages(state, pages) {
  /** @type {Map<string, ListedReminder>} By id, as one may move to the next page while the pages are read. */
  const reminders = new Map();
  let pageToken;
  for (let page = 0; page < pages; page += 1) {
    const answer = await listReminders({ state, pageToken });
    for (const reminder of answer.reminders) reminders.set(reminder.id, reminder);
    pageToken = answer.nextPageToken;
    if (!pageToken) break;
  }
  return { reminders: [...reminders.values()], complete: !pageToken };
}

function stateInUrl() {
  const state = new URLSearchParams(location.search).get('state') ?? '';
  return Object.hasOwn(STATES, state) ? state : '';
}
