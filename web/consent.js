/** Bob has to agree before he is reminded: how he was asked, where to ask again, and where to enter the code that he got. */
import { askContactAgain, confirmContact } from './api.js';
import { isAsked } from './delivery-words.js';
import { element } from './element.js';
import { clearErrorsOnEdit, showFieldErrors, showRefusal } from './field-errors.js';
import { Refusal } from './refusal.js';
import { saidLine } from './said.js';

/** @typedef {import('./api.js').Channel} Channel */
/** @typedef {import('./api.js').Reminder} Reminder */

/**
 * @param {string} id Of the reminder.
 * @param {import('./changes.js').OnDone} onDone
 */
export function consentCard(id, onDone) {
  /** @type {Record<Channel, HTMLElement>} */
  const questions = { email: byEmail(id), sms: bySms(id, onDone) };
  const card = element(
    'section',
    { class: 'card consent', 'aria-labelledby': 'consent-heading', hidden: true },
    element('h2', { id: 'consent-heading' }, 'First, Bob has to agree'),
    ...Object.values(questions),
  );

  /** Shows what Bob was asked and has not answered yet. @param {Reminder} reminder */
  function show({ deliveries }) {
    const asked = deliveries.filter(isAsked).map(({ channel }) => channel);
    questions.email.hidden = !asked.includes('email');
    questions.sms.hidden = !asked.includes('sms');
    card.hidden = asked.length === 0;
  }

  return { element: card, show };
}

/** @param {string} id */
function byEmail(id) {
  return element(
    'div',
    { class: 'question', 'data-question': 'email' },
    element('p', {}, 'We asked Bob by email whether he wants reminders. Nothing is sent until he says yes.'),
    ...askingAgain(id, 'email', 'Ask again', 'Asked again.'),
  );
}

/**
 * @param {string} id
 * @param {import('./changes.js').OnDone} onDone
 */
function bySms(id, onDone) {
  const code = element('input', {
    id: 'code',
    name: 'code',
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    autocapitalize: 'off',
    spellcheck: 'false',
  });
  const trouble = element('p', { class: 'trouble', role: 'alert' });
  const button = element('button', { type: 'submit', class: 'primary' }, 'Bob agrees');
  const form = element(
    'form',
    { novalidate: true, onsubmit: submit },
    element('div', { 'data-field': 'code' }, element('label', { for: 'code' }, 'Bob’s code'), code),
    trouble,
    element('div', { class: 'actions' }, button),
  );
  clearErrorsOnEdit(form);

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    const digits = code.value.replaceAll(/\s/g, '');
    const right = /^\d{6}$/.test(digits);
    trouble.textContent = '';
    showFieldErrors(form, right ? [] : [{ field: 'code', detail: 'The code has six digits.' }]);
    if (!right) return;
    button.disabled = true;
    try {
      await confirmContact(id, digits);
      code.value = '';
      onDone('Bob has agreed.');
    } catch (error) {
      trouble.textContent = showRefusal(form, error);
    } finally {
      button.disabled = false;
    }
  }

  return element(
    'div',
    { class: 'question', 'data-question': 'sms' },
    element(
      'p',
      {},
      'We sent Bob a six-digit code by text message. If he wants reminders, he gives it to you: enter it here.',
    ),
    form,
    ...askingAgain(id, 'sms', 'Send it again', 'A new code was sent.'),
  );
}

/**
 * @param {string} id
 * @param {Channel} channel
 * @param {string} label
 * @param {string} done What to say then.
 */
function askingAgain(id, channel, label, done) {
  const said = saidLine();
  // It only looks disabled, as it would lose the focus otherwise.
  const button = element('button', { type: 'button', onclick: ask }, label);

  async function ask() {
    if (button.matches('[aria-disabled]')) return;
    button.setAttribute('aria-disabled', 'true');
    try {
      await askContactAgain(id, channel);
      said.say(done);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      said.say(error.message, true);
    } finally {
      button.removeAttribute('aria-disabled');
    }
  }

  return [element('div', { class: 'actions' }, button), said.element];
}
