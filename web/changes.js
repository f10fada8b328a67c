/** What a visitor can do to a reminder that has not ended: snooze, reschedule, reword, cancel. */
import { cancelReminder, changeReminder } from './api.js';
import { now } from './clock.js';
import { dateWords } from './countdown.js';
import { ask } from './dialog.js';
import { element } from './element.js';
import { showFieldErrors } from './field-errors.js';
import { countCharacters, messageErrors, readMessage } from './message.js';
import { Refusal } from './refusal.js';
import { whenFields } from './when.js';

/** @typedef {import('./api.js').ListedReminder} ListedReminder */
/** @typedef {(said: string, trouble?: boolean) => void} OnDone Told what was done, or with trouble why not, in a sentence. */

const TEN_MINUTES = 600_000;

/** What to say of a cancellation, by the state that it has led to so far. */
const OUTCOMES = {
  cancelled: 'Cancelled.',
  sending: 'A message is already on its way; the rest will be cancelled.',
};

/**
 * Moves a reminder ten minutes further away, without asking.
 *
 * @param {ListedReminder} reminder
 * @param {OnDone} onDone
 * @param {Element} button What was pressed. It knows the time that it was drawn with, so it takes no second press until it
 *   is drawn anew. It only looks disabled, as it would lose the focus otherwise.
 */
export async function snooze(reminder, onDone, button) {
  if (button.matches('[aria-disabled]')) return;
  button.setAttribute('aria-disabled', 'true');
  const due = Math.max(Date.parse(reminder.dueAt), now());
  try {
    await changeReminder(reminder.id, { remindAt: new Date(due + TEN_MINUTES).toISOString() });
    onDone('Snoozed for 10 minutes.');
  } catch (error) {
    button.removeAttribute('aria-disabled');
    if (!(error instanceof Refusal)) throw error;
    onDone(error.message, true);
  }
}

/**
 * @param {ListedReminder} reminder
 * @param {OnDone} onDone
 */
export function reschedule(reminder, onDone) {
  const when = whenFields({ amount: 10, unit: 'minutes', due: new Date(reminder.dueAt) });
  ask({
    title: 'Reschedule',
    content: [messageOf(reminder), element('p', {}, `Due on ${dateWords(reminder.dueAt)}`), when.element],
    accept: 'Reschedule',
    decline: 'Leave it',
    act(form) {
      const time = when.read();
      if ('errors' in time) {
        showFieldErrors(form, time.errors);
        return undefined;
      }
      return changeReminder(reminder.id, time.when).then(() => onDone('Rescheduled.'));
    },
  });
}

/**
 * @param {ListedReminder} reminder
 * @param {OnDone} onDone
 */
export function reword(reminder, onDone) {
  const textarea = element('textarea', { name: 'message', id: 'new-message', rows: 4, dir: 'auto' }, reminder.message);
  const field = element(
    'div',
    { 'data-field': 'message' },
    element('label', { for: 'new-message' }, 'What to remind Bob of'),
    textarea,
  );
  countCharacters(textarea);
  ask({
    title: 'Reword',
    content: [field],
    accept: 'Reword',
    decline: 'Leave it',
    act(form) {
      const message = readMessage(textarea);
      const errors = messageErrors(message);
      showFieldErrors(form, errors);
      return errors.length > 0 ? undefined : changeReminder(reminder.id, { message }).then(() => onDone('Reworded.'));
    },
  });
}

/**
 * @param {ListedReminder} reminder
 * @param {OnDone} onDone
 */
export function cancel(reminder, onDone) {
  ask({
    title: 'Cancel this reminder?',
    content: [
      messageOf(reminder),
      element('p', {}, 'Bob will not be told, and Whiskers will have to rely on purring.'),
    ],
    accept: 'Cancel the reminder',
    decline: 'Keep it',
    drastic: true,
    act: async () => {
      const { state } = await cancelReminder(reminder.id);
      onDone(OUTCOMES[state] ?? 'It will be cancelled in a moment.');
    },
  });
}

/** @param {ListedReminder} reminder */
function messageOf({ message }) {
  return element('p', { class: 'message clipped', dir: 'auto' }, message);
}
