/** The access token: asked for once, and kept as long as the tab is open. */
import { ask } from './dialog.js';
import { element } from './element.js';
import { Refusal } from './refusal.js';
import { load, save } from './storage.js';

const NAME = 'access-token';

/** @type {string | undefined} */
let token = /** @type {string | undefined} */ (load('sessionStorage', NAME));

/** The question that the visitor is being asked. @type {Promise<string> | undefined} */
let question;

/** @returns {string | undefined} */
export function accessToken() {
  return token;
}

/**
 * Asks the visitor for the token. Those who ask at the same time ask one time.
 *
 * @param {string | undefined} refused The token that the API did not take. If there is another by now, that is the answer.
 * @param {(token: string) => Promise<boolean>} check Whether the API takes a token; it may throw a `Refusal`.
 * @returns {Promise<string>} One that the API takes.
 */
export async function askForAccessToken(refused, check) {
  if (token !== undefined && token !== refused) return token;
  question ??= askVisitor(check);
  token = await question;
  question = undefined;
  save('sessionStorage', NAME, token);
  return token;
}

/**
 * @param {(token: string) => Promise<boolean>} check
 * @returns {Promise<string>}
 */
function askVisitor(check) {
  const input = element('input', {
    id: 'access-token',
    name: 'token',
    type: 'password',
    autocomplete: 'current-password',
    autocapitalize: 'none',
    spellcheck: 'false',
  });
  const field = element(
    'div',
    { 'data-field': 'token' },
    element('label', { for: 'access-token' }, 'Access token'),
    input,
  );
  return new Promise((resolve) =>
    ask({
      title: 'Whiskers asks who is there',
      content: [
        element(
          'p',
          {},
          'These reminders are shown to those who have the access token. Whoever runs this page knows it.',
        ),
        field,
        element('p', { class: 'hint' }, 'It is kept until you close this tab.'),
      ],
      accept: 'Let me in',
      act: async () => {
        const given = input.value.trim();
        if (!(await isRight(given))) {
          throw new Refusal('', { errors: [{ field: 'token', detail: 'is not the right one' }] });
        }
        resolve(given);
      },
    }),
  );

  /** What is no printable ASCII cannot be sent, and is no token. @param {string} given */
  async function isRight(given) {
    return /^[\x21-\x7e]+$/.test(given) && (await check(given));
  }
}
