import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startReminder } from '../api/client';
import { readConfig } from '../../src/config';
import { eventually, startSystem, type System } from '../system';
import { unreachableTwilio } from '../twilio';
import { launch, visit, withoutBrowser } from './browser';

describe('a visitor with two open pages', { skip: withoutBrowser }, () => {
  let system: System;
  let browser: Browser;
  before(async () => {
    browser = await launch();
    // A text message stays on its way: at its provider nobody answers.
    system = await startSystem(unreachableTwilio);
  });
  after(async () => {
    await browser.close();
    await system.stop();
  });

  test('stays well below the limit of requests a minute, whichever pages they are', async (t) => {
    const { requestsPerMinute = 0 } = readConfig({ HOST: '0.0.0.0' }).limits;
    const soon = await startReminder(system.url, { waitSeconds: 60 });
    const sending = await startReminder(system.url, { waitSeconds: 0, preference: 'sms' });
    for (const path of ['/', `/r/${soon.id}`, `/r/${sending.id}`]) {
      const page = await visit(t, browser, `${system.url}/favicon.svg`);
      await page.clock.install();
      let asked = 0;
      let answered = 0;
      await page.route('**/api/**', async (route) => {
        asked += 1;
        const response = await route.fetch();
        // The page would set its clock, which runs ahead of the server's, by this header.
        const headers = Object.fromEntries(Object.entries(response.headers()).filter(([name]) => name !== 'date'));
        await route.fulfill({ response, headers });
        answered += 1;
      });
      await page.goto(system.url + path);
      for (let second = 0; second < 60; second += 1) {
        await page.clock.runFor(1000);
        await eventually(() => Promise.resolve(answered === asked));
      }
      assert.ok(asked >= 5 && asked <= requestsPerMinute / 3, `${asked} requests for ${path}`);
    }
  });
});
