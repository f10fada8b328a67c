import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { send, startReminder } from '../api/client';
import { eventually, startSystem, type System } from '../system';
import { launch, visit, withoutBrowser, type VisitOptions } from './browser';
import { assertAccessible, assertFits } from './looks';

const WITHOUT_SPACES = 'Whiskers'.repeat(125);

describe('every page', { skip: withoutBrowser }, () => {
  let system: System;
  let browser: Browser;
  /** The addresses of pages with something on them. Every message is as long as can be. */
  let pages: Record<'home' | 'waiting' | 'sent' | 'cancelled', string>;
  before(async () => {
    browser = await launch();
    system = await startSystem();
    const start = async (waitSeconds: number) =>
      (await startReminder(system.url, { waitSeconds, message: WITHOUT_SPACES })).id;
    const [waiting, sent, cancelled] = [await start(3600), await start(0), await start(3600)];
    await send(`${system.url}/api/reminders/${cancelled}`, 'DELETE', {});
    await eventually(async () => (await (await fetch(`${system.url}/api/outbox`)).text()).includes('email'));
    const pageOf = (id: string) => `${system.url}/r/${id}`;
    pages = { home: system.url, waiting: pageOf(waiting), sent: pageOf(sent), cancelled: pageOf(cancelled) };
  });
  after(async () => {
    await browser.close();
    await system.stop();
  });

  test('fits on a narrow screen, whatever was typed', async (t) => {
    for (const url of Object.values(pages)) {
      await assertFits(await visitFull(t, url));
    }
  });

  test('leaves the messages in the list room beside their buttons', async (t) => {
    const page = await visitFull(t, pages.home);
    for (const width of [640, 700, 960, 1024, 1100, 1280]) {
      await page.setViewportSize({ width, height: 700 });
      const room = await page.evaluate<number>(
        'Math.min(...[...document.querySelectorAll(".reminders .message")].map(({ offsetWidth }) => offsetWidth))',
      );
      assert.ok(room >= 280, `${room} of ${width} pixels`);
    }
  });

  test('tells what an action did where the visitor is looking', async (t) => {
    const page = await visitFull(t, pages.home, { viewport: { width: 375, height: 150 } });
    await page.locator('[data-action="snooze"]').click();
    await page.locator('.said:not(:empty)').waitFor();
    await page.evaluate('document.querySelector(`[data-action="snooze"]`).scrollIntoView(false)');
    for (const note of ['', 'Reconnecting …']) {
      await page.evaluate(`document.querySelector('.connection-note').textContent = '${note}'`);
      const whatIsSeen = await page.evaluate<string>(`{
        const { left, right, top, bottom } = document.querySelector('.said').getBoundingClientRect();
        const corners = [[left + 20, top + 5], [right - 20, top + 5], [left + 20, bottom - 5], [right - 20, bottom - 5]];
        corners.map(([x, y]) => document.elementFromPoint(x, y)?.className).join(' ');
      }`);
      assert.equal(whatIsSeen, 'said said said said');
    }
  });

  test('shows what is chosen also in the colours of the system', async (t) => {
    const page = await visitFull(t, pages.home, { forcedColors: 'active' });
    for (const [chosen, other] of [
      ['.segments label:has(:checked)', '.segments label:not(:has(:checked))'],
      ['.chip[aria-pressed="true"]', '.chip[aria-pressed="false"]'],
    ] as const) {
      const colour = (of: string) => page.evaluate<string>(`getComputedStyle(document.querySelector('${of}')).color`);
      assert.notEqual(await colour(chosen), await colour(other));
    }
  });

  test('is accessible to everyone, by day and by night', async (t) => {
    for (const url of Object.values(pages)) {
      await assertAccessible(await visitFull(t, url, { reducedMotion: 'reduce' }));
    }
  });

  test('is accessible where it asks and complains', async (t) => {
    const page = await visitFull(t, pages.home, { reducedMotion: 'reduce' });
    await page.getByRole('button', { name: 'Remind Bob' }).click();
    await page.locator('.field-error').first().waitFor();
    await assertAccessible(page);
    for (const action of ['reschedule', 'cancel']) {
      await page.locator(`[data-action="${action}"]`).click();
      await assertAccessible(page);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
  });

  test('moves, but not for a visitor who asked for less motion', async (t) => {
    const running = (page: Page) =>
      page.evaluate<number>('document.getAnimations().filter(({ playState }) => playState === "running").length');
    for (const url of [pages.home, pages.waiting]) {
      assert.ok((await running(await visitFull(t, url))) > 0);
      assert.equal(await running(await visitFull(t, url, { reducedMotion: 'reduce' })), 0);
    }
  });

  test('of the documentation shows every operation of the API', async (t) => {
    const contract = (await (await fetch(`${system.url}/api/openapi.json`)).json()) as {
      paths: Record<string, Record<string, object>>;
    };
    const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
      ['get', 'post', 'put', 'patch', 'delete'].filter((method) => method in item).map((method) => `${method} ${path}`),
    );
    const page = await visit(t, browser, `${system.url}/api/docs`);
    await page.locator('.opblock').first().waitFor();
    const shown = [];
    for (const block of await page.locator('.opblock').all()) {
      const method = await block.locator('.opblock-summary-method').innerText();
      const path = await block.locator('[data-path]').getAttribute('data-path');
      shown.push(`${method.toLowerCase()} ${path ?? ''}`);
    }
    assert.deepEqual(shown.sort(), operations.sort());
  });

  /** Visits a page and waits until everything is on it. */
  async function visitFull(t: TestContext, url: string, options?: VisitOptions): Promise<Page> {
    const page = await visit(t, browser, url, options);
    await page.locator(url === pages.home ? '[data-id] >> nth=2' : 'main[data-state]').waitFor();
    if (url === pages.home || url === pages.sent) await page.locator('.outbox [data-channel="email"]').waitFor();
    return page;
  }
});
