import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { listen } from '../../src/api/server';
import type { Delivery, PathState, Receipt } from '../../src/reminder';
import type { Reminder } from '../../src/temporal/reminders';
import { startReminder } from '../api/client';
import { freePort } from '../ports';
import { eventually, startSystem, type System } from '../system';
import { launch, visit, withoutBrowser } from './browser';
import { assertAccessible, assertFits } from './looks';

const AT = '2025-03-01T07:00:00.000Z';
const LATER = '2025-03-02T07:00:00.000Z';

const sms = (delivery: Partial<Reminder['deliveries'][number]>) => ({
  channel: 'sms' as const,
  status: 'pending' as const,
  attempts: 0,
  ...delivery,
});
const email = (delivery: Partial<Delivery>) => ({ ...sms(delivery), channel: 'email' as const });

/** What the API tells of a message, in which state of its reminder, and what the page makes of it. */
const fates: [string, Partial<Reminder>, RegExp][] = [
  ['not due', { state: 'waiting', deliveries: [sms({})] }, /^SMS not due yet$/],
  ['agreed to, and not due', { state: 'waiting', deliveries: [sms({ consent: 'confirmed' })] }, /^SMS not due yet$/],
  [
    'agreed to just now',
    { state: 'sending', deliveries: [sms({ consent: 'confirmed', waitsFor: 'consent', waitsUntil: LATER })] },
    /^SMS on its way$/,
  ],
  [
    'for someone who could not be asked',
    { state: 'waiting', deliveries: [sms({ consent: 'unreachable' })] },
    /^SMS will not be sent\n+We could not ask Bob whether he wants reminders\. Is everything spelled right\?$/,
  ],
  [
    'held back by the night',
    {
      state: 'sending',
      deliveries: [sms({ waitsFor: 'quiet-hours', waitsUntil: LATER, error: 'It is night where the person lives.' })],
    },
    /^SMS waits for the morning\n+It is night where Bob is\. It goes out on Sun, 2 Mar 2025, 8:00\.$/,
  ],
  [
    'sent, and maybe not arrived',
    { state: 'succeeded', deliveries: [sms({ status: 'sent', at: AT, waitsFor: 'receipt', waitsUntil: LATER })] },
    /^SMS sent .* ago\n+We are waiting for word whether it arrived\.$/,
  ],
  ['sent', { state: 'succeeded', deliveries: [sms({ status: 'sent', at: AT })] }, /^SMS sent .* ago$/],
  ['delivered', { state: 'succeeded', deliveries: [sms({ status: 'delivered', at: AT })] }, /^SMS arrived .* ago$/],
  [
    'failed',
    { state: 'failed', deliveries: [sms({ status: 'failed', at: AT, error: 'Twilio: the phone is off.' })] },
    /^SMS failed .* ago\n+Twilio: the phone is off\.$/,
  ],
  [
    'perhaps sent',
    { state: 'failed', deliveries: [sms({ status: 'unknown', at: AT, attempts: 2 })] },
    /^SMS perhaps sent .* ago\n+It may have been sent: the answer got lost\. Best ask Bob\.\n+After 2 attempts\.$/,
  ],
  [
    'not wanted',
    { state: 'failed', deliveries: [sms({ status: 'skipped', at: AT, error: 'The person wants no messages.' })] },
    /^SMS not sent .* ago\n+The person wants no messages\.$/,
  ],
  [
    'cancelled while it waited',
    {
      state: 'cancelled',
      deliveries: [sms({ status: 'skipped', at: AT, error: 'It is night where the person lives.' })],
    },
    /^SMS not sent .* ago\n+The reminder was cancelled\.$/,
  ],
];

const asFallback: [string, Partial<Reminder>, RegExp][] = [
  [
    'that may not be needed',
    { state: 'sending', deliveries: [email({}), sms({ status: 'sending', attempts: 1 })] },
    /^Email not due yet\n+It goes out only if the text message does not arrive\.$/,
  ],
  [
    'that was not needed',
    { state: 'succeeded', deliveries: [email({ status: 'skipped', at: AT }), sms({ status: 'delivered', at: AT })] },
    /^Email not sent .* ago\n+It was not needed: the text message was enough\.$/,
  ],
  [
    'that was cancelled',
    { state: 'failed', deliveries: [email({ status: 'skipped', at: AT }), sms({ status: 'failed', at: AT })] },
    /^Email not sent .* ago\n+The reminder was cancelled\.$/,
  ],
];

describe('the page of a reminder', { skip: withoutBrowser }, () => {
  let system: System;
  let browser: Browser;
  let provider: Awaited<ReturnType<typeof listen>>;
  let reminder: Reminder;
  before(async () => {
    browser = await launch();
    // A provider that takes everything, and may report later what became of it.
    provider = await listen(
      (_request, response) => {
        response.writeHead(201, { 'Content-Type': 'application/json' }).end(JSON.stringify({ sid: 'SM1' }));
      },
      { host: '127.0.0.1', port: 0 },
    );
    const port = String(await freePort());
    system = await startSystem({
      PORT: port,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'secret',
      TWILIO_FROM: '+15005550006',
      TWILIO_BASE_URL: provider.url,
    });
    reminder = await startReminder(system.url, { waitSeconds: 1800 });
  });
  after(async () => {
    await browser.close();
    await system.stop();
    await provider.stop();
  });

  for (const [what, told, words] of fates) {
    test(`says of a message that is ${what}, in plain words, how it fares`, async (t) => {
      const page = await visitAs(t, { preference: 'sms', ...told });
      assert.match(await page.locator('.deliveries [data-channel="sms"]').innerText(), words);
    });
  }

  for (const [what, told, words] of asFallback) {
    test(`says of an email ${what} that the text message goes first`, async (t) => {
      const page = await visitAs(t, { preference: 'both', fallback: true, ...told });
      assert.match(await page.locator('.deliveries [data-channel="email"]').innerText(), words);
    });
  }

  test('calls nobody while all that is left is held back', async (t) => {
    const held = sms({ waitsFor: 'quiet-hours', waitsUntil: LATER });
    for (const [other, headline] of [
      [email({ status: 'sent', at: AT }), 'Whiskers has to be patient'],
      [email({ status: 'sending', attempts: 1 }), 'Whiskers is calling Bob'],
    ] as const) {
      const page = await visitAs(t, { preference: 'both', state: 'sending', deliveries: [other, held] });
      assert.equal(await page.locator('h1').innerText(), headline);
    }
  });

  test('tells when the provider reports that a message did not arrive', async (t) => {
    const { id } = await startReminder(system.url, { waitSeconds: 0, preference: 'sms' });
    const page = await visit(t, browser, `${system.url}/r/${id}`);
    await page.getByRole('heading', { name: 'Bob has been told' }).waitFor();
    await page.getByText('We are waiting for word whether it arrived.').waitFor();

    const report: Receipt = {
      channel: 'sms',
      status: 'failed',
      at: new Date().toISOString(),
      reason: 'The phone could not be reached.',
    };
    await system.client.workflow.getHandle(id).signal('receipt', report);
    await page.getByRole('heading', { name: 'Bob could not be reached' }).waitFor();
    await page.getByText(report.reason ?? '').waitFor();
    assert.equal(await statusOf(page, 'Failed'), 'failed');
    assert.equal(await statusOf(page, 'Succeeded'), 'dimmed');
  });

  test('shows of two ends the last, as a message may bounce, or arrive after all', async (t) => {
    for (const [path, state, end] of [
      [['Succeeded', 'Failed'], 'failed', 'Failed'],
      [['Failed', 'Succeeded'], 'succeeded', 'Succeeded'],
      [['Failed', 'Succeeded', 'Failed'], 'failed', 'Failed'],
    ] as const) {
      const status = state === 'failed' ? 'failed' : 'delivered';
      const page = await visitAs(t, {
        preference: 'sms',
        state,
        path: pathOf('SmsReminder', ...path),
        deliveries: [sms({ status, at: AT })],
      });
      const other = end === 'Failed' ? 'Succeeded' : 'Failed';
      assert.equal(await statusOf(page, other), 'dimmed');
      assert.equal(await statusOf(page, end), end === 'Failed' ? 'failed' : 'done');
      assert.equal(await page.locator('.edge[data-status="done"][data-edge^="Outcome"]').count(), 1);
      const words = (await page.locator('.picture desc').textContent()) ?? '';
      assert.equal(words.split(`${end}.`).length, 2, words);
      assert.ok(!words.includes(other), words);
    }
  });

  test('draws an email that went out as the text message did not arrive', async (t) => {
    const page = await visitAs(t, {
      preference: 'both',
      fallback: true,
      state: 'succeeded',
      path: pathOf('SmsReminder', 'EmailReminder', 'Succeeded'),
      deliveries: [email({ status: 'sent', at: AT }), sms({ status: 'failed', at: AT })],
    });
    assert.equal(await statusOf(page, 'EmailReminder'), 'done');
    assert.equal(await statusOf(page, 'SmsReminder'), 'failed');
    assert.equal(await statusOf(page, 'Succeeded'), 'done');
  });

  test('goes on looking while word may come, though the reminder has ended, and then no more', async (t) => {
    const page = await visit(t, browser, `${system.url}/favicon.svg`);
    await page.clock.install();
    let asked = 0;
    let answered = 0;
    let status: 'sent' | 'delivered' = 'sent';
    await page.route('**/api/reminders/*', async (route) => {
      asked += 1;
      const waits = status === 'sent' && { waitsFor: 'receipt' as const, waitsUntil: LATER };
      const deliveries = [sms({ status, at: AT, ...waits })];
      await route.fulfill({ json: { ...reminder, preference: 'sms', state: 'succeeded', deliveries } });
      answered += 1;
    });
    await page.goto(`${system.url}/r/${reminder.id}`);
    await page.getByText('We are waiting for word whether it arrived.').waitFor();
    for (let second = 0; second < 60; second += 1) {
      await page.clock.runFor(1000);
      await eventually(() => Promise.resolve(answered === asked));
    }
    assert.ok(asked >= 3 && asked <= 6, `${asked} requests`);

    status = 'delivered';
    await eventually(async () => {
      await page.clock.runFor(1000);
      return page.locator('.deliveries', { hasText: 'SMS arrived' }).isVisible();
    });
    const before = asked;
    await page.clock.runFor(120_000);
    assert.equal(asked, before);
  });

  test('is for everyone, and for every screen, while it asks for consent', async (t) => {
    const page = await visitAs(t, {
      preference: 'both',
      state: 'sending',
      path: pathOf('EmailReminder', 'SmsReminder'),
      deliveries: [
        email({ waitsFor: 'quiet-hours', waitsUntil: LATER }),
        sms({ consent: 'unconfirmed', waitsFor: 'consent', waitsUntil: LATER }),
      ],
    });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await assertAccessible(page);
    await assertFits(page);
  });

  /** Visits the page while the API tells other things of the reminder. */
  async function visitAs(t: TestContext, told: Partial<Reminder>): Promise<Page> {
    const page = await visit(t, browser, `${system.url}/favicon.svg`);
    await page.route('**/api/reminders/*', (route) => route.fulfill({ json: { ...reminder, ...told } }));
    await page.goto(`${system.url}/r/${reminder.id}`);
    await page.locator('main[data-state]').waitFor();
    return page;
  }
});

function pathOf(...states: PathState[]): Reminder['path'] {
  return (['Timer', 'Preference', ...states] as const).map((state) => ({ state, enteredAt: AT }));
}

function statusOf(page: Page, node: string): Promise<string | null> {
  return page.locator(`[data-node="${node}"]`).getAttribute('data-status');
}
