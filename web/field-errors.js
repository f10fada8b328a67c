/** Errors of a form, told beside the fields they belong to. The page's own checks and the server's look the same. */
import { describe, describeNoLonger } from './description.js';
import { element } from './element.js';
import { Refusal } from './refusal.js';

/** @typedef {import('./refusal.js').FieldError} FieldError */

/**
 * Shows the errors and moves the focus to the first field that has one. What was shown before goes away.
 *
 * @param {HTMLFormElement} form Each field is inside a `data-field` that is named as the control is.
 * @param {FieldError[]} errors
 * @returns {FieldError[]} The errors of fields that the form does not show.
 */
export function showFieldErrors(form, errors) {
  for (const field of form.querySelectorAll('[data-field]')) clearFieldError(field);
  const homeless = errors.filter((error) => !showFieldError(form, error));
  /** @type {HTMLElement | null} */ (form.querySelector('[aria-invalid="true"]'))?.focus();
  return homeless;
}

/**
 * Shows what belongs beside fields there, and returns the rest.
 *
 * @param {HTMLFormElement} form
 * @param {unknown} error
 * @returns {string} For the line by the button; empty when the fields say it all.
 */
export function showRefusal(form, error) {
  if (!(error instanceof Refusal)) throw error;
  // The server's words continue the name of the field, which beside the field need not be said again.
  const errors = error.errors.map(({ field, detail }) => ({ field, detail: `It ${detail}.` }));
  const homeless = showFieldErrors(form, errors);
  return errors.length > 0 && homeless.length === 0 ? '' : error.message;
}

/**
 * Takes an error away as soon as its field is edited or hidden, and with any edit what was wrong with the form as a whole.
 *
 * @param {HTMLFormElement} form
 */
export function clearErrorsOnEdit(form) {
  form.addEventListener('input', (event) => {
    const edited = /** @type {Element} */ (event.target);
    for (const field of form.querySelectorAll('[data-field]')) {
      if (field.contains(edited) || field.closest('[hidden]')) clearFieldError(field);
    }
    form.querySelectorAll('.trouble').forEach((trouble) => trouble.replaceChildren());
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {FieldError} error
 * @returns {boolean} Whether there is a place to show it.
 */
function showFieldError(form, { field: name, detail }) {
  const field = form.querySelector(`[data-field="${CSS.escape(name)}"]`);
  if (!field || field.closest('[hidden]')) return false;
  const error = element('p', { class: 'field-error' }, detail);
  for (const control of field.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
    control.setAttribute('aria-invalid', 'true');
    describe(control, error);
  }
  field.append(error);
  return true;
}

/** @param {Element} field */
function clearFieldError(field) {
  for (const error of field.querySelectorAll('.field-error')) {
    field.querySelectorAll('[aria-invalid]').forEach((control) => describeNoLonger(control, error));
    error.remove();
  }
  field.querySelectorAll('[aria-invalid]').forEach((control) => control.removeAttribute('aria-invalid'));
}
