/** What holds for every message that a person types. */
import { describe } from './description.js';
import { element } from './element.js';

/** In code points, as the API counts. */
const LONGEST = 1000;

/**
 * Reads a message. It may have been pasted with tabs, which the API does not take.
 *
 * @param {HTMLTextAreaElement} field
 * @returns {string}
 */
export function readMessage(field) {
  return field.value.replaceAll('\t', ' ');
}

/**
 * @param {string} message
 * @returns {import('./refusal.js').FieldError[]}
 */
export function messageErrors(message) {
  const length = [...message].length;
  if (message.trim() === '') return [{ field: 'message', detail: 'Please say what to remind Bob of.' }];
  if (length > LONGEST) return [{ field: 'message', detail: `That is too long by ${length - LONGEST}.` }];
  return [];
}

/**
 * Tells below a text field how much of the message's length is used.
 *
 * @param {HTMLTextAreaElement} message
 * @returns {() => void} Counts anew, when something else than an edit has filled it in.
 */
export function countCharacters(message) {
  const counter = element('p', { class: 'hint counter' });
  const count = () => {
    const length = [...message.value].length;
    counter.textContent = `${length} / ${LONGEST}`;
    counter.classList.toggle('too-long', length > LONGEST);
  };
  message.addEventListener('input', count);
  message.after(counter);
  describe(message, counter);
  count();
  return count;
}
