import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { courseRequest, send } from '../api/client';
import type { Reminder } from '../../src/temporal/reminders';
import { startSystem, type System } from '../system';
import { launch, visit, withoutBrowser } from './browser';
import { assertAccessible, assertFits } from './looks';

const WITHOUT_SPACES = 'Whiskers'.repeat(125);

const dialog = (page: Page) => page.getByRole('dialog', { name: 'Whiskers asks who is there' });
const field = (page: Page) => dialog(page).getByLabel('Access token');

describe('the page, with an access token', { skip: withoutBrowser }, () => {
  const TOKEN = 'purr-0123456789-purr';
  const headers = { Authorization: `Bearer ${TOKEN}` };
  let system: System;
  let browser: Browser;
  let reminder: Reminder;
  before(async () => {
    browser = await launch();
    system = await startSystem({ ACCESS_TOKEN: TOKEN });
    const fields = { ...courseRequest, waitSeconds: 1800 };
    reminder = (await (await send(`${system.url}/api/reminders`, 'POST', fields, headers)).json()) as Reminder;
  });
  after(async () => {
    await browser.close();
    await system.stop();
  });

  const refusals = [401];
  const row = (page: Page) => page.locator(`[data-id="${reminder.id}"]`);

  async function give(page: Page, token: string): Promise<void> {
    await field(page).fill(token);
    await page.keyboard.press('Enter');
  }

  test('asks once for the token, however many calls need it, and keeps it for the tab', async (t) => {
    const page = await visit(t, browser, system.url, { refusals });
    await dialog(page).waitFor();
    await page.waitForLoadState('networkidle');
    assert.equal(await page.getByRole('dialog').count(), 1);
    assert.equal(await page.evaluate('document.activeElement.id'), 'access-token');

    await give(page, TOKEN);
    await row(page).waitFor();
    await dialog(page).waitFor({ state: 'detached' });
    await page.getByText('Nothing here. An SMS buzzes in').waitFor();

    await page.reload();
    await row(page).waitFor();
    await row(page).getByRole('link').click();
    await page.locator('main[data-state="waiting"]').waitFor();
    assert.equal(await page.getByRole('dialog').count(), 0);
    assert.equal(await page.evaluate('localStorage.length'), 0);
  });

  test('says when the token is wrong, and asks on', async (t) => {
    const page = await visit(t, browser, `${system.url}/r/${reminder.id}`, { refusals });
    for (const wrong of ['', 'purr-0123456789-wrong', 'Miau 🐈 ß']) {
      await give(page, wrong);
      await dialog(page).getByText('It is not the right one.').waitFor();
      assert.equal(await field(page).getAttribute('aria-invalid'), 'true');
      await field(page).pressSequentially('x');
      await dialog(page).getByText('It is not the right one.').waitFor({ state: 'detached' });
    }
    // Nothing behind it works, so it cannot be closed.
    for (let press = 0; press < 3; press += 1) {
      await page.keyboard.press('Escape');
      await field(page).waitFor();
    }
    await give(page, `  ${TOKEN} `);
    await page.locator('main[data-state="waiting"]').waitFor();
  });

  test('asks again when the token is refused that was taken before, and nothing typed is lost', async (t) => {
    const page = await visit(t, browser, system.url, { refusals });
    await give(page, TOKEN);
    await row(page).waitFor();
    await page.evaluate(`sessionStorage.setItem('access-token', '"an-old-token-0123"')`);
    await page.reload();
    await dialog(page).waitFor();
    await give(page, TOKEN);
    await row(page).waitFor();

    // The server has got another token meanwhile.
    let taken = TOKEN;
    await page.route('**/api/**', (route) => {
      const given = route.request().headers().authorization;
      return given === `Bearer ${taken}`
        ? route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${TOKEN}` } })
        : route.fulfill({ status: 401 });
    });
    await row(page).locator('[data-action="reschedule"]').click();
    taken = 'another-token-0123';
    await page.getByRole('dialog', { name: 'Reschedule' }).getByRole('button', { name: 'Reschedule' }).click();
    await give(page, taken);
    await dialog(page).waitFor({ state: 'detached' });
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByText('Rescheduled.').waitFor();
    assert.equal(await page.evaluate('document.activeElement.dataset.action'), 'reschedule');
  });

  test('starts a reminder', async (t) => {
    const page = await visit(t, browser, system.url, { refusals });
    await give(page, TOKEN);
    await row(page).waitFor();
    await page.getByRole('radio', { name: 'Email' }).check({ force: true });
    await page.getByLabel('Bob’s email address').fill('bob@example.com');
    await page.getByRole('button', { name: 'Remind Bob' }).click();
    await page.waitForURL(/\/r\/[\w-]+$/);
    await page.locator('main[data-state]').waitFor();
    assert.equal(await page.getByText('Keep the link').count(), 0);
  });

  test('asks in a way that is accessible to everyone, and that fits on a narrow screen', async (t) => {
    const page = await visit(t, browser, system.url, { refusals, reducedMotion: 'reduce' });
    await give(page, 'wrong');
    await dialog(page).getByText('It is not the right one.').waitFor();
    await assertAccessible(page);
    await assertFits(page);
  });
});

describe('the page, where each reminder is seen through its own link', { skip: withoutBrowser }, () => {
  let system: System;
  let browser: Browser;
  before(async () => {
    browser = await launch();
    system = await startSystem({ PUBLIC_URL: 'https://cuddles.example.com' });
  });
  after(async () => {
    await browser.close();
    await system.stop();
  });

  const refusals = [403, 404];
  const own = (page: Page) => page.getByRole('region', { name: 'Your reminders' });

  async function startReminder(page: Page, message: string): Promise<void> {
    await page.getByLabel('What to remind Bob of').fill(message);
    await page.getByLabel('Bob’s email address').fill('bob@example.com');
    await page.getByLabel('Bob’s phone number').fill('+14155552671');
    await page.getByRole('button', { name: 'Remind Bob' }).click();
    await page.waitForURL(/\/r\/[\w-]+\?key=[\w-]{22}$/);
    await page.locator('main[data-state]').waitFor();
  }

  test('shows no list, but the links of those made in this browser, the newest first', async (t) => {
    const page = await visit(t, browser, system.url, { refusals });
    await own(page).getByText('Everyone can make reminders here').waitFor();
    await own(page).getByText('None yet').waitFor();
    await page.locator('#outbox').waitFor({ state: 'hidden' });
    assert.equal(await page.locator('.connection-note').textContent(), '');

    for (const message of ['The first', 'The <b>second</b>']) {
      await startReminder(page, message);
      await page.goBack();
      await own(page).getByRole('link', { name: message, exact: true }).waitFor();
    }
    assert.deepEqual(await own(page).getByRole('link').allInnerTexts(), ['The <b>second</b>', 'The first']);
    await own(page).getByRole('link', { name: 'The first' }).click();
    await page.locator('main[data-state="waiting"]').waitFor();
  });

  test('says on the page of a reminder to keep its link, and nothing of the Web UI', async (t) => {
    const page = await visit(t, browser, system.url, { refusals });
    await startReminder(page, 'Cuddle Whiskers');
    await page.getByText('Keep the link to this page: it is the only way to this reminder.').waitFor();
    assert.equal(await page.getByText('Web UI').count(), 0);
  });

  test('shows and changes a reminder to whoever has its link, and to nobody else', async (t) => {
    const maker = await visit(t, browser, system.url, { refusals });
    await startReminder(maker, 'Cuddle Whiskers');
    const link = maker.url();

    const friend = await visit(t, browser, link, { refusals });
    await friend.locator('[data-action="snooze"]').click();
    await friend.getByText('Snoozed for 10 minutes.').waitFor();
    await friend.locator('.phone').waitFor();
    await friend.locator('[data-action="cancel"]').click();
    await friend.getByRole('button', { name: 'Cancel the reminder' }).click();
    await friend.locator('main[data-state="cancelled"]').waitFor();

    for (const address of [link.replace(/\?.*/, ''), `${link}x`]) {
      const stranger = await visit(t, browser, address, { refusals });
      await stranger.getByRole('heading', { name: 'Whiskers looked everywhere' }).waitFor();
    }
  });

  test('removes a link, after a question', async (t) => {
    const page = await visit(t, browser, system.url, { refusals });
    await startReminder(page, 'Keep me');
    await page.goBack();
    await startReminder(page, 'Remove me');
    await page.goBack();
    for (const [answer, left] of [
      ['Keep it', ['Remove me', 'Keep me']],
      ['Remove the link', ['Keep me']],
    ] as const) {
      await own(page).getByRole('button', { name: 'Remove: Remove me' }).click();
      await page.getByRole('dialog').getByRole('button', { name: answer }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      assert.deepEqual(await own(page).getByRole('link').allInnerTexts(), left);
    }
    await own(page)
      .locator('a:focus', { hasText: /^Keep me$/ })
      .waitFor();
    await page.reload();
    await own(page).getByRole('link', { name: 'Keep me' }).waitFor();
    assert.equal(await own(page).getByRole('link').count(), 1);
  });

  test('keeps the latest fifty, and does without where the browser keeps nothing', async (t) => {
    const page = await visit(t, browser, system.url, { refusals });
    await own(page).waitFor();
    const createdAt = new Date().toISOString();
    const many = Array.from({ length: 50 }, (_, n) => ({ link: `/r/${n}?key=k`, message: `No. ${n}`, createdAt }));
    await page.evaluate(`localStorage.setItem('own-reminders', ${JSON.stringify(JSON.stringify(many))})`);
    await startReminder(page, 'One more');
    await page.goBack();
    await own(page).getByRole('link', { name: 'One more' }).waitFor();
    const kept = await own(page).getByRole('link').allInnerTexts();
    assert.deepEqual([kept.length, kept[0], kept.at(-1)], [50, 'One more', 'No. 48']);

    await page.addInitScript('Storage.prototype.setItem = Storage.prototype.getItem = () => { throw new Error(); }');
    await page.goto(system.url);
    await own(page).getByText('None yet').waitFor();
    await startReminder(page, 'Not kept');
  });

  test('is accessible to everyone, and fits on a narrow screen', async (t) => {
    const page = await visit(t, browser, system.url, { refusals, reducedMotion: 'reduce' });
    await startReminder(page, WITHOUT_SPACES.slice(0, 1000));
    await assertAccessible(page);
    await assertFits(page);
    await page.goBack();
    await own(page).getByRole('link').waitFor();
    await assertAccessible(page);
    await assertFits(page);
    await own(page).getByRole('button', { name: 'Remove' }).click();
    await assertAccessible(page);
    await assertFits(page);
  });
});
