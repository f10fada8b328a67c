import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { getReminder, send } from '../api/client';
import { eventually, startSystem, type System } from '../system';
import { launch, visit, withoutBrowser } from './browser';

describe('the form', { skip: withoutBrowser }, () => {
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

  test('leads to a countdown, to a lit picture, and to messages in the outbox', async (t) => {
    const page = await visit(t, browser, system.url);
    await fillIn(page, { message: 'Cuddle\nWhiskers 😺', email: 'bob@example.com', phone: '(415) 555-2671' });
    const id = await submit(page);

    await page.locator('main[data-state="waiting"]').waitFor();
    assert.match(await page.locator('.countdown').innerText(), /^00:[0-3]\d$/);
    assert.deepEqual(await litNodes(page), { Start: 'done', Timer: 'current' });

    // Half a minute is over sooner than the visitor thought; the page finds out by itself.
    await send(`${system.url}/api/reminders/${id}`, 'PATCH', { waitSeconds: 0 });
    await page.locator('main[data-state="succeeded"]').waitFor();
    assert.deepEqual(await litNodes(page), {
      Start: 'done',
      Timer: 'done',
      Preference: 'done',
      Both: 'done',
      EmailReminder: 'done',
      SmsReminder: 'done',
      Outcome: 'done',
      Succeeded: 'done',
      Cancelled: 'dimmed',
      Failed: 'dimmed',
    });
    assert.deepEqual(await page.locator('.edge[data-status="done"] .edge-label').allTextContents(), ['both']);
    assert.deepEqual(await page.locator('.edge[data-status="dimmed"] .edge-label').allTextContents(), ['email', 'sms']);
    const sms = await page.locator('.outbox [data-channel="sms"]').innerText();
    assert.match(sms, /Cuddle\nWhiskers 😺/);
    assert.match(sms, /to \+14155552671/);
    const email = await page.locator('.outbox [data-channel="email"]').innerText();
    assert.match(email, /Cuddle\nWhiskers 😺/);
    assert.match(email, /to bob@example\.com/);
  });

  for (const [how, [taken, left]] of Object.entries({
    Email: ['EmailReminder', 'SmsReminder'],
    SMS: ['SmsReminder', 'EmailReminder'],
  })) {
    test(`sends by ${how} alone, and the branch not taken is dimmed`, async (t) => {
      const page = await visit(t, browser, system.url);
      await fillIn(page, { seconds: '0', how, email: 'bob@example.com', phone: '+14155552671' });
      await submit(page);

      await page.locator('main[data-state="succeeded"]').waitFor();
      const lit = await litNodes(page);
      assert.equal(lit[taken ?? ''], 'done');
      assert.equal(lit[left ?? ''], 'dimmed');
      assert.equal(lit.Both, 'dimmed');
      await page.locator(`.outbox [data-channel="${how.toLowerCase()}"]`).waitFor();
      assert.equal(await page.locator('.outbox [data-channel]').count(), 1);
    });
  }

  test('sends the email only if the text message does not arrive, where that is wanted', async (t) => {
    const page = await visit(t, browser, system.url);
    await page.getByRole('radio', { name: 'SMS' }).check();
    assert.equal(await onlyIfNeeded(page).isVisible(), false);
    await fillIn(page, { seconds: '0', how: 'Both', email: 'bob@example.com', phone: '+14155552671' });
    await onlyIfNeeded(page).check();
    const reminder = await getReminder(system.url, await submit(page));

    assert.equal(reminder.fallback, true);
    await page.locator('main[data-state="succeeded"]').waitFor();
    const lit = await litNodes(page);
    assert.deepEqual([lit.SmsReminder, lit.EmailReminder, lit.Both], ['done', 'dimmed', 'done']);
    await page.getByText('It was not needed: the text message was enough.').waitFor();
    assert.equal(await page.locator('.outbox [data-channel]').count(), 1);
  });

  test('forgets that wish when one channel is left', async (t) => {
    const page = await visit(t, browser, system.url);
    await onlyIfNeeded(page).check();
    await fillIn(page, { how: 'Email', email: 'bob@example.com' });
    assert.equal((await getReminder(system.url, await submit(page))).fallback, undefined);
  });

  test('tells the time zone, and does without where the server does not know it', async (t) => {
    const page = await visit(t, browser, system.url, { refusals: [422], timezoneId: 'Asia/Tokyo' });
    const zones: unknown[] = [];
    await page.route('**/api/reminders', async (route) => {
      const { timeZone } = route.request().postDataJSON() as { timeZone?: string };
      zones.push(timeZone);
      if (timeZone === undefined) return route.continue();
      return route.fulfill({ status: 422, json: { errors: [{ field: 'timeZone', detail: 'must be a time zone' }] } });
    });
    await fillIn(page, { how: 'Email', email: 'bob@example.com' });
    await submit(page);

    assert.deepEqual(zones, ['Asia/Tokyo', undefined]);
  });

  test('tells beside each field what is wrong with it, and loses nothing', async (t) => {
    const page = await visit(t, browser, system.url, { refusals: [422] });
    const field = (name: string) => page.locator(`[data-field="${name}"]`);
    const errors = () => page.locator('.field-error').allInnerTexts();

    await fillIn(page, { message: '  ', seconds: '', email: 'bob', phone: '' });
    await press(page);
    assert.deepEqual(await errors(), [
      'Please say what to remind Bob of.',
      'Please say how long to wait, as a number.',
      'That is not an email address, such as bob@example.com.',
      'An SMS needs a phone number.',
    ]);
    assert.equal(await focused(page), 'message');
    assert.equal(await description(page, 'Bob’s phone number'), 'An SMS needs a phone number.');

    // Only the server knows how long a phone number is, and what makes an address.
    await fillIn(page, { message: 'Cuddle Whiskers', seconds: '45', email: 'bob@example', phone: '+1415555' });
    assert.deepEqual(await errors(), []);
    await press(page);
    await field('phone').locator('.field-error').waitFor();
    assert.deepEqual(await errors(), [
      'It must be an email address, such as bob@example.com.',
      'It must be a phone number, such as +1 415 555 2671.',
    ]);
    assert.equal(await focused(page), 'email');
    assert.equal(await page.getByLabel('What to remind Bob of').inputValue(), 'Cuddle Whiskers');
    assert.equal(await page.getByLabel('How long').inputValue(), '45');
    assert.equal(await page.getByLabel('Bob’s email address').inputValue(), 'bob@example');
    assert.equal(await page.getByLabel('Bob’s phone number').inputValue(), '+1415555');

    await fillIn(page, { email: 'bob@example.com', phone: '+14155552671' });
    const reminder = await getReminder(system.url, await submit(page));
    assert.equal(Date.parse(reminder.dueAt) - Date.parse(reminder.createdAt), 45_000);
  });

  for (const [timezoneId, instant] of [
    ['Europe/Berlin', '07:00:00.000Z'],
    ['Asia/Kathmandu', '03:15:00.000Z'],
  ] as const) {
    test(`takes a date and time as those of the visitor, in ${timezoneId}`, async (t) => {
      const day = `${new Date().getFullYear() + 1}-07-14`;
      const page = await visit(t, browser, system.url, { timezoneId });
      await page.getByRole('radio', { name: 'At a set time' }).check();
      await page.getByLabel('Date and time').fill(`${day}T09:00`);
      await fillIn(page, { how: 'Email', email: 'bob@example.com' });
      const id = await submit(page);

      assert.equal((await getReminder(system.url, id)).dueAt, `${day}T${instant}`);
      assert.match(await page.locator('.due').innerText(), /Due on \w+, 14 Jul \d{4}, 9:00/);
    });
  }

  test('shows whoever comes back what it will send', async (t) => {
    const time = `${new Date().getFullYear() + 1}-01-05T10:00`;
    const page = await visit(t, browser, system.url);
    await page.getByRole('radio', { name: 'At a set time' }).check();
    await page.getByLabel('Date and time').fill(time);
    await fillIn(page, { message: 'Cuddle Whiskers again', how: 'Email', email: 'bob@example.com' });
    await submit(page);

    await page.goBack();
    await page.getByLabel('Date and time').waitFor();
    assert.equal(await page.getByLabel('Date and time').inputValue(), time);
    assert.match(await description(page, 'Date and time'), /^That is in /);
    assert.ok(await page.getByLabel('How long').isHidden());
    assert.equal(await description(page, 'What to remind Bob of'), '21 / 1000');
  });

  test('says what is wrong with a time, and that one comes twice', async (t) => {
    const page = await visit(t, browser, system.url);
    await page.getByRole('radio', { name: 'At a set time' }).check();
    const time = page.getByLabel('Date and time');
    for (const [wrong, error] of [
      ['0202-01-01T00:00', 'That time has passed. Please pick one in the future.'],
      ['275760-09-13T00:00', 'Ten years is the longest that Whiskers will wait.'],
      [`${lastSundayOf(3)}T02:30`, 'The clocks skip that time on that day. Please pick another.'],
    ] as const) {
      await time.fill(wrong);
      await press(page);
      assert.equal(await page.locator('[data-field="remindAt"] .field-error').innerText(), error);
    }
    await time.fill(`${lastSundayOf(10)}T02:30`);
    assert.match(
      await description(page, 'Date and time'),
      /comes twice that day; this is the first of the two, CEST\./,
    );
    await time.fill(`${lastSundayOf(10)}T03:00`);
    assert.doesNotMatch(await description(page, 'Date and time'), /twice/);
  });

  test('tells when that is, and goes on telling', async (t) => {
    const page = await visit(t, browser, system.url);
    await page.clock.install();
    // An answer would set the page's clock back to the server's.
    await page.route('**/api/**', () => undefined);
    await page.reload();
    await fillIn(page, { seconds: '300' });
    const before = await description(page, 'How long');
    assert.match(before, /^That is \w+, \d/);
    assert.equal(await description(page, 'Unit of time'), before);

    await page.clock.fastForward('30:00');
    await eventually(async () => (await description(page, 'How long')) !== before);
    await page.getByRole('radio', { name: 'At a set time' }).check();
    assert.equal(await description(page, 'Date and time'), 'That is within the hour. Your time zone: Europe/Berlin');
  });

  test('takes a tab for a space', async (t) => {
    const page = await visit(t, browser, system.url);
    await fillIn(page, { message: 'Cuddle\tWhiskers', how: 'Email', email: 'bob@example.com' });
    assert.equal((await getReminder(system.url, await submit(page))).message, 'Cuddle Whiskers');
  });

  test('forgets what was wrong with a field that is no longer asked for', async (t) => {
    const page = await visit(t, browser, system.url);
    await press(page);
    assert.equal(await page.locator('.field-error').count(), 2);
    await fillIn(page, { how: 'SMS' });
    await fillIn(page, { how: 'Both' });
    assert.deepEqual(await page.locator('.field-error').allInnerTexts(), ['An SMS needs a phone number.']);
  });

  test('works without JavaScript, and so does the page that it leads to', async (t) => {
    const page = await visit(t, browser, system.url, { javaScriptEnabled: false });
    await page.getByLabel('What to remind Bob of').fill('Cuddle <Whiskers>');
    await page.getByLabel('Seconds from now').fill('0');
    await page.getByLabel('Bob’s email address').fill('bob@example.com');
    await page.getByLabel('Bob’s phone number').fill('+14155552671');
    const id = await submit(page);

    assert.equal(await page.locator('.message').innerText(), 'Cuddle <Whiskers>');
    await eventually(async () => (await getReminder(system.url, id)).state === 'succeeded');
    await page.reload();
    assert.match(await page.locator('main').innerText(), /succeeded[^]*email\s+sent[^]*sms\s+sent/i);
  });

  test('without JavaScript starts one reminder when it is sent twice, and another when it is filled in anew', async (t) => {
    const page = await visit(t, browser, system.url, { javaScriptEnabled: false });
    const sendIt = async (message: string) => {
      await page.getByLabel('What to remind Bob of').fill(message);
      await page.getByLabel('Bob’s email address').fill('bob@example.com');
      await page.getByLabel('Bob’s phone number').fill('+14155552671');
      return submit(page);
    };
    const first = await sendIt('Cuddle Whiskers once');
    await page.goBack();
    assert.equal(await sendIt('Cuddle Whiskers once'), first);
    await page.goBack();
    assert.notEqual(await sendIt('Cuddle Whiskers again'), first);
    await page.goto(system.url);
    assert.notEqual(await sendIt('Cuddle Whiskers once'), first);
  });

  test('without JavaScript answers bad input with a page to read, and keeps what was typed', async (t) => {
    const page = await visit(t, browser, system.url, { javaScriptEnabled: false, refusals: [422] });
    await page.getByLabel('What to remind Bob of').fill('Cuddle Whiskers tenderly');
    await page.getByLabel('Bob’s phone number').fill('+1415555');
    await press(page);

    await page.getByRole('heading', { name: 'That did not work yet' }).waitFor();
    assert.deepEqual(await page.locator('main li').allInnerTexts(), [
      'Bob’s phone number must be a phone number, such as +1 415 555 2671',
      'Bob’s email address is missing: the preference needs it',
    ]);
    await page.goBack();
    assert.equal(await page.getByLabel('What to remind Bob of').inputValue(), 'Cuddle Whiskers tenderly');
    assert.equal(await page.getByLabel('Bob’s phone number').inputValue(), '+1415555');
  });
});

interface Fields {
  message?: string;
  seconds?: string;
  how?: string;
  email?: string;
  phone?: string;
}

/** Fills in those fields that the form shows. */
async function fillIn(page: Page, { message, seconds, how, email, phone }: Fields): Promise<void> {
  if (how !== undefined) await page.getByRole('radio', { name: how, exact: true }).check();
  for (const [label, value] of [
    ['What to remind Bob of', message],
    ['How long', seconds],
    ['Bob’s email address', email],
    ['Bob’s phone number', phone],
  ] as const) {
    const field = page.getByLabel(label);
    if (value !== undefined && (await field.isVisible())) await field.fill(value);
  }
}

function onlyIfNeeded(page: Page) {
  return page.getByRole('checkbox', { name: 'Only send the email if the text message does not arrive' });
}

async function press(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Remind Bob' }).click();
}

/** Submits what must be right, and returns the id of the reminder on whose page the visitor then is. */
async function submit(page: Page): Promise<string> {
  await press(page);
  await page.waitForURL('**/r/*');
  return new URL(page.url()).pathname.slice('/r/'.length);
}

async function focused(page: Page): Promise<string | null> {
  return page.locator(':focus').getAttribute('name');
}

/** What a screen reader says of a field beside its name. */
async function description(page: Page, label: string): Promise<string> {
  const ids = (await page.getByLabel(label).getAttribute('aria-describedby'))?.split(' ') ?? [];
  const texts = await Promise.all(ids.map((id) => page.locator(`[id="${id}"]`).textContent()));
  return texts.filter(Boolean).join(' ');
}

/** The day of next year on which the clocks of Berlin are changed in a month, 3 or 10. */
function lastSundayOf(month: number): string {
  const day = new Date(Date.UTC(new Date().getFullYear() + 1, month, 0));
  day.setUTCDate(day.getUTCDate() - day.getUTCDay());
  return day.toISOString().slice(0, 'yyyy-mm-dd'.length);
}

/** The nodes of the picture that are not idle, each with its status. */
async function litNodes(page: Page): Promise<Record<string, string | null>> {
  const lit: Record<string, string | null> = {};
  for (const node of await page.locator('[data-node]:not([data-status="idle"])').all()) {
    lit[(await node.getAttribute('data-node')) ?? ''] = await node.getAttribute('data-status');
  }
  return lit;
}
