/** The calls to the API. A refusal becomes a {@link Refusal}, whatever refused: the server, a proxy or the network. */
import { learnServerTime } from './clock.js';

/** @typedef {import('../src/reminder.js').ReminderState} ReminderState */
/** @typedef {import('../src/reminder.js').PathState} PathState */
/** @typedef {import('../src/reminder.js').Channel} Channel */
/** @typedef {import('../src/reminder.js').Preference} Preference */
/** @typedef {import('../src/reminder.js').Delivery} Delivery */
/** @typedef {import('../src/reminder.js').OutboxMessage} OutboxMessage */
/** @typedef {import('../src/reminder.js').ReminderStatus & {id: string, webUiUrl?: string}} Reminder */
/** @typedef {Omit<Reminder, 'path' | 'deliveries'>} ListedReminder A list leaves out the path and the deliveries. */
/** @typedef {{waitSeconds: number} | {remindAt: string}} When In seconds from now, or an RFC 3339 instant. */
/** @typedef {When & {preference: Preference, message: string, email?: string, phone?: string}} ReminderRequest */
/** @typedef {{field: string, detail: string}} FieldError */

/** In milliseconds. A call that hangs longer has failed. */
const PATIENCE = 15_000;

/** The API did not do what it was asked. `message` is a sentence for a person. */
export class Refusal extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, errors?: FieldError[]}} [more] `status` is the HTTP status; without one, no answer came.
   */
  constructor(message, { status, errors = [] } = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.errors = errors;
  }
}

/**
 * Starts a reminder.
 *
 * @param {ReminderRequest} request
 * @param {string} idempotencyKey The same key starts one reminder, however often the request is sent.
 * @returns {Promise<Reminder>}
 * @throws {Refusal}
 */
export function createReminder(request, idempotencyKey) {
  return call('POST', '/api/reminders', { body: request, headers: { 'idempotency-key': idempotencyKey } });
}

/**
 * One page of reminders: the running ones first, then the latest ended.
 *
 * @param {{state?: string, pageToken?: string}} query
 * @returns {Promise<{reminders: ListedReminder[], nextPageToken?: string}>}
 * @throws {Refusal}
 */
export function listReminders({ state, pageToken }) {
  const query = new URLSearchParams({ pageSize: '20' });
  if (state) query.set('state', state);
  if (pageToken) query.set('pageToken', pageToken);
  return call('GET', `/api/reminders?${query}`);
}

/**
 * @param {string} id
 * @returns {Promise<Reminder>}
 * @throws {Refusal} With status 404 when there is none.
 */
export function getReminder(id) {
  return call('GET', reminderPath(id));
}

/**
 * Moves or rewords a reminder that is still waiting.
 *
 * @param {string} id
 * @param {Partial<{waitSeconds: number, remindAt: string, message: string}>} change
 * @returns {Promise<Reminder>}
 * @throws {Refusal} With status 409 when it is no longer waiting.
 */
export function changeReminder(id, change) {
  return call('PATCH', reminderPath(id), { body: change });
}

/**
 * Cancels a reminder. One whose messages are on their way may still be `sending` in the answer.
 *
 * @param {string} id
 * @returns {Promise<Reminder>}
 * @throws {Refusal} With status 409 when it has ended otherwise.
 */
export function cancelReminder(id) {
  return call('DELETE', reminderPath(id));
}

/**
 * The messages in the outbox, newest first.
 *
 * @param {string} [reminderId] Only those of this reminder.
 * @returns {Promise<OutboxMessage[]>}
 * @throws {Refusal}
 */
export function listOutbox(reminderId) {
  const query = reminderId === undefined ? '' : `?${new URLSearchParams({ reminderId })}`;
  return call('GET', `/api/outbox${query}`);
}

/** @param {string} id */
function reminderPath(id) {
  return `/api/reminders/${encodeURIComponent(id)}`;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{body?: object, headers?: Record<string, string>}} [options]
 * @returns {Promise<any>} The body, trusted to be what the API's contract says.
 */
async function call(method, path, { body, headers = {} } = {}) {
  const sentAt = Date.now();
  try {
    const response = await fetch(path, {
      method,
      headers: body ? { ...headers, 'content-type': 'application/json' } : headers,
      body: body && JSON.stringify(body),
      cache: 'no-store',
      signal: window.AbortSignal.timeout(PATIENCE),
    });
    learnServerTime(response.headers.get('date'), sentAt);
    if (!response.ok) throw await refusalOf(response);
    return await response.json();
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw new Refusal('The server cannot be reached. Is the network there? Please try again in a moment.');
  }
}

/**
 * Reads a problem (RFC 9457), or makes do with the status where a proxy answered in the server's place.
 *
 * @param {Response} response
 */
async function refusalOf(response) {
  const problem = await response.json().catch(() => ({}));
  const status = response.status;
  const retry = retryWords(response.headers.get('retry-after'));
  if (status === 503)
    return new Refusal(`Temporal, who keeps the reminders, is having a nap. Please try again ${retry}.`, { status });
  if (status === 429 && !problem.errors)
    return new Refusal(`That was a lot at once. Please try again ${retry}.`, { status });
  const message =
    problem.detail ?? problem.title ?? `The server answered with an error (${status}). Please try again in a moment.`;
  return new Refusal(message, { status, errors: problem.errors });
}

/**
 * @param {string | null} retryAfter A `Retry-After` header (RFC 9110, 10.2.3); one that holds a date counts as absent.
 */
function retryWords(retryAfter) {
  const seconds = Number(retryAfter);
  if (!Number.isFinite(seconds) || seconds <= 1) return 'in a moment';
  return seconds < 120 ? `in ${seconds} seconds` : `in ${Math.ceil(seconds / 60)} minutes`;
}
