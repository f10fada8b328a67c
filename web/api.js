/** The calls to the API. A refusal becomes a {@link Refusal}, whatever refused: the server, a proxy or the network. */
import { accessToken, askForAccessToken } from './access-token.js';
import { learnServerTime } from './clock.js';
import { Refusal } from './refusal.js';

/** @typedef {import('../src/reminder.js').ReminderState} ReminderState */
/** @typedef {import('../src/reminder.js').PathState} PathState */
/** @typedef {import('../src/reminder.js').Channel} Channel */
/** @typedef {import('../src/reminder.js').Preference} Preference */
/** @typedef {import('../src/contact.js').ContactState} ContactState */
/** @typedef {import('../src/reminder.js').Delivery & {consent?: ContactState}} Delivery */
/** @typedef {import('../src/reminder.js').OutboxMessage} OutboxMessage */
/** @typedef {Omit<import('../src/reminder.js').ReminderStatus, 'deliveries'> & {id: string, deliveries: Delivery[], webUiUrl?: string, url?: string}} Reminder Where nobody sees all, `url` is its page, with its key. */
/** @typedef {Omit<Reminder, 'path' | 'deliveries' | 'url'>} ListedReminder A list leaves out the path and the deliveries. */
/** @typedef {{waitSeconds: number} | {remindAt: string}} When In seconds from now, or an RFC 3339 instant. */
/** @typedef {When & {preference: Preference, message: string, email?: string, phone?: string, fallback?: boolean, timeZone?: string}} ReminderRequest */

/** In milliseconds. A call that hangs longer has failed. */
const PATIENCE = 15_000;

/** The key in the address of a reminder's page, which opens that reminder where nobody sees all of them. */
const key = new URLSearchParams(location.search).get('key');

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
 * @throws {Refusal} With status 403 where nobody sees all reminders.
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
 * Enters the code that the phone of a reminder got: whoever has it there agrees to be reminded.
 *
 * @param {string} id
 * @param {string} code Six digits.
 * @returns {Promise<Reminder>}
 * @throws {Refusal} With status 422 when it is wrong, 409 when another code is needed.
 */
export function confirmContact(id, code) {
  return call('POST', reminderPath(id, '/confirmation'), { body: { code } });
}

/**
 * Asks the contact of a reminder once more whether it wants any.
 *
 * @param {string} id
 * @param {Channel} channel
 * @returns {Promise<Reminder>}
 * @throws {Refusal} With status 429 when it has answered, or was asked often enough today.
 */
export function askContactAgain(id, channel) {
  return call('POST', reminderPath(id, '/confirmation-requests'), { body: { channel } });
}

/**
 * The messages in the outbox, newest first.
 *
 * @param {string} [reminderId] Only those of this reminder.
 * @returns {Promise<OutboxMessage[]>}
 * @throws {Refusal} With status 403 where nobody sees all messages.
 */
export function listOutbox(reminderId) {
  return call('GET', `/api/outbox${queryOf(reminderId === undefined ? {} : { reminderId, ...(key && { key }) })}`);
}

/**
 * @param {string} id
 * @param {string} [below] What of the reminder, with a slash before it.
 */
function reminderPath(id, below = '') {
  return `/api/reminders/${encodeURIComponent(id)}${below}${queryOf(key ? { key } : {})}`;
}

/** @param {Record<string, string>} parameters */
function queryOf(parameters) {
  const query = new URLSearchParams(parameters).toString();
  return query && `?${query}`;
}

/** @typedef {{body?: object, headers?: Record<string, string>}} CallOptions */

/**
 * Calls the API. If it needs the access token, the visitor is asked for it, and it is called again.
 *
 * @param {string} method
 * @param {string} path
 * @param {CallOptions} [options]
 * @returns {Promise<any>} The body, trusted to be what the API's contract says.
 */
async function call(method, path, options) {
  let token = accessToken();
  let response = await send(method, path, token, options);
  while (response.status === 401) {
    token = await askForAccessToken(token, isAccessToken);
    response = await send(method, path, token, options);
  }
  if (!response.ok) throw await refusalOf(response);
  return response.json().catch(() => {
    throw unreachable();
  });
}

/** @param {string} token */
async function isAccessToken(token) {
  return (await send('GET', '/api/reminders?pageSize=1', token)).status !== 401;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {string | undefined} token
 * @param {CallOptions} [options]
 * @returns {Promise<Response>}
 */
async function send(method, path, token, { body, headers = {} } = {}) {
  const sentAt = Date.now();
  try {
    const response = await fetch(path, {
      method,
      headers: {
        ...headers,
        ...(body && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: body && JSON.stringify(body),
      cache: 'no-store',
      signal: window.AbortSignal.timeout(PATIENCE),
    });
    learnServerTime(response.headers.get('date'), sentAt);
    return response;
  } catch {
    throw unreachable();
  }
}

function unreachable() {
  return new Refusal('The server cannot be reached. Is the network there? Please try again in a moment.');
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
  if (status === 429 && !problem.detail)
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
