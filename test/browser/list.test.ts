import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { getReminder, send, startReminder } from '../api/client';
import { eventually, startSystem, type System } from '../system';
import { launch, visit, withoutBrowser } from './browser';

/** In seconds. */
const HALF_AN_HOUR = 1800;

describe('the list and the page of a reminder', { skip: withoutBrowser }, () => {
  let system: System;
  let browser: Browser;
  before(async () => {
    browser = await launch();
    system = await startSystem();
  });
  after(async () => {
    await browser.close();
    await system.stop();
  });

  const waiting = (message = 'Cuddle Whiskers') => startReminder(system.url, { waitSeconds: HALF_AN_HOUR, message });

  test('shows each reminder with its state, and opens its page', async (t) => {
    const { id } = await waiting('Cuddle <b>Whiskers</b>');
    const sent = await startReminder(system.url, { waitSeconds: 0, preference: 'sms' });
    const page = await visit(t, browser, system.url);

    assert.match(await row(page, id).innerText(), /^Cuddle <b>Whiskers<\/b>\s+Waiting\s+\d\d:\d\d\s+by email and SMS/);
    await page.locator(`[data-id="${sent.id}"][data-state="succeeded"]`).waitFor();
    assert.match(await row(page, sent.id).innerText(), /Succeeded\s.+\sby SMS$/);
    assert.equal(await row(page, sent.id).getByRole('button').count(), 0);
    await row(page, id).getByRole('link').click();
    await page.waitForURL(`**/r/${id}`);
    await page.getByText('Cuddle <b>Whiskers</b>').waitFor();
  });

  test('filters by state, and the address keeps the choice', async (t) => {
    const [kept, gone] = [await waiting(), await waiting()];
    await send(`${system.url}/api/reminders/${gone.id}`, 'DELETE', {});
    const page = await visit(t, browser, system.url);
    await row(page, kept.id).waitFor();
    await row(page, gone.id).waitFor();

    await page.getByRole('button', { name: 'Cancelled', exact: true }).click();
    await row(page, kept.id).waitFor({ state: 'detached' });
    await row(page, gone.id).waitFor();
    assert.equal(new URL(page.url()).search, '?state=cancelled');

    await page.reload();
    await row(page, gone.id).waitFor();
    assert.equal(await row(page, kept.id).count(), 0);
    assert.equal(await page.locator('[data-filter][aria-pressed="true"]').innerText(), 'Cancelled');

    await page.goBack();
    await row(page, kept.id).waitFor();
  });

  test('cancels, but only after a question', async (t) => {
    const { id } = await waiting();
    const page = await visit(t, browser, system.url);

    await row(page, id).locator('[data-action="cancel"]').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal((await getReminder(system.url, id)).state, 'waiting');

    await row(page, id).locator('[data-action="cancel"]').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the reminder' }).click();
    await page.locator(`[data-id="${id}"][data-state="cancelled"]`).waitFor();
    assert.equal((await getReminder(system.url, id)).state, 'cancelled');
  });

  test('snoozes by ten minutes with each press, and does not say so forever', async (t) => {
    const { id, dueAt } = await waiting();
    const page = await visit(t, browser, system.url);

    await page.clock.install();
    await page.reload();
    const snooze = row(page, id).locator('[data-action="snooze"]');
    const snoozed = page.getByText('Snoozed for 10 minutes.');
    await snooze.waitFor();

    // As long as the page does not know the new time, it cannot know what ten minutes later is.
    await page.route('**/api/reminders?*', () => undefined);
    await snooze.click();
    await snoozed.waitFor();
    assert.ok(await snooze.isDisabled());
    await page.unroute('**/api/reminders?*');
    await snooze.click();
    const later = new Date(Date.parse(dueAt) + 2 * 600_000).toISOString();
    await row(page, id).locator(`time[datetime="${later}"]`).waitFor();
    assert.equal((await getReminder(system.url, id)).dueAt, later);

    await page.clock.fastForward('00:10');
    await snoozed.waitFor({ state: 'detached' });
  });

  test('shows what it reschedules, and changes nothing by itself', async (t) => {
    const { id, dueAt } = await waiting();
    const page = await visit(t, browser, system.url, { timezoneId: 'Asia/Kathmandu' });

    await row(page, id).locator('[data-action="reschedule"]').click();
    const dialog = page.getByRole('dialog');
    assert.match(await dialog.innerText(), /Cuddle Whiskers\s+Due on \w+, \d+ \w+ \d{4}, \d+:\d\d/);
    const shown = await dialog.locator(':focus').inputValue();
    assert.equal(Date.parse(`${shown}+05:45`), Math.floor(Date.parse(dueAt) / 60_000) * 60_000);
    await page.keyboard.press('Enter');
    await page.getByText('Rescheduled.').waitFor();
    assert.equal((await getReminder(system.url, id)).dueAt, dueAt);
  });

  test('reschedules, and says beside the field what is wrong with a time', async (t) => {
    const { id } = await waiting();
    const page = await visit(t, browser, system.url);

    await row(page, id).locator('[data-action="reschedule"]').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: 'In a while' }).check();
    await dialog.getByLabel('How long').fill('11');
    await dialog.getByLabel('Unit of time').selectOption('weeks');
    await dialog.getByLabel('How long').fill('600');
    await dialog.getByRole('button', { name: 'Reschedule' }).click();
    assert.equal(await dialog.locator('.field-error').innerText(), 'Ten years is the longest that Whiskers will wait.');

    await dialog.getByRole('radio', { name: 'At a set time' }).check();
    const day = `${new Date().getFullYear() + 1}-01-14`;
    await dialog.getByLabel('Date and time').fill(`${day}T09:00`);
    await dialog.getByRole('button', { name: 'Reschedule' }).click();
    await dialog.waitFor({ state: 'detached' });
    const { dueAt } = await getReminder(system.url, id);
    assert.equal(dueAt, `${day}T08:00:00.000Z`);
    await row(page, id).locator(`time[datetime="${dueAt}"]`).waitFor();
  });

  test('keeps the focus at hand when a row changes, moves or goes', async (t) => {
    const [below, above] = [await waiting('Cuddle Whiskers'), await waiting('Feed Whiskers')];
    const page = await visit(t, browser, system.url);
    await row(page, below.id).locator('[data-action="cancel"]').focus();
    await send(`${system.url}/api/reminders/${above.id}`, 'PATCH', { waitSeconds: 0 });
    await row(page, above.id).and(page.locator('[data-state="succeeded"]')).waitFor();
    assert.equal(await focused(page), 'Cancel: Cuddle Whiskers');

    // Its buttons go while the dialog is open.
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await send(`${system.url}/api/reminders/${below.id}`, 'PATCH', { waitSeconds: 0 });
    await row(page, below.id).and(page.locator('[data-state="succeeded"]')).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await eventually(async () => (await focused(page)) === 'Cuddle Whiskers');
  });

  test('leads on from a reminder that is cancelled with the keyboard', async (t) => {
    const [next, gone] = [await waiting('Cuddle Whiskers'), await waiting('Feed Whiskers')];
    const page = await visit(t, browser, `${system.url}/?state=waiting`);
    const cancelByKeyboard = async () => {
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Cancel the reminder' }).press('Enter');
    };
    await row(page, gone.id).locator('[data-action="cancel"]').focus();
    await cancelByKeyboard();
    await row(page, gone.id).waitFor({ state: 'detached' });
    await eventually(async () => (await focused(page)) === 'Cuddle Whiskers');

    await page.goto(`${system.url}/r/${next.id}`);
    await page.locator('[data-action="cancel"]').focus();
    await cancelByKeyboard();
    await page.locator('main[data-state="cancelled"]').waitFor();
    await eventually(async () => (await focused(page)) === 'Never mind, says Whiskers');
  });

  test('names its buttons by the beginning of the message, which ends between two characters', async (t) => {
    const { id } = await waiting(`${'x'.repeat(39)}👩‍🚀 and a cat`);
    const page = await visit(t, browser, system.url);
    const label = await row(page, id).locator('[data-action="cancel"]').getAttribute('aria-label');
    assert.equal(label, `Cancel: ${'x'.repeat(39)}👩‍🚀…`);
  });

  test('rewords on the page of the reminder', async (t) => {
    const { id } = await waiting('Cuddle Whiskers');
    const page = await visit(t, browser, `${system.url}/r/${id}`);

    await page.locator('[data-action="reword"]').click();
    const dialog = page.getByRole('dialog');
    assert.equal(await dialog.getByLabel('What to remind Bob of').inputValue(), 'Cuddle Whiskers');
    await dialog.getByLabel('What to remind Bob of').fill(' Feed\nour\tWhiskers');
    await dialog.getByRole('button', { name: 'Reword' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.locator('.speech', { hasText: 'Feed' }).waitFor();
    assert.equal((await getReminder(system.url, id)).message, ' Feed\nour Whiskers');
  });

  test('cancels on the page of the reminder, and the picture shows it', async (t) => {
    const { id } = await waiting();
    const page = await visit(t, browser, `${system.url}/r/${id}`);

    await page.locator('[data-action="cancel"]').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the reminder' }).click();
    await page.locator('main[data-state="cancelled"]').waitFor();
    await page.locator('[data-node="Cancelled"][data-status="done"]').waitFor();
    await page.locator('[data-node="EmailReminder"][data-status="dimmed"]').waitFor();
  });

  test('says so when a reminder was sent before it could be changed', async (t) => {
    const { id } = await waiting();
    const page = await visit(t, browser, `${system.url}/r/${id}`, { refusals: [409] });
    await page.locator('[data-action="reword"]').click();
    await send(`${system.url}/api/reminders/${id}`, 'PATCH', { waitSeconds: 0 });
    await eventually(async () => (await getReminder(system.url, id)).state === 'succeeded');

    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('What to remind Bob of').fill('Feed Whiskers');
    await dialog.getByRole('button', { name: 'Reword' }).click();
    await dialog.getByText('The reminder was sent').waitFor();
    assert.equal(await dialog.getByLabel('What to remind Bob of').inputValue(), 'Feed Whiskers');
  });

  test('is kind about a reminder that does not exist', async (t) => {
    const page = await visit(t, browser, `${system.url}/r/nobody`, { refusals: [404] });
    await page.getByRole('heading', { name: 'Whiskers looked everywhere' }).waitFor();
    await page.getByRole('link', { name: 'Back to the cuddles' }).click();
    await page.waitForURL(`${system.url}/`);
  });

  test('loads more where there are many, and then asks less often', async (t) => {
    const reminders = await Promise.all(Array.from({ length: 22 }, () => waiting()));
    const page = await visit(t, browser, `${system.url}/?state=waiting`);
    await page.clock.install();
    await page.reload();
    const more = page.getByRole('button', { name: 'Load more' });
    await more.waitFor();
    await page.clock.pauseAt(Date.now() + 1000);
    await more.click();
    for (const { id } of reminders) await row(page, id).waitFor();
    await page.locator('.reminders > li:nth-child(21) a:focus').waitFor();

    let asked = 0;
    page.on('request', (request) => (asked += request.url().includes('/api/reminders?') ? 1 : 0));
    await page.clock.fastForward('00:03');
    assert.equal(asked, 0);
    await page.clock.fastForward('00:03');
    await eventually(() => Promise.resolve(asked === 2));
  });
});

/** What the visitor is at, as a screen reader names it. */
async function focused(page: Page): Promise<string> {
  const at = page.locator(':focus');
  return (await at.getAttribute('aria-label')) ?? (await at.innerText());
}

function row(page: Page, id: string) {
  return page.locator(`[data-id="${id}"]`);
}
