/** The form that asks for a reminder. Without JavaScript it is posted as it is; here it becomes friendlier. */
import { createReminder } from './api.js';
import { clearErrorsOnEdit, showFieldErrors, showRefusal } from './field-errors.js';
import { ZONE } from './local-time.js';
import { countCharacters, messageErrors, readMessage } from './message.js';
import { keepOwnReminder, linkOf } from './own-reminders.js';
import { Refusal } from './refusal.js';
import { whenFields } from './when.js';

/** @typedef {import('./refusal.js').FieldError} FieldError */
/** @typedef {import('./api.js').Preference} Preference */

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
  const count = countCharacters(message);
  form.addEventListener('input', () => {
    idempotencyKey = freshKey();
    showContactsOf(form);
  });
  clearErrorsOnEdit(form);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
  // Whoever comes back from the page of a reminder fills in the next one, in fields that the browser has filled again.
  window.addEventListener('pageshow', () => {
    idempotencyKey = freshKey();
    button.disabled = false;
    when.refresh();
    count();
    showContactsOf(form);
  });

  async function submit() {
    trouble.textContent = '';
    const filledIn = readForm(form, message, when);
    if ('errors' in filledIn) {
      showFieldErrors(form, filledIn.errors);
      return;
    }
    button.disabled = true;
    try {
      const reminder = await create(filledIn.request, idempotencyKey);
      keepOwnReminder(reminder);
      location.assign(linkOf(reminder));
    } catch (error) {
      const words = showRefusal(form, error);
      trouble.textContent = words && `${words} Everything you typed is still here.`;
      button.disabled = false;
    }
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLTextAreaElement} messageField
 * @param {import('./when.js').WhenFields} when
 * @returns {{request: import('./api.js').ReminderRequest} | {errors: FieldError[]}}
 */
function readForm(form, messageField, when) {
  const data = new FormData(form);
  const preference = /** @type {Preference} */ (data.get('preference'));
  const message = readMessage(messageField);
  const email = preference === 'sms' ? undefined : String(data.get('email')).trim();
  const phone = preference === 'email' ? undefined : String(data.get('phone')).trim();
  const fallback = (preference === 'both' && data.has('fallback')) || undefined;
  const time = when.read();
  const errors = [
    ...messageErrors(message),
    ...('errors' in time ? time.errors : []),
    ...emailErrors(email),
    ...phoneErrors(phone),
  ];
  if ('errors' in time || errors.length > 0) return { errors };
  return { request: { ...time.when, preference, message, email, phone, fallback, timeZone: ZONE } };
}

/**
 * Starts a reminder. Bob's nights are taken to be the visitor's, unless the server has never heard of that time zone: there is
 * nothing that the visitor could do about it.
 *
 * @param {import('./api.js').ReminderRequest} request
 * @param {string} idempotencyKey
 */
async function create(request, idempotencyKey) {
  try {
    return await createReminder(request, idempotencyKey);
  } catch (error) {
    const unknownZone = error instanceof Refusal && error.errors.some(({ field }) => field === 'timeZone');
    if (!unknownZone) throw error;
    return createReminder({ ...request, timeZone: undefined }, idempotencyKey);
  }
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

/** @param {HTMLFormElement} form */
function showContactsOf(form) {
  const preference = new FormData(form).get('preference');
  part(form, '[data-field="email"]').hidden = preference === 'sms';
  part(form, '[data-field="phone"]').hidden = preference === 'email';
  part(form, '[data-field="fallback"]').hidden = preference !== 'both';
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
