/** Between the visitor's own clock, as a `datetime-local` field shows it, and instants. */

/** The visitor's time zone by its name, such as `Europe/Berlin`. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/**
 * @param {Date} date
 * @returns {string} As a `datetime-local` field wants it, to the minute: `2027-03-28T09:00`.
 */
export function toLocalField(date) {
  const minutes = date.getTime() - date.getTimezoneOffset() * 60_000;
  return new Date(minutes).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length);
}

/**
 * @param {string} value Of a `datetime-local` field.
 * @returns {Date | undefined} `undefined` for a time that does not exist there, because the clocks skip it in spring. Of
 *   the two that share one name in autumn, the first.
 */
export function fromLocalField(value) {
  const date = new Date(value);
  return !Number.isNaN(date.getTime()) && toLocalField(date) === value.slice(0, 'yyyy-mm-ddThh:mm'.length)
    ? date
    : undefined;
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
