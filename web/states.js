/** What the states of a reminder are called, on a badge and as a headline. */

/** @typedef {import('./api.js').ReminderState} ReminderState */
/** @typedef {import('./face.js').Mood} Mood */

/** @type {Record<ReminderState, {label: string, headline: string, mood: Mood}>} */
export const STATES = {
  waiting: { label: 'Waiting', headline: 'Whiskers is waiting', mood: 'hopeful' },
  sending: { label: 'Sending', headline: 'Whiskers is calling Bob', mood: 'excited' },
  succeeded: { label: 'Succeeded', headline: 'Bob has been told', mood: 'happy' },
  partial: { label: 'Partly sent', headline: 'Half of it got through', mood: 'puzzled' },
  failed: { label: 'Failed', headline: 'Bob could not be reached', mood: 'sad' },
  cancelled: { label: 'Cancelled', headline: 'Never mind, says Whiskers', mood: 'asleep' },
};

/**
 * How a reminder looks. Nobody is being called while all that is left of it is held back.
 *
 * @param {import('./api.js').Reminder} reminder
 * @returns {{headline: string, mood: Mood}}
 */
export function appearanceOf({ state, deliveries }) {
  const held = deliveries.some(({ waitsFor }) => waitsFor) && deliveries.every(({ status }) => status !== 'sending');
  return state === 'sending' && held ? { headline: 'Whiskers has to be patient', mood: 'hopeful' } : STATES[state];
}

/**
 * @param {ReminderState} state
 * @returns {boolean} Whether nothing will change any more.
 */
export function hasEnded(state) {
  return state !== 'waiting' && state !== 'sending';
}
