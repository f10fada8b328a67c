/** The links to the reminders that were made in this browser, where each is seen through its own link alone. */
import { load, save } from './storage.js';

/**
 * @typedef {object} OwnReminder
 * @property {string} link The address of its page on this server, with its key.
 * @property {string} message What it said when it was made.
 * @property {string} createdAt RFC 3339.
 */

const NAME = 'own-reminders';

const MOST = 50;

/** @returns {OwnReminder[]} The newest first. */
export function ownReminders() {
  const kept = load('localStorage', NAME);
  return Array.isArray(kept) ? kept : [];
}

/**
 * Keeps the link to a reminder, if it has one of its own.
 *
 * @param {import('./api.js').Reminder} reminder
 */
export function keepOwnReminder(reminder) {
  if (reminder.url === undefined) return;
  const { message, createdAt } = reminder;
  const own = { link: linkOf(reminder), message, createdAt };
  save('localStorage', NAME, [own, ...without(own.link)].slice(0, MOST));
}

/** @param {string} link */
export function forgetOwnReminder(link) {
  save('localStorage', NAME, without(link));
}

/**
 * The address of a reminder's page on the server that this page comes from, which may go by several names.
 *
 * @param {import('./api.js').Reminder} reminder
 */
export function linkOf({ id, url }) {
  if (url === undefined) return `/r/${encodeURIComponent(id)}`;
  const { pathname, search } = new URL(url, location.href);
  return pathname + search;
}

/** @param {string} forgotten */
function without(forgotten) {
  return ownReminders().filter(({ link }) => link !== forgotten);
}
