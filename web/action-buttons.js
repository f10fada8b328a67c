/** The buttons that change a reminder. */
import { cancel, reschedule, reword, snooze } from './changes.js';
import { element } from './element.js';
import { excerpt } from './excerpt.js';
import { hasEnded } from './states.js';

/** @typedef {import('./api.js').ListedReminder} ListedReminder */
/** @typedef {'snooze' | 'reschedule' | 'reword' | 'cancel'} Action */

const ACTIONS = {
  snooze: { label: '+10 min', act: snooze, onlyWaiting: true },
  reschedule: { label: 'Reschedule', act: reschedule, onlyWaiting: true },
  reword: { label: 'Reword', act: reword, onlyWaiting: true },
  cancel: { label: 'Cancel', act: cancel, onlyWaiting: false },
};

/**
 * @param {ListedReminder} reminder
 * @param {Action[]} actions Those wanted; of them, one gets the buttons that the reminder's state allows.
 * @param {import('./changes.js').OnDone} onDone
 * @returns {HTMLElement | false} `false` when nothing can be done any more.
 */
export function actionButtons(reminder, actions, onDone) {
  if (hasEnded(reminder.state)) return false;
  const allowed = actions.filter((action) => reminder.state === 'waiting' || !ACTIONS[action].onlyWaiting);
  return element('div', { class: 'actions' }, ...allowed.map(button));

  /** @param {Action} action */
  function button(action) {
    const { label, act } = ACTIONS[action];
    return element(
      'button',
      {
        type: 'button',
        'data-action': action,
        'aria-label': `${label}: ${excerpt(reminder.message)}`,
        onclick: (event) => act(reminder, onDone, event.currentTarget),
      },
      label,
    );
  }
}
