/** Times told the way people tell them, kept true by one ticker for the whole page. */
import { now } from './clock.js';
import { element } from './element.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTH = 30.44 * DAY;
const YEAR = 365.25 * DAY;

/** Below the limit, a time is told in this unit. */
const SCALE = /** @type {const} */ ([
  { limit: MINUTE, unit: 'second', length: SECOND },
  { limit: HOUR, unit: 'minute', length: MINUTE },
  { limit: DAY, unit: 'hour', length: HOUR },
  { limit: 60 * DAY, unit: 'day', length: DAY },
  { limit: 2 * YEAR, unit: 'month', length: MONTH },
  { limit: Infinity, unit: 'year', length: YEAR },
]);

const relative = new Intl.RelativeTimeFormat('en');
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
const short = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
});

/**
 * Tells how long it is until something that has not happened yet, even if it is late.
 *
 * @param {number} distance In milliseconds.
 * @returns {string}
 */
export function countdownWords(distance) {
  return distance > 0 ? distanceWords(distance) : 'any moment';
}

/**
 * Tells how far away an instant is: `00:27`, `in 2 h 05 min`, `in 3 days`, `just now`, `5 minutes ago`.
 *
 * @param {number} distance In milliseconds; negative in the past.
 * @returns {string}
 */
export function distanceWords(distance) {
  if (distance > 0 && distance < HOUR) return clockWords(distance);
  if (distance > 0 && distance < 2 * DAY) return hourWords(distance);
  if (distance <= 0 && distance > -10 * SECOND) return 'just now';
  const size = Math.abs(distance);
  const { unit, length } = SCALE.find(({ limit }) => size < limit) ?? SCALE[SCALE.length - 1];
  // The past is over, so only what has fully passed counts; what lies ahead is rounded.
  return relative.format(distance < 0 ? -Math.floor(size / length) : Math.round(size / length), unit);
}

/** Minutes and seconds. A second that has begun still counts, so that `00:00` never waits. @param {number} distance */
function clockWords(distance) {
  const seconds = Math.ceil(distance / SECOND);
  return `${twoDigits(Math.floor(seconds / 60))}:${twoDigits(seconds % 60)}`;
}

/** @param {number} distance */
function hourWords(distance) {
  const minutes = Math.ceil(distance / MINUTE);
  return `in ${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** @param {number} value */
function twoDigits(value) {
  return String(value).padStart(2, '0');
}

/**
 * A date and time in the visitor's own zone and customs, short enough for a line of text.
 *
 * @param {string | number} instant
 * @returns {string}
 */
export function dateWords(instant) {
  return short.format(new Date(instant));
}

/**
 * A `<time>` that tells how far away an instant is, and goes on telling.
 *
 * @param {string} instant RFC 3339.
 * @returns {HTMLTimeElement}
 */
export function relativeTime(instant) {
  return tellingTime(instant, distanceWords);
}

/**
 * A `<time>` that counts down to what has not happened yet.
 *
 * @param {string} instant RFC 3339.
 * @returns {HTMLTimeElement}
 */
export function countdown(instant) {
  return tellingTime(instant, countdownWords);
}

/**
 * @param {string} instant
 * @param {(distance: number) => string} wordsOf
 */
function tellingTime(instant, wordsOf) {
  const time = element('time', { datetime: instant, title: full.format(new Date(instant)) });
  keepTrue(time, () => wordsOf(Date.parse(instant) - now()));
  return time;
}

/** What each element that tells of time says now. @type {WeakMap<Element, () => string>} */
const telling = new WeakMap();

/**
 * Fills an element with words that change with time.
 *
 * @param {Element} teller
 * @param {() => string} wordsNow
 * @returns {() => void} Says them anew at once, when they have changed with something else.
 */
export function keepTrue(teller, wordsNow) {
  teller.setAttribute('data-telling', '');
  telling.set(teller, wordsNow);
  tell(teller);
  return () => tell(teller);
}

/** @param {Element} teller */
function tell(teller) {
  const words = telling.get(teller)?.();
  if (words !== undefined && teller.textContent !== words) teller.textContent = words;
}

/**
 * Keeps what the page tells of time true.
 *
 * @param {() => void} [alsoDo] What else changes with time.
 */
export function startTicking(alsoDo = () => {}) {
  setInterval(() => {
    document.querySelectorAll('[data-telling]').forEach(tell);
    alsoDo();
  }, SECOND / 4);
}
