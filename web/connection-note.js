/** A quiet note at the edge of the page while the server does not answer. */
import { element } from './element.js';

/** @type {Set<object>} Those who are trying to reach the server, in vain so far. */
const waiting = new Set();

const note = element('p', { class: 'connection-note', role: 'status' });
document.body.append(note);

/**
 * @returns {(reconnecting: boolean) => void} To be told by one poll, after each time it has asked, whether that failed.
 */
export function connectionReport() {
  const self = {};
  return (reconnecting) => {
    if (reconnecting) waiting.add(self);
    else waiting.delete(self);
    const words = waiting.size > 0 ? 'Reconnecting …' : '';
    if (note.textContent !== words) note.textContent = words;
  };
}
