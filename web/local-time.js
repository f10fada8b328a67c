/** Between the visitor's own clock, as a `datetime-local` field shows it, and instants. */

/** The visitor's time zone by its name, such as `Europe/Berlin`. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** In milliseconds. */
const MINUTE = 60_000;
const DAY = 86_400_000;

const withOffset = new Intl.DateTimeFormat(undefined, { timeZoneName: 'short' });

/**
 * @param {Date} date
 * @returns {string} As a `datetime-local` field wants it, to the minute: `2027-03-28T09:00`.
 */
export function toLocalField(date) {
  const minutes = date.getTime() - date.getTimezoneOffset() * MINUTE;
  return new Date(minutes).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length);
}

/**
 * @param {string} value Of a `datetime-local` field.
 * @returns {Date} Of the two times that share one name in autumn, the first. Invalid in a year of more than four digits,
 *   which such a field takes.
 */
export function fromLocalField(value) {
  return new Date(value);
}

/**
 * @param {string} value Of a `datetime-local` field.
 * @returns {boolean} Whether there is no such time, because the clocks skip it in spring.
 */
export function isSkipped(value) {
  return toLocalField(fromLocalField(value)) !== value.slice(0, 'yyyy-mm-ddThh:mm'.length);
}

/**
 * @param {Date} date
 * @returns {boolean} Whether the clocks, turned back, show the same time once more.
 */
export function comesAgain(date) {
  const turnedBack = (new Date(date.getTime() + DAY).getTimezoneOffset() - date.getTimezoneOffset()) * MINUTE;
  return turnedBack > 0 && toLocalField(new Date(date.getTime() + turnedBack)) === toLocalField(date);
}

/**
 * @param {Date} date
 * @returns {string} What the visitor's zone is called then, such as `CEST` or `GMT+5:45`.
 */
export function offsetName(date) {
  return withOffset.formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/**
 * @param {number} hour
 * @returns {Date} Tomorrow at this hour, on the visitor's clock.
 */
export function tomorrowAt(hour) {
  const date = new Date();
  date.setDate(date.getDate() + 1);
  date.setHours(hour, 0, 0, 0);
  return date;
}
