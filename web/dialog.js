/** A modal question with one answer that acts. */
import { element } from './element.js';
import { clearErrorsOnEdit, showRefusal } from './field-errors.js';
import { leaveFocus } from './focus.js';

/**
 * Opens a dialog. It closes when the action has succeeded or the visitor declines, and then leaves the page. One that cannot
 * be declined stays open until then.
 *
 * @param {object} question
 * @param {string} question.title
 * @param {import('./element.js').Child[]} question.content Text and fields.
 * @param {string} question.accept What the button that acts says.
 * @param {string} [question.decline] What the button that does nothing says.
 * @param {boolean} [question.drastic] Whether the action cannot be undone.
 * @param {(form: HTMLFormElement) => Promise<void> | undefined} question.act May refuse, by throwing a `Refusal`;
 *   `undefined` keeps the dialog open, as the fields say what is wrong.
 */
export function ask({ title, content, accept, decline, drastic = false, act }) {
  const trouble = element('p', { class: 'trouble', role: 'alert' });
  const acceptButton = element('button', { type: 'submit', class: drastic ? 'danger' : 'primary' }, accept);
  const form = element(
    'form',
    { novalidate: true, onsubmit: submit },
    element('h2', {}, title),
    ...content,
    trouble,
    element(
      'div',
      { class: 'actions' },
      decline && element('button', { type: 'button', onclick: () => dialog.close() }, decline),
      acceptButton,
    ),
  );
  const dialog = element('dialog', { 'aria-label': title, onclose: goAway }, form);
  let acted = false;
  const returnFocus = leaveFocus();
  clearErrorsOnEdit(form);
  document.body.append(dialog);
  dialog.showModal();

  function goAway() {
    if (!decline && !acted) {
      dialog.showModal();
      return;
    }
    dialog.remove();
    returnFocus();
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    trouble.textContent = '';
    const action = act(form);
    if (!action) return;
    acceptButton.disabled = true;
    try {
      await action;
      acted = true;
      dialog.close();
    } catch (error) {
      trouble.textContent = showRefusal(form, error);
    } finally {
      acceptButton.disabled = false;
    }
  }
}
