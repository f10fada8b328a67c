import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { listen } from '../../src/api/server';
import { startReminder } from '../api/client';
import { startSystem, type System } from '../system';
import { launch, visit, withoutBrowser } from './browser';

describe('when something goes wrong, the page', { skip: withoutBrowser }, () => {
  let system: System;
  let browser: Browser;
  let provider: Awaited<ReturnType<typeof startProvider>>;
  before(async () => {
    browser = await launch();
    provider = await startProvider();
    system = await startSystem({
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'secret',
      TWILIO_FROM: '+15005550006',
      TWILIO_BASE_URL: provider.url,
    });
  });
  after(async () => {
    await browser.close();
    await system.stop();
    await provider.stop();
  });

  test('marks the branch that failed, and says why', async (t) => {
    provider.answer = { status: 400, body: { code: 21211, message: 'Invalid' } };
    const { id } = await startReminder(system.url, { waitSeconds: 0 });
    const page = await visit(t, browser, `${system.url}/r/${id}`);

    await page.locator('main[data-state="partial"]').waitFor();
    await page.locator('[data-node="EmailReminder"][data-status="done"]').waitFor();
    await page.locator('[data-node="SmsReminder"][data-status="failed"]').waitFor();
    const sms = await page.locator('.deliveries [data-channel="sms"]').innerText();
    assert.match(sms, /^SMS failed/);
    assert.match(sms, /the phone number is not valid/);
  });

  test('says that nothing was sent when nothing could be', async (t) => {
    provider.answer = { status: 400, body: { code: 21610, message: 'Unsubscribed' } };
    // A number of its own, as nothing goes there any more.
    const { id } = await startReminder(system.url, { waitSeconds: 0, preference: 'sms', phone: '+14155550177' });
    const page = await visit(t, browser, `${system.url}/r/${id}`);

    await page.getByRole('heading', { name: 'Bob could not be reached' }).waitFor();
    await page.locator('[data-node="Failed"][data-status="failed"]').waitFor();
    await page.getByText('the person has opted out by replying STOP').waitFor();
  });

  test('counts the attempts, with what became of the last, until one succeeds', async (t) => {
    provider.answer = { status: 503, body: { code: 20503, message: 'Away' } };
    const { id } = await startReminder(system.url, { waitSeconds: 0, preference: 'sms' });
    const page = await visit(t, browser, `${system.url}/r/${id}`);

    await page.getByText('the last one did not work').waitFor();
    assert.match(await page.locator('.delivery-error').innerText(), /Twilio/);
    assert.equal(await page.locator('main').getAttribute('data-state'), 'sending');
    provider.answer = { status: 201, body: { sid: 'SM1' } };
    await page.locator('main[data-state="succeeded"]').waitFor();
  });

  test('says in the dialog why nothing was cancelled, and promises no more than is there', async (t) => {
    const { id } = await startReminder(system.url, { waitSeconds: 3600 });
    const page = await visit(t, browser, `${system.url}/r/${id}`, { refusals: [503] });
    await page.route(`**/api/reminders/${id}`, (route) => route.fulfill({ status: 503 }));
    await page.locator('[data-action="cancel"]').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the reminder' }).click();
    await page.getByText(/is having a nap\. Please try again in a moment\.$/).waitFor();
  });

  test('says that nothing was snoozed until the server is there again', async (t) => {
    const { id } = await startReminder(system.url, { waitSeconds: 3600 });
    const page = await visit(t, browser, system.url, { refusals: [503] });
    const snooze = page.locator(`[data-id="${id}"] [data-action="snooze"]`);
    await snooze.waitFor();
    await page.route('**/api/reminders**', (route) => route.fulfill({ status: 503 }));
    await snooze.click();
    await page.locator('.said.trouble', { hasText: 'is having a nap' }).waitFor();

    await page.getByText('Reconnecting …').waitFor();
    await page.unroute('**/api/reminders**');
    await page.locator('.said:empty').waitFor({ state: 'attached' });
    await snooze.click();
    await page.locator('.said:not(.trouble)', { hasText: 'Snoozed for 10 minutes.' }).waitFor();
  });

  test('looks for the reminders until it has found them', async (t) => {
    const { id } = await startReminder(system.url, { waitSeconds: 3600 });
    const page = await visit(t, browser, system.url, { refusals: [503] });
    await page.route('**/api/reminders?*', (route) => route.fulfill({ status: 503 }));
    await page.reload();
    await page.getByText('Reconnecting …').waitFor();
    const looking = page.getByText('Looking for reminders …');
    assert.ok(await looking.isVisible());
    await page.unroute('**/api/reminders?*');
    await page.locator(`[data-id="${id}"]`).waitFor();
    assert.equal(await looking.count(), 0);
  });

  test('says that Temporal naps when it is away, and keeps what was typed', async (t) => {
    const page = await visit(t, browser, system.url, { refusals: [503] });
    await page.getByLabel('Bob’s email address').fill('bob@example.com');
    await page.getByLabel('Bob’s phone number').fill('+14155552671');
    await system.stopTemporal();

    await page.getByRole('button', { name: 'Remind Bob' }).click();
    const nap = page.getByText('Temporal, who keeps the reminders, is having a nap.');
    await nap.filter({ hasText: 'Everything you typed is still here.' }).waitFor();
    await page.getByText('Reconnecting …').waitFor();
    assert.equal(await page.getByLabel('Bob’s email address').inputValue(), 'bob@example.com');
    assert.ok(await page.getByRole('button', { name: 'Remind Bob' }).isEnabled());

    await page.getByLabel('What to remind Bob of').fill('Cuddle Whiskers soon');
    assert.equal(await nap.count(), 0);
  });
});

/** A stand-in for Twilio that gives one answer to everything. */
async function startProvider() {
  const provider = { answer: { status: 201, body: {} as object }, url: '', stop: () => Promise.resolve() };
  const server = await listen(
    (_request, response) => {
      response
        .writeHead(provider.answer.status, { 'Content-Type': 'application/json' })
        .end(JSON.stringify(provider.answer.body));
    },
    { host: '127.0.0.1', port: 0 },
  );
  return Object.assign(provider, server);
}
