/** The form that asks for a reminder. Without JavaScript it is posted as it is; here it becomes friendlier. */
import { createReminder, Refusal } from './api.js';
import { element } from './element.js';
import { clearFieldErrorsOnEdit, showFieldErrors } from './field-errors.js';
import { whenFields } from './when.js';

/** @typedef {import('./api.js').FieldError} FieldError */
/** @typedef {import('./api.js').Preference} Preference */

/** In code points, as the API counts. */
const LONGEST_MESSAGE = 1000;

/**
 * Takes over the form. A reminder that was started is shown on its own page.
 *
 * @param {HTMLFormElement} form
 */
export function takeOverForm(form) {
  const when = whenFields({ amount: 30, unit: 'seconds' });
  part(form, '[data-plain-when]').replaceWith(when.element);
  const message = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem('message'));
  const button = /** @type {HTMLButtonElement} */ (part(form, '[type="submit"]'));
  const trouble = part(form, '[data-trouble]');
  let idempotencyKey = freshKey();

  form.noValidate = true;
  countCharacters(message);
  clearFieldErrorsOnEdit(form);
  form.addEventListener('input', () => {
    idempotencyKey = freshKey();
    showContactsOf(form);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
  showContactsOf(form);

  async function submit() {
    trouble.textContent = '';
    const filledIn = readForm(form, when);
    if ('errors' in filledIn) {
      showFieldErrors(form, filledIn.errors);
      return;
    }
    button.disabled = true;
    try {
      const reminder = await createReminder(filledIn.request, idempotencyKey);
      idempotencyKey = freshKey();
      location.assign(`/r/${encodeURIComponent(reminder.id)}`);
    } catch (error) {
      trouble.textContent = troubleOf(form, error);
    } finally {
      button.disabled = false;
    }
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {import('./when.js').WhenFields} when
 * @returns {{request: import('./api.js').ReminderRequest} | {errors: FieldError[]}}
 */
function readForm(form, when) {
  const data = new FormData(form);
  const preference = /** @type {Preference} */ (data.get('preference'));
  const message = String(data.get('message')).replaceAll('\r\n', '\n');
  const email = preference === 'sms' ? undefined : String(data.get('email')).trim();
  const phone = preference === 'email' ? undefined : String(data.get('phone')).trim();
  const time = when.read();
  const errors = [
    ...messageErrors(message),
    ...('errors' in time ? time.errors : []),
    ...emailErrors(email),
    ...phoneErrors(phone),
  ];
  if ('errors' in time || errors.length > 0) return { errors };
  return { request: { ...time.when, preference, message, email, phone } };
}

/**
 * @param {string} message
 * @returns {FieldError[]}
 */
export function messageErrors(message) {
  const length = [...message].length;
  if (message.trim() === '') return [{ field: 'message', detail: 'Please say what to remind Bob of.' }];
  if (length <= LONGEST_MESSAGE) return [];
  return [{ field: 'message', detail: `That is ${length - LONGEST_MESSAGE} characters too long.` }];
}

/** Whether there is such an address only the mail can tell. @param {string | undefined} email @returns {FieldError[]} */
function emailErrors(email) {
  if (email === undefined || /^[^\s@]+@[^\s@]+$/.test(email)) return [];
  const detail = email === '' ? 'An email needs an address.' : 'That is not an email address, such as bob@example.com.';
  return [{ field: 'email', detail }];
}

/** What a phone number is, only the server knows. @param {string | undefined} phone @returns {FieldError[]} */
function phoneErrors(phone) {
  return phone === '' ? [{ field: 'phone', detail: 'An SMS needs a phone number.' }] : [];
}

/**
 * Tells beside a text field how much of the message's length is used.
 *
 * @param {HTMLTextAreaElement} message
 */
export function countCharacters(message) {
  const counter = element('p', { class: 'hint counter' });
  const count = () => {
    const length = [...message.value].length;
    counter.textContent = `${length} / ${LONGEST_MESSAGE}`;
    counter.classList.toggle('too-long', length > LONGEST_MESSAGE);
  };
  message.addEventListener('input', count);
  message.after(counter);
  count();
}

/** @param {HTMLFormElement} form */
function showContactsOf(form) {
  const preference = new FormData(form).get('preference');
  part(form, '[data-field="email"]').hidden = preference === 'sms';
  part(form, '[data-field="phone"]').hidden = preference === 'email';
}

/**
 * Shows what belongs beside fields there, and returns the rest.
 *
 * @param {HTMLFormElement} form
 * @param {unknown} error
 * @returns {string} For the line by the button; empty when the fields say it all.
 */
export function troubleOf(form, error) {
  if (!(error instanceof Refusal)) throw error;
  const homeless = showFieldErrors(form, error.errors);
  if (error.errors.length > 0) return homeless.map(({ detail }) => detail).join(' ');
  return error.status === undefined || error.status === 503
    ? `${error.message} Everything you typed is still here.`
    : error.message;
}

/** `crypto.randomUUID` exists only on HTTPS and localhost, and a household may well use the page over plain HTTP. */
function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * @param {HTMLFormElement} form
 * @param {string} selector Of an element that the page has.
 * @returns {HTMLElement}
 */
function part(form, selector) {
  return /** @type {HTMLElement} */ (form.querySelector(selector));
}
