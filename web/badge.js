/** The badge that names a reminder's state. */
import { element } from './element.js';
import { STATES } from './states.js';

/**
 * @param {import('./api.js').ReminderState} state
 * @returns {HTMLElement}
 */
export function badge(state) {
  return element('span', { class: 'badge-label', 'data-state': state }, STATES[state].label);
}
