import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import express, { Router } from 'express';
import { ReminderNotFound, type Reminder, type Reminders } from '../temporal/reminders';
import { TemporalOverloaded, TemporalUnavailable } from '../temporal/failure';
import { html, type Html } from '../html';
import type { ReminderState } from '../reminder';
import { Unauthorized, type Access } from './access';
import { deliveryWords, isHeld } from './deliveryWords';
import { methodNotAllowed, notFound } from './errors';

/** The folder of the static page, beside `src` and `dist`. */
export const webDir = resolve(__dirname, '../../web');

/** The place in `reminder.html` where the reminder stands for those who read the page without JavaScript. */
const reminderPlace = '<!-- reminder -->';

/** The place in `index.html` for what lets a plain form that is sent twice start one reminder. */
const idempotencyKeyPlace = '<!-- idempotency key -->';

/** The static page, and `/r/:id`, the page of one reminder. */
export function pagesRouter(reminders: Reminders, access: Access): Router {
  const router = Router();
  const homePage = readFileSync(resolve(webDir, 'index.html'), 'utf8');
  const reminderPage = readFileSync(resolve(webDir, 'reminder.html'), 'utf8');

  router.get('/', (_request, response) => {
    const field = html`<input type="hidden" name="idempotencyKey" value="${randomUUID()}" />`;
    response
      .type('html')
      // Not `no-store`: browsers would not keep what was typed for those who come back to the form.
      .set('Cache-Control', 'private, no-cache')
      .send(homePage.replace(idempotencyKeyPlace, field.source));
  });

  router.get('/r/:id', async (request, response) => {
    const { id } = request.params;
    const reminder = await access
      .toReminder(request, id)
      .then(() => reminders.get(id))
      .catch(expected);
    response
      .status(known.get(reminder.constructor) ?? 200)
      .type('html')
      .set('Cache-Control', 'no-store')
      .send(reminderPage.replace(reminderPlace, () => withoutJavaScript(reminder, access).source));
  });

  for (const path of ['/', '/r/:id']) router.all(path, methodNotAllowed('GET', 'HEAD'));
  router.get('/reminder.html', notFound);
  router.use(express.static(webDir));
  return router;
}

/** The errors that the page itself can tell of, with their statuses. With JavaScript, it asks for the access token. */
const known = new Map<unknown, number>([
  [Unauthorized, 200],
  [ReminderNotFound, 404],
  [TemporalUnavailable, 503],
  [TemporalOverloaded, 503],
]);

function expected(error: unknown): Error {
  if (error instanceof Error && known.has(error.constructor)) return error;
  throw error;
}

const CHANNELS = { email: 'Email', sms: 'SMS' };

/** The states that a reminder does not stay in. */
const HAPPENING: ReminderState[] = ['waiting', 'sending'];

function withoutJavaScript(reminder: Reminder | Error, { kind }: Access): Html {
  if (reminder instanceof ReminderNotFound)
    return html`<section class="card">
      <h1>There is no reminder here</h1>
      <p>Its address is not right, or it ended long ago. <a href="/">To an empty form</a></p>
    </section>`;
  if (reminder instanceof Unauthorized)
    return html`<section class="card">
      <h1>A reminder is shown only to those who have the access token</h1>
      <p>To ask you for it, this page needs JavaScript.</p>
    </section>`;
  if (reminder instanceof Error) {
    return html`<section class="card">
      <h1>The reminder cannot be shown right now</h1>
      <p>Please reload this page in a moment.</p>
    </section>`;
  }
  const goesOn = HAPPENING.includes(reminder.state) || reminder.deliveries.some(isHeld);
  return html`<section class="card">
    <h1>A reminder</h1>
    <p class="speech message" dir="auto">${reminder.message}</p>
    <dl>
      <dt>State</dt>
      <dd>${reminder.state}</dd>
      <dt>Due</dt>
      <dd><time datetime="${reminder.dueAt}">${new Date(reminder.dueAt).toUTCString()}</time></dd>
      ${reminder.deliveries.map(
        (delivery) =>
          html`<dt>${CHANNELS[delivery.channel]}</dt>
            <dd>${deliveryWords(delivery)}</dd>`,
      )}
    </dl>
    ${kind === 'capability' ? html`<p>Keep the link to this page: it is the only way to this reminder.</p>` : []}
    ${goesOn ? html`<p>Reload this page to see how it goes on.</p>` : []}
    ${reminder.webUiUrl ? html`<p><a href="${reminder.webUiUrl}">See this execution in the Temporal Web UI</a></p>` : []}
  </section>`;
}
