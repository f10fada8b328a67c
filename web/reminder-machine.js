/** The reminder as a state machine, and how a reminder lights it. */
import { countdownWords } from './countdown.js';
import { shortWords } from './delivery-words.js';
import { appearanceOf } from './states.js';

/** @typedef {import('./api.js').Reminder} Reminder */
/** @typedef {import('./api.js').Delivery} Delivery */
/** @typedef {import('./api.js').PathState} PathState */
/** @typedef {import('./picture.js').Lights} Lights */
/** @typedef {import('./picture.js').NodeLight} NodeLight */

/** @type {import('./picture.js').Machine} */
export const REMINDER_MACHINE = {
  title: 'The state machine of this reminder',
  nodes: [
    { id: 'Start', kind: 'start', along: 0.25, across: 0 },
    { id: 'Timer', kind: 'wait', along: 1, across: 0 },
    { id: 'Cancelled', kind: 'end', along: 1.68, across: 1.2 },
    { id: 'Preference', kind: 'choice', along: 2.35, across: 0 },
    { id: 'Both', kind: 'fork', along: 3.35, across: 0 },
    { id: 'EmailReminder', kind: 'task', along: 4.3, across: -1 },
    { id: 'SmsReminder', kind: 'task', along: 4.3, across: 1 },
    { id: 'Outcome', kind: 'join', along: 5.15, across: 0 },
    { id: 'Succeeded', kind: 'end', along: 6.05, across: -1 },
    { id: 'Failed', kind: 'end', along: 6.05, across: 1 },
  ],
  edges: [
    { from: 'Start', to: 'Timer' },
    { from: 'Timer', to: 'Cancelled', aside: true },
    { from: 'Timer', to: 'Preference' },
    { from: 'Preference', to: 'EmailReminder', label: 'email' },
    { from: 'Preference', to: 'SmsReminder', label: 'sms' },
    { from: 'Preference', to: 'Both', label: 'both' },
    { from: 'Both', to: 'EmailReminder' },
    { from: 'Both', to: 'SmsReminder' },
    { from: 'EmailReminder', to: 'Outcome' },
    { from: 'SmsReminder', to: 'Outcome' },
    { from: 'Outcome', to: 'Succeeded' },
    { from: 'Outcome', to: 'Failed' },
    { from: 'Outcome', to: 'Cancelled', around: true },
  ],
};

/** @type {PathState[]} */
const ENDS = ['Succeeded', 'Failed', 'Cancelled'];

const enumeration = new Intl.ListFormat('en');

/** @type {Record<Delivery['status'], NodeLight['status']>} */
const DELIVERY_LIGHT = {
  pending: 'current',
  sending: 'current',
  sent: 'done',
  delivered: 'done',
  failed: 'failed',
  skipped: 'stopped',
  unknown: 'failed',
};

/**
 * @param {Reminder} reminder
 * @param {number} time In milliseconds since the epoch.
 * @returns {Lights}
 */
export function lightsOf(reminder, time) {
  const entered = statesOf(reminder);
  const chosen = entered.has('Preference');
  const ended = ENDS.some((end) => entered.has(end));
  const latest = reminder.path.at(-1)?.state;

  /** @type {Map<string, NodeLight>} */
  const nodes = new Map(
    REMINDER_MACHINE.nodes.map(({ id }) => [id, { status: entered.has(id) ? 'done' : ended ? 'dimmed' : 'idle' }]),
  );
  nodes.set('Start', { status: 'done' });
  nodes.set('Timer', timerLight(reminder, time));
  if (latest === 'Preference') nodes.set('Preference', { status: 'current', detail: reminder.preference });
  else if (chosen) nodes.set('Preference', { status: 'done', detail: reminder.preference });
  if (chosen) nodes.set('Both', { status: reminder.preference === 'both' ? 'done' : 'dimmed' });
  if (chosen || ended) {
    nodes.set('EmailReminder', branchLight(reminder, 'email', entered.has('EmailReminder')));
    nodes.set('SmsReminder', branchLight(reminder, 'sms', entered.has('SmsReminder')));
  }
  if (chosen && ended) nodes.set('Outcome', { status: 'done' });
  if (entered.has('Failed')) nodes.set('Failed', { status: 'failed' });
  if (reminder.state === 'partial') nodes.set('Succeeded', { status: 'done', detail: 'in part' });

  return { nodes, taken: edgesTaken(reminder, entered, ended), words: wordsOf(reminder, entered, nodes) };
}

/**
 * The states that were entered, each once. A receipt may tell later that all went otherwise: then the last end counts.
 *
 * @param {Reminder} reminder
 * @returns {Set<string>}
 */
function statesOf({ path }) {
  const states = path.map(({ state }) => state);
  const end = states.findLast((state) => ENDS.includes(state));
  return new Set(states.filter((state) => state === end || !ENDS.includes(state)));
}

/**
 * @param {Reminder} reminder
 * @param {number} time
 * @returns {NodeLight}
 */
function timerLight({ path, createdAt, dueAt }, time) {
  if (path.length > 1) return { status: 'done', progress: path[1]?.state === 'Cancelled' ? 0 : 1 };
  const [start, due] = [Date.parse(createdAt), Date.parse(dueAt)];
  const progress = due > start ? Math.min(1, Math.max(0, (time - start) / (due - start))) : 1;
  return { status: 'current', detail: countdownWords(due - time), progress };
}

/**
 * @param {Reminder} reminder
 * @param {Delivery['channel']} channel
 * @param {boolean} entered
 * @returns {NodeLight}
 */
function branchLight({ deliveries }, channel, entered) {
  const delivery = deliveries.find((one) => one.channel === channel);
  if (!entered || !delivery) return { status: delivery?.status === 'pending' ? 'idle' : 'dimmed' };
  const { status, attempts } = delivery;
  const detail = status === 'sending' && attempts > 1 ? `attempt ${attempts}` : shortWords(delivery);
  return { status: DELIVERY_LIGHT[status], detail };
}

/**
 * @param {Reminder} reminder
 * @param {Set<string>} entered
 * @param {boolean} ended
 */
function edgesTaken({ preference }, entered, ended) {
  const both = preference === 'both';
  const taken = REMINDER_MACHINE.edges.filter(({ from, to }) => {
    if (from === 'Start') return true;
    if (from === 'Both') return both && entered.has(to);
    if (to === 'Both') return both && entered.has('Preference');
    if (to === 'Outcome') return entered.has(from) && ended;
    // One is cancelled either while its timer runs or on its way, and then by way of its outcome.
    if (to === 'Cancelled') return entered.has(to) && (from === 'Timer') !== entered.has('Preference');
    if (from === 'Preference') return !both && entered.has(to);
    return entered.has(to);
  });
  return new Set(taken.map(({ from, to }) => `${from}>${to}`));
}

/**
 * @param {Reminder} reminder
 * @param {Set<string>} entered
 * @param {Map<string, NodeLight>} nodes
 */
function wordsOf(reminder, entered, nodes) {
  /**
   * @param {string} lead
   * @param {NodeLight['status']} status
   */
  const sentence = (lead, status) => {
    const steps = [...entered].filter((state) => nodes.get(state)?.status === status);
    return steps.length > 0 && `${lead} ${enumeration.format(steps)}.`;
  };
  const sentences = [
    `${appearanceOf(reminder).headline}.`,
    sentence('Now in', 'current'),
    sentence('Passed:', 'done'),
    sentence('Failed:', 'failed'),
    sentence('Stopped:', 'stopped'),
  ];
  return sentences.filter(Boolean).join(' ');
}
