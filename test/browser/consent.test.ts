import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { OutboxMessage } from '../../src/reminder';
import { getReminder, send, startReminder } from '../api/client';
import { freePort } from '../ports';
import { eventually, startSystem, type System } from '../system';
import { launch, visit, withoutBrowser } from './browser';
import { assertAccessible, assertFits } from './looks';

/** In seconds. */
const HALF_AN_HOUR = 1800;

describe('where people have to agree first', { skip: withoutBrowser }, () => {
  let system: System;
  let browser: Browser;
  before(async () => {
    browser = await launch();
    system = await startSystem({ REQUIRE_CONSENT: 'true', PORT: String(await freePort()) });
  });
  after(async () => {
    await browser.close();
    await system.stop();
  });

  const question = (page: Page, channel: string) => page.locator(`[data-question="${channel}"]`);
  const delivery = (page: Page, channel: string) => page.locator(`.deliveries [data-channel="${channel}"]`);

  test('the page says who was asked, takes the code, and goes on by itself when a link was followed', async (t) => {
    const email = 'agrees@example.com';
    const phone = '+14155550101';
    const { id } = await startReminder(system.url, { waitSeconds: HALF_AN_HOUR, email, phone });
    const page = await visit(t, browser, `${system.url}/r/${id}`, { refusals: [422] });

    await page.getByRole('heading', { name: 'First, Bob has to agree' }).waitFor();
    await page
      .getByText('We asked Bob by email whether he wants reminders. Nothing is sent until he says yes.')
      .waitFor();
    assert.equal(await delivery(page, 'email').innerText(), 'Email waits for a yes');
    assert.equal(await delivery(page, 'sms').innerText(), 'SMS waits for a yes');

    const field = page.getByLabel('Bob’s code');
    assert.equal(await field.getAttribute('inputmode'), 'numeric');
    assert.equal(await field.getAttribute('autocomplete'), 'one-time-code');
    const error = question(page, 'sms').locator('.field-error');
    await enter(page, '12');
    assert.equal(await error.innerText(), 'The code has six digits.');
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    const code = codeIn(await questionTo(phone));
    await enter(page, wrong(code));
    await error.filter({ hasText: 'It is not the one of the last text message.' }).waitFor();
    await enter(page, ` ${code.slice(0, 3)} ${code.slice(3)} `);
    await page.locator('.said', { hasText: 'Bob has agreed.' }).waitFor();
    await question(page, 'sms').waitFor({ state: 'hidden' });
    await delivery(page, 'sms').filter({ hasText: 'not due yet' }).waitFor();
    assert.ok(await question(page, 'email').isVisible());

    await agree(t, await questionTo(email));
    await page.getByRole('heading', { name: 'First, Bob has to agree' }).waitFor({ state: 'hidden' });
    await send(`${system.url}/api/reminders/${id}`, 'PATCH', { waitSeconds: 0 });
    await page.reload();
    await page.locator('main[data-state="succeeded"]').waitFor();
  });

  test('a reminder that is due waits, says until when, and is sent once they agree', async (t) => {
    const email = 'late@example.com';
    const { id } = await startReminder(system.url, { waitSeconds: 0, preference: 'email', email });
    await eventually(async () => (await getReminder(system.url, id)).deliveries[0]?.waitsFor === 'consent');
    const page = await visit(t, browser, `${system.url}/r/${id}`);

    await delivery(page, 'email')
      .filter({ hasText: /waits for a yes\s+If Bob has not agreed by .*, it is not sent\./ })
      .waitFor();
    assert.equal(await page.locator('.delivery-error').count(), 0);
    await page.locator('[data-node="EmailReminder"][data-status="current"]', { hasText: 'waits for a yes' }).waitFor();
    await agree(t, await questionTo(email));
    await page.locator('main[data-state="succeeded"]').waitFor();
  });

  test('they can be asked again, a few times a day', async (t) => {
    const email = 'asked@example.com';
    const { id } = await startReminder(system.url, { waitSeconds: HALF_AN_HOUR, preference: 'email', email });
    const page = await visit(t, browser, `${system.url}/r/${id}`, { refusals: [429] });
    const answer = question(page, 'email').locator('.said');

    for (const sentence of [
      'Asked again.',
      'Asked again.',
      'They have answered already, or were asked often enough today.',
    ]) {
      await page.getByRole('button', { name: 'Ask again' }).click();
      await answer.filter({ hasText: sentence }).waitFor();
      assert.equal(await page.evaluate('document.activeElement.textContent'), 'Ask again');
    }
    assert.equal(await answer.getAttribute('class'), 'said trouble');
  });

  test('who has guessed too often has a new code sent, which the outbox shows', async (t) => {
    const phone = '+14155550102';
    const { id } = await startReminder(system.url, { waitSeconds: HALF_AN_HOUR, preference: 'sms', phone });
    const first = codeIn(await questionTo(phone));
    const home = await visit(t, browser, system.url);
    await home.locator('.phone .message', { hasText: first }).waitFor();
    const page = await visit(t, browser, `${system.url}/r/${id}`, { refusals: [409, 422] });
    const error = question(page, 'sms').locator('.field-error');
    for (let guess = 1; guess <= 4; guess += 1) {
      await enter(page, wrong(first));
      await error.filter({ hasText: 'It is not the one' }).waitFor();
    }
    await enter(page, wrong(first));
    const exhausted = question(page, 'sms').getByText('That was tried too often. Have a new code sent.');
    await exhausted.waitFor();

    await page.getByRole('button', { name: 'Send it again' }).click();
    await page.getByText('A new code was sent.').waitFor();
    const second = codeIn(await questionTo(phone, first));
    await home.locator('.phone .message', { hasText: second }).waitFor();
    await enter(page, second);
    await page.locator('.said', { hasText: 'Bob has agreed.' }).waitFor();
    await page.getByRole('heading', { name: 'First, Bob has to agree' }).waitFor({ state: 'hidden' });
  });

  test('the page says that nothing goes to those who want nothing', async (t) => {
    const email = 'stops@example.com';
    const { id } = await startReminder(system.url, { waitSeconds: HALF_AN_HOUR, preference: 'email', email });
    const page = await visit(t, browser, `${system.url}/r/${id}`);
    const stop = await visit(t, browser, stopLinkIn(await questionTo(email)));
    await stop.getByRole('button', { name: 'Stop all messages to me' }).click();
    await stop.getByRole('heading', { name: 'You will get no more messages' }).waitFor();

    await delivery(page, 'email')
      .filter({ hasText: /will not be sent\s+They asked us to send nothing\./ })
      .waitFor();
    await send(`${system.url}/api/reminders/${id}`, 'PATCH', { waitSeconds: 0 });
    await page.reload();
    await page.locator('main[data-state="failed"]').waitFor();
    assert.match(
      await delivery(page, 'email').innerText(),
      /^Email not sent .*\s+The person wants no more messages\.$/,
    );
  });

  test('a reminder that was ended by force waits for nobody any more', async (t) => {
    const { id } = await startReminder(system.url, { waitSeconds: 0, preference: 'email', email: 'ended@example.com' });
    await eventually(async () => (await getReminder(system.url, id)).deliveries[0]?.waitsFor === 'consent');
    await system.client.workflow.getHandle(id).terminate();
    const page = await visit(t, browser, `${system.url}/r/${id}`);
    await page.locator('main[data-state="cancelled"]').waitFor();
    assert.equal(await delivery(page, 'email').innerText(), 'Email not sent\n\nThe reminder was cancelled.');
    assert.equal(await page.getByRole('heading', { name: 'First, Bob has to agree' }).isVisible(), false);
    assert.equal((await getReminder(system.url, id)).deliveries[0]?.waitsFor, undefined);
  });

  test('the page says it in words without JavaScript too', async (t) => {
    const { id } = await startReminder(system.url, { waitSeconds: HALF_AN_HOUR, email: 'plain@example.com' });
    const page = await visit(t, browser, `${system.url}/r/${id}`, { javaScriptEnabled: false });
    const words = await page.locator('main').innerText();
    assert.match(words, /We asked Bob by email whether he wants reminders\. Nothing is sent until he says yes\./);
    assert.match(words, /We sent Bob a six-digit code by text message\./);
  });

  test('the pages fit on a narrow screen, and are accessible to everyone', async (t) => {
    const email = 'looks@example.com';
    const { id } = await startReminder(system.url, { waitSeconds: HALF_AN_HOUR, email, phone: '+14155550103' });
    const asked = await questionTo(email);
    const page = await visit(t, browser, `${system.url}/r/${id}`, { reducedMotion: 'reduce' });
    await page.locator('main[data-state]').waitFor();
    await enter(page, '12');
    await page.locator('.field-error').waitFor();
    await assertAccessible(page);
    await assertFits(page);

    for (const [url, button] of [
      [linkIn(asked), 'Yes, send me reminders'],
      [stopLinkIn(asked), 'Stop all messages to me'],
    ] as const) {
      const ask = await visit(t, browser, url, { reducedMotion: 'reduce' });
      const heading = await ask.getByRole('heading').innerText();
      assert.equal(await ask.title(), `${heading} · Cuddle-a-tron`);
      for (const step of ['before', 'after']) {
        await assertAccessible(ask);
        await assertFits(ask);
        if (step === 'before') await ask.getByRole('button', { name: button }).click();
      }
    }
  });

  async function enter(page: Page, code: string): Promise<void> {
    await page.getByLabel('Bob’s code').fill(code);
    await page.keyboard.press('Enter');
  }

  /** Follows the link in a question, and agrees. */
  async function agree(t: TestContext, asked: OutboxMessage): Promise<void> {
    const page = await visit(t, browser, linkIn(asked));
    await page.getByRole('button', { name: 'Yes, send me reminders' }).click();
    await page.getByRole('heading', { name: 'You will get reminders' }).waitFor();
  }

  /** The question that went to a contact; a later one than one with this text in it. */
  function questionTo(to: string, earlier?: string): Promise<OutboxMessage> {
    return eventually(async () => {
      const messages = (await (await fetch(`${system.url}/api/outbox`)).json()) as OutboxMessage[];
      return messages.find(
        (message) => message.to === to && !(earlier !== undefined && message.text.includes(earlier)),
      );
    });
  }
});

function codeIn({ text }: OutboxMessage): string {
  return /\d{6}/.exec(text)?.[0] ?? '';
}

function wrong(code: string): string {
  return code === '000000' ? '000001' : '000000';
}

function linkIn({ text }: OutboxMessage): string {
  return /http\S+/.exec(text)?.[0] ?? '';
}

function stopLinkIn({ html = '' }: OutboxMessage): string {
  return /http[^"]+\/stop\/[^"]+/.exec(html)?.[0] ?? '';
}
