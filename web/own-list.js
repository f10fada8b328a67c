/** What stands in the place of the list where nobody sees all reminders: those that were made in this browser. */
import { dateWords } from './countdown.js';
import { ask } from './dialog.js';
import { element } from './element.js';
import { excerpt } from './excerpt.js';
import { keepFocus } from './focus.js';
import { forgetOwnReminder, ownReminders } from './own-reminders.js';

/** @typedef {import('./own-reminders.js').OwnReminder} OwnReminder */

/** @param {HTMLElement} section What it fills, in place of everything there. */
export function showOwnReminders(section) {
  const heading = element('h2', { id: 'reminders-heading' }, 'Your reminders');
  const list = element('ul', { class: 'reminders' });
  const empty = element('p', { class: 'empty' }, 'None yet. Whiskers is looking at you.');
  section.replaceChildren(
    heading,
    element(
      'p',
      { class: 'hint' },
      'Everyone can make reminders here, and each is seen only by those who have its link. These are the ones you made in this browser; elsewhere, you need their links.',
    ),
    list,
    empty,
  );
  let shown = '';
  show();
  // Someone has come back to the page, or has made or removed a reminder in another tab.
  for (const event of ['pageshow', 'storage']) window.addEventListener(event, show);

  function show() {
    const reminders = ownReminders();
    if (shown === JSON.stringify(reminders)) return;
    shown = JSON.stringify(reminders);
    keepFocus(section, () => {
      list.replaceChildren(...reminders.map(row));
      empty.hidden = reminders.length > 0;
      return section;
    });
  }

  /** @param {OwnReminder} reminder */
  function row(reminder) {
    const { link, message, createdAt } = reminder;
    return element(
      'li',
      {},
      element('a', { class: 'message clipped', href: link, dir: 'auto' }, message),
      element('p', { class: 'row-facts' }, `made on ${dateWords(createdAt)}`),
      element(
        'div',
        { class: 'actions' },
        element(
          'button',
          { type: 'button', 'aria-label': `Remove: ${excerpt(message)}`, onclick: () => remove(reminder) },
          'Remove',
        ),
      ),
    );
  }

  /** @param {OwnReminder} reminder */
  function remove({ link, message }) {
    ask({
      title: 'Remove this link?',
      content: [
        element('p', { class: 'message clipped', dir: 'auto' }, message),
        element(
          'p',
          {},
          'The reminder itself stays as it is, but without its link nobody can see, change or cancel it.',
        ),
      ],
      accept: 'Remove the link',
      decline: 'Keep it',
      drastic: true,
      act: async () => {
        forgetOwnReminder(link);
        show();
      },
    });
  }
}
