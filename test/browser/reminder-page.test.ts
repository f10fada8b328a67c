import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { getReminder, send, startReminder } from '../api/client';
import { eventually, startSystem, type System } from '../system';
import { unreachableTwilio } from '../twilio';
import { launch, visit, withoutBrowser } from './browser';

/** In seconds. */
const HALF_AN_HOUR = 1800;

describe('the page of one reminder', { skip: withoutBrowser }, () => {
  let system: System;
  let browser: Browser;
  before(async () => {
    browser = await launch();
    // Emails go to the outbox. A text message stays on its way: at its provider nobody answers.
    system = await startSystem(unreachableTwilio);
  });
  after(async () => {
    await browser.close();
    await system.stop();
  });

  const waiting = (fields = {}) => startReminder(system.url, { waitSeconds: HALF_AN_HOUR, ...fields });
  const pageOf = (id: string) => `${system.url}/r/${id}`;

  test('says that it looks for the reminder, then that it tries again, until it has it', async (t) => {
    const { id } = await waiting();
    const page = await visit(t, browser, `${system.url}/favicon.svg`, { refusals: [503] });
    const answers = new EventEmitter();
    await page.route('**/api/reminders/*', async (route) => {
      await once(answers, 'answer');
      await route.fulfill({ status: 503 });
    });

    await page.goto(pageOf(id));
    await page.getByRole('heading', { name: 'Looking for the reminder …' }).waitFor();
    assert.equal(await page.getByText('trying again').count(), 0);
    answers.emit('answer');
    await page.getByText('It cannot be shown right now; trying again.').waitFor();
    await page.unroute('**/api/reminders/*');
    await page.locator('main[data-state="waiting"]').waitFor();
    assert.equal(await page.getByText('Looking for the reminder').count(), 0);
  });

  test('shows the reminder also while the outbox cannot be read', async (t) => {
    const { id } = await waiting();
    const page = await visit(t, browser, `${system.url}/favicon.svg`, { refusals: [500] });
    await page.route('**/api/outbox?*', (route) => route.fulfill({ status: 500 }));

    await page.goto(pageOf(id));
    await page.locator('.countdown').waitFor();
    await page.getByText('Reconnecting …').waitFor();
  });

  test('draws of the outbox where the messages can land, and nothing when none did', async (t) => {
    const { id } = await waiting({ preference: 'email' });
    const page = await visit(t, browser, pageOf(id));
    await page.locator('.mailbox').waitFor();
    assert.equal(await page.locator('.phone').isVisible(), false);

    await page.locator('[data-action="cancel"]').click();
    await page.getByRole('button', { name: 'Cancel the reminder' }).click();
    await page.locator('main[data-state="cancelled"]').waitFor();
    await page.locator('.mailbox').waitFor({ state: 'hidden' });
    assert.equal(await page.getByRole('heading', { name: 'Outbox' }).isVisible(), false);
  });

  test('shows of a reminder that was cancelled on its way how far it had come', async (t) => {
    const { id } = await startReminder(system.url, { waitSeconds: 0, preference: 'sms' });
    await eventually(async () => (await getReminder(system.url, id)).deliveries[0]?.error);
    await send(`${system.url}/api/reminders/${id}`, 'DELETE', {});
    const page = await visit(t, browser, pageOf(id));
    await page.locator('main[data-state="cancelled"]').waitFor();

    assert.deepEqual(await litEdges(page), [
      'Start>Timer',
      'Timer>Preference',
      'Preference>SmsReminder',
      'SmsReminder>Outcome',
      'Outcome>Cancelled',
    ]);
    assert.equal(await page.locator('[data-node="SmsReminder"]').getAttribute('data-status'), 'stopped');
    const left = await page.evaluate(
      `document.querySelector('[data-node="Timer"] .ring-progress').style.strokeDashoffset`,
    );
    assert.equal(left, '0');
    assert.equal(
      await page.locator('.picture desc').textContent(),
      'Never mind, says Whiskers. Passed: Timer, Preference, and Cancelled. Stopped: SmsReminder.',
    );
  });

  test('shows of a reminder that was cancelled before that it left its timer', async (t) => {
    const { id } = await waiting();
    await send(`${system.url}/api/reminders/${id}`, 'DELETE', {});
    const page = await visit(t, browser, pageOf(id));
    await page.locator('main[data-state="cancelled"]').waitFor();

    assert.deepEqual(await litEdges(page), ['Start>Timer', 'Timer>Cancelled']);
  });

  test('paints the way that was taken above the ways that were not', async (t) => {
    const { id } = await startReminder(system.url, { waitSeconds: 0, preference: 'email' });
    const page = await visit(t, browser, pageOf(id));
    await page.locator('main[data-state="succeeded"]').waitFor();

    const order = await page.evaluate<string[]>(
      '[...document.querySelectorAll(".edge")].map(({ dataset }) => dataset.status)',
    );
    assert.deepEqual(order.slice(order.indexOf('done')), Array(5).fill('done'));
  });

  test('is found with a slash at its end, and its title leaves every character whole', async (t) => {
    const { id } = await waiting({ message: `${'x'.repeat(39)}👩‍👩‍👧‍👦 purr` });
    const page = await visit(t, browser, `${pageOf(id)}/`);
    await page.locator('main[data-state="waiting"]').waitFor();

    assert.equal(await page.title(), `${'x'.repeat(39)}👩‍👩‍👧‍👦… · Waiting · Cuddle-a-tron`);
  });
});

/** The edges of the picture that were taken, in the order of the machine. */
function litEdges(page: Page): Promise<string[]> {
  return page.evaluate(
    `[...document.querySelectorAll('.edge[data-status="done"]')].map(({ dataset }) => dataset.edge)`,
  );
}
