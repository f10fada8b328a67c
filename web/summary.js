/** The head of a reminder's page: how Whiskers feels, what is to be said, and when. */
import { actionButtons } from './action-buttons.js';
import { badge } from './badge.js';
import { countdown, dateWords, relativeTime } from './countdown.js';
import { element } from './element.js';
import { face } from './face.js';
import { appearanceOf } from './states.js';

/** @typedef {import('./api.js').Reminder} Reminder */

/**
 * @param {Reminder} reminder
 * @param {import('./changes.js').OnDone} onDone
 * @returns {Node[]}
 */
export function summaryOf(reminder, onDone) {
  const { state, message } = reminder;
  const { headline, mood } = appearanceOf(reminder);
  const words = element(
    'div',
    { class: 'summary-words' },
    element('div', { class: 'headline' }, element('h1', {}, headline), badge(state)),
    element(
      'div',
      { class: 'speech message', dir: 'auto', role: 'group', tabindex: 0, 'aria-label': 'Message' },
      message,
    ),
    element(
      'div',
      { class: 'due' },
      element('p', {}, ...dueWords(reminder)),
      actionButtons(reminder, ['snooze', 'reschedule', 'reword', 'cancel'], onDone),
    ),
  );
  return [face(mood), words];
}

/** @param {Reminder} reminder */
function dueWords({ state, dueAt }) {
  if (state === 'waiting') {
    return [element('span', { class: 'countdown' }, countdown(dueAt)), `Due on ${dateWords(dueAt)}`];
  }
  if (state === 'cancelled') return [`It was planned for ${dateWords(dueAt)}.`];
  return ['It was due ', relativeTime(dueAt), `, on ${dateWords(dueAt)}.`];
}

/**
 * What to show until the reminder is there.
 *
 * @param {HTMLElement} hopes Tells how the search goes.
 * @returns {Node[]}
 */
export function lookingFor(hopes) {
  return [
    face('hopeful'),
    element('div', { class: 'summary-words' }, element('h1', {}, 'Looking for the reminder …'), hopes),
  ];
}

/**
 * What to show in place of a reminder that does not exist.
 *
 * @returns {Node[]}
 */
export function notFound() {
  const words = element(
    'div',
    { class: 'summary-words' },
    element('h1', {}, 'Whiskers looked everywhere'),
    element(
      'p',
      {},
      'There is no such reminder. Perhaps the link is incomplete, or it ended long ago and was tidied away.',
    ),
    element('p', {}, element('a', { class: 'button primary', href: '/' }, 'Back to the cuddles')),
  );
  return [face('puzzled'), words];
}
