/** The first page: the form, the list of reminders, the outbox. */
import { listOutbox } from './api.js';
import { connectionReport } from './connection-note.js';
import { startTicking } from './countdown.js';
import { takeOverForm } from './form.js';
import { keepList } from './list.js';
import { outbox } from './outbox.js';
import { showOwnReminders } from './own-list.js';
import { poll } from './poll.js';
import { noList } from './refusal.js';

/** In milliseconds. */
const OUTBOX_EVERY = 3000;

const form = /** @type {HTMLFormElement} */ (document.querySelector('form'));
const reminders = /** @type {HTMLElement} */ (document.querySelector('#reminders'));
const messages = /** @type {HTMLElement} */ (document.querySelector('#outbox'));

takeOverForm(form);
startTicking();

reminders.hidden = false;
messages.hidden = false;
keepList(reminders, connectionReport(), () => showOwnReminders(reminders));

const showMessages = outbox(/** @type {Element} */ (messages.querySelector('.outbox')));
poll(async () => {
  const latest = await listOutbox().catch(noList);
  messages.hidden = !latest;
  if (!latest) return undefined;
  showMessages(latest);
  return OUTBOX_EVERY;
}, connectionReport());
