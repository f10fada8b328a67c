import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { OutboxMessage } from '../../src/reminder';
import type { Reminder, ReminderPage } from '../../src/temporal/reminders';
import { eventually, startSystem, type System } from '../system';
import { courseRequest, getReminder, problemOf, send, startReminder } from './client';

const YEAR = 365 * 24 * 60 * 60;

describe('the API of reminders', () => {
  let system: System;
  let url: string;
  let reminders: string;
  before(async () => {
    system = await startSystem();
    url = system.url;
    reminders = `${url}/api/reminders`;
  });
  after(() => system.stop());

  const list = async (query = '') => (await (await fetch(`${reminders}${query}`)).json()) as ReminderPage;
  const outbox = async (id: string) =>
    (await (await fetch(`${url}/api/outbox?reminderId=${id}`)).json()) as OutboxMessage[];
  const runsOf = (id: string) => system.client.workflow.count(`WorkflowId = '${id}'`);
  const workflows = async () => (await system.client.workflow.count()).count;

  test("takes what the course's page sends", async () => {
    const before = Date.now();
    const response = await send(reminders, 'POST', courseRequest);

    assert.equal(response.status, 201);
    const reminder = (await response.json()) as Reminder;
    assert.equal(response.headers.get('Location'), `/api/reminders/${reminder.id}`);
    assert.equal(reminder.state, 'waiting');
    assert.equal(reminder.preference, 'both');
    const wait = Date.parse(reminder.dueAt) - before;
    assert.ok(wait >= 30_000 && wait < 60_000, `it waits ${wait} ms`);
    assert.deepEqual(await getReminder(url, reminder.id), reminder);
  });

  test('sends what is due, and tells the way it went', async () => {
    const { id } = await startReminder(url, {
      waitSeconds: 0,
      phone: '(415) 555-2671',
      message: 'Cuddle\r\nWhiskers 😺',
    });

    const reminder = await eventually(async () => {
      const seen = await getReminder(url, id);
      return seen.state === 'succeeded' && seen;
    });
    assert.deepEqual(
      reminder.path.map((step) => step.state),
      ['Timer', 'Preference', 'EmailReminder', 'SmsReminder', 'Succeeded'],
    );
    assert.deepEqual(
      reminder.deliveries.map(({ channel, status, attempts }) => [channel, status, attempts]),
      [
        ['email', 'sent', 1],
        ['sms', 'sent', 1],
      ],
    );
    const messages = await outbox(id);
    assert.deepEqual(messages.map(({ channel, to }) => [channel, to]).sort(), [
      ['email', 'bob@example.com'],
      ['sms', '+14155552671'],
    ]);
    assert.equal(messages.find(({ channel }) => channel === 'sms')?.text, 'Cuddle\nWhiskers 😺');
  });

  test('links to the execution in the Temporal Web UI', async () => {
    const { id, webUiUrl } = await startReminder(url);

    assert.ok(webUiUrl);
    assert.ok(webUiUrl.includes(`/namespaces/default/workflows/${id}/`));
    assert.equal((await fetch(webUiUrl)).status, 200);
  });

  test('takes a date and time with its offset', async () => {
    const remindAt = new Date(Date.now() + YEAR * 1000);
    const { dueAt } = await startReminder(url, {
      waitSeconds: '',
      remindAt: remindAt.toISOString().replace('Z', '+00:00'),
    });
    assert.equal(dueAt, remindAt.toISOString());
  });

  test('sends at once what was due in the past', async () => {
    const { id } = await startReminder(url, { waitSeconds: undefined, remindAt: '2020-02-29T09:00:00+01:00' });
    await eventually(async () => (await getReminder(url, id)).state === 'succeeded');
  });

  for (const [preference, contacts] of Object.entries({
    email: { email: 'bob@example.com', phone: '' },
    sms: { email: '', phone: '+14155552671' },
    both: { email: 'bob@example.com', phone: '+14155552671' },
  })) {
    test(`lets the contacts decide where there is no preference: ${preference}`, async () => {
      assert.equal((await startReminder(url, { preference: undefined, ...contacts })).preference, preference);
    });
  }

  for (const [spelling, expected] of [
    ['415-555-2671', '+14155552671'],
    ['+1 (415) 555.2671', '+14155552671'],
    ['+44 20 7946 0958', '+442079460958'],
    ['  +49 151 23456789 ', '+4915123456789'],
    ['0049 151 23456789', '+4915123456789'],
    ['tel:+1-415-555-2671', '+14155552671'],
    ['(+44) 20 7946 0958', '+442079460958'],
    ['\u202a+1\u202f415 555 2671\u202c', '+14155552671'],
    ['0000 415 555 2671', undefined],
  ] as const) {
    test(`reads the phone number ${JSON.stringify(spelling)} as ${expected ?? 'none'}`, async () => {
      const fields = { ...courseRequest, waitSeconds: 0, preference: 'sms', phone: spelling };
      const response = await send(reminders, 'POST', fields);
      if (expected === undefined) {
        await problemOf(response, 422);
        return;
      }
      assert.equal(response.status, 201, await response.clone().text());
      const { id } = (await response.json()) as Reminder;
      const [message] = await eventually(async () => {
        const messages = await outbox(id);
        return messages.length > 0 && messages;
      });
      assert.equal(message?.to, expected);
    });
  }

  describe('refuses', () => {
    const wrong: [what: string, fields: Record<string, unknown>, field: string][] = [
      ['no time', { waitSeconds: undefined }, 'waitSeconds'],
      ['two times', { remindAt: '2030-01-01T00:00:00Z' }, 'remindAt'],
      ['a negative wait', { waitSeconds: -1 }, 'waitSeconds'],
      ['a negative wait in digits', { waitSeconds: '-1' }, 'waitSeconds'],
      ['a wait in words', { waitSeconds: 'soon' }, 'waitSeconds'],
      ['a wait in exponents', { waitSeconds: '1e3' }, 'waitSeconds'],
      ['a wait in a list', { waitSeconds: [30] }, 'waitSeconds'],
      ['no wait, as null', { waitSeconds: null }, 'waitSeconds'],
      ['a wait that is true', { waitSeconds: true }, 'waitSeconds'],
      ['a wait of more than ten years', { waitSeconds: 315_576_001 }, 'waitSeconds'],
      ['a wait of more than ten years in digits', { waitSeconds: '315576001' }, 'waitSeconds'],
      ['a wait beyond all numbers', { waitSeconds: 1e300 }, 'waitSeconds'],
      ['a time without its offset', { waitSeconds: '', remindAt: '2030-01-01T09:00' }, 'remindAt'],
      ['a time that is none', { waitSeconds: '', remindAt: '2030-02-30T09:00:00Z' }, 'remindAt'],
      ['a time before all others', { waitSeconds: '', remindAt: '0000-01-01T00:00:00+14:00' }, 'remindAt'],
      ['a second that is none', { waitSeconds: '', remindAt: '2030-01-01T00:00:60Z' }, 'remindAt'],
      ['a time in more than ten years', { waitSeconds: '', remindAt: '2099-01-01T00:00:00Z' }, 'remindAt'],
      ['an unknown preference', { preference: 'pigeon' }, 'preference'],
      ['no message', { message: undefined }, 'message'],
      ['an empty message', { message: '' }, 'message'],
      ['a blank message', { message: ' \n ' }, 'message'],
      ['a message that cannot be seen', { message: '\u200b' }, 'message'],
      ['a message of 1,001 characters', { message: 'x'.repeat(1_001) }, 'message'],
      ['a message with a control character', { message: 'Cuddle\u0007' }, 'message'],
      ['a message with a zero byte', { message: 'Cuddle\u0000' }, 'message'],
      ['a message with half a character', { message: 'Cuddle \ud83d' }, 'message'],
      ['a message with bytes that are no character', { message: 'Cuddle \ufffd' }, 'message'],
      ['a key that is no text', { idempotencyKey: 5 }, 'idempotencyKey'],
      ['a message that is a number', { message: 7 }, 'message'],
      ['an email address without @', { email: 'bob' }, 'email'],
      ['two email addresses', { email: 'bob@example.com, eve@example.com' }, 'email'],
      ['an email address with a newline', { email: 'bob@example.com\nBcc: eve@example.com' }, 'email'],
      ['an email address that is too long', { email: `${'b'.repeat(250)}@example.com` }, 'email'],
      ['an email address with a name that is too long', { email: `${'b'.repeat(65)}@example.com` }, 'email'],
      ['an email address at what cannot be a host', { email: 'bob@example-.example.com' }, 'email'],
      ['no email address where it is needed', { email: '' }, 'email'],
      ['a phone number that is too short', { phone: '12' }, 'phone'],
      ['a phone number in letters', { phone: 'call me' }, 'phone'],
      ['a phone number with an extension', { phone: '+14155552671 ext. 5' }, 'phone'],
      ['no phone number where it is needed', { phone: undefined }, 'phone'],
      ['nobody to remind', { preference: '', email: '', phone: '' }, 'email'],
      ['a field it does not know', { remindat: 'tomorrow' }, 'remindat'],
    ];
    for (const [what, fields, field] of wrong) {
      test(what, async () => {
        const before = await workflows();
        const { errors } = await problemOf(await send(reminders, 'POST', { ...courseRequest, ...fields }), 422);
        assert.deepEqual(
          errors?.map((error) => error.field),
          [field],
          JSON.stringify(errors),
        );
        assert.equal(await workflows(), before);
      });
    }

    test('several wrong fields, naming each', async () => {
      const { errors } = await problemOf(
        await send(reminders, 'POST', { waitSeconds: 'x', message: '', email: 'x', phone: 'x', preference: 'x' }),
        422,
      );
      assert.deepEqual(errors?.map((error) => error.field).sort(), [
        'email',
        'message',
        'phone',
        'preference',
        'waitSeconds',
      ]);
    });

    test('a list in place of a reminder', async () => {
      await problemOf(await send(reminders, 'POST', [courseRequest]), 422);
    });

    test('JSON that is none', async () => {
      for (const body of ['{"message":', 'null', '"cuddle"', '{"a":1}}'])
        await problemOf(await send(reminders, 'POST', body), 400);
    });

    test('a body in another media type', async () => {
      for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/xml']) {
        const response = await send(reminders, 'POST', courseRequest, { 'Content-Type': type });
        await problemOf(response, 415);
      }
    });

    test('a body in another encoding', async () => {
      const encoded = await send(reminders, 'POST', courseRequest, { 'Content-Encoding': 'x-cat' });
      await problemOf(encoded, 415);
      const charset = await send(reminders, 'POST', courseRequest, { 'Content-Type': 'application/json; charset=cat' });
      await problemOf(charset, 415);
    });

    test('no body at all', async () => {
      await problemOf(await fetch(reminders, { method: 'POST' }), 415);
    });

    test('a body of more than 16 kB', async () => {
      await problemOf(await send(reminders, 'POST', { ...courseRequest, message: 'x'.repeat(17_000) }), 413);
    });

    test('an id that nobody has', async () => {
      for (const id of ['nobody', '%00', '..%2f..%2fetc', 'x'.repeat(2_000), "' OR 1=1"]) {
        const one = `${reminders}/${encodeURI(id)}`;
        await problemOf(await fetch(one), 404);
        await problemOf(await send(one, 'PATCH', { message: 'x' }), 404);
        await problemOf(await fetch(one, { method: 'DELETE' }), 404);
      }
      await problemOf(await fetch(`${reminders}/%zz`), 400);
    });

    test('the id of a workflow that is no reminder', async () => {
      await system.client.workflow.start('another', { workflowId: 'not-a-reminder', taskQueue: 'none' });
      await problemOf(await fetch(`${reminders}/not-a-reminder`), 404);
      await problemOf(await fetch(`${reminders}/not-a-reminder`, { method: 'DELETE' }), 404);
      assert.equal((await system.client.workflow.getHandle('not-a-reminder').describe()).status.name, 'RUNNING');
    });

    test('what pages of other sites ask for', async () => {
      for (const origin of ['https://evil.example', 'null', 'foo', 'http://127.0.0.1:1']) {
        await problemOf(await send(reminders, 'POST', courseRequest, { Origin: origin }), 403);
      }
      assert.equal((await send(reminders, 'POST', courseRequest, { Origin: url })).status, 201);
    });

    test('the next page of another list', async () => {
      for (let reminder = 0; reminder < 2; reminder++) await startReminder(url);
      const { nextPageToken = '' } = await list('?pageSize=1&state=waiting');
      assert.equal((await fetch(`${reminders}?pageSize=1&state=waiting&pageToken=${nextPageToken}`)).status, 200);
      const other = await fetch(`${reminders}?pageSize=1&state=cancelled&pageToken=${nextPageToken}`);
      const { errors } = await problemOf(other, 400);
      assert.equal(errors?.[0]?.field, 'pageToken');
    });

    test('methods that it does not know', async () => {
      const response = await fetch(reminders, { method: 'PUT' });
      assert.equal(response.headers.get('Allow'), 'GET, HEAD, POST');
      await problemOf(response, 405);
    });

    test('parameters that are wrong', async () => {
      for (const query of [
        'state=asleep',
        'pageSize=0',
        'pageSize=101',
        'pageSize=many',
        'pageToken=*',
        'pageToken=Y2F0',
      ]) {
        const { errors } = await problemOf(await fetch(`${reminders}?${query}`), 400);
        assert.equal(errors?.[0]?.field, query.split('=')[0]);
      }
    });
  });

  test('takes a message of exactly 1,000 characters, however many bytes they are', async () => {
    const message = '😺'.repeat(1_000);
    assert.equal((await startReminder(url, { message })).message, message);
  });

  test('takes a wait of ten years, and one of none', async () => {
    await startReminder(url, { waitSeconds: 315_576_000 });
    await startReminder(url, { waitSeconds: '0' });
  });

  describe('with an Idempotency-Key', () => {
    test('starts one reminder, however often and however fast it is asked', async () => {
      const key = { 'Idempotency-Key': 'one-of-twenty' };
      const responses = await Promise.all(
        Array.from({ length: 20 }, () => send(reminders, 'POST', { ...courseRequest, waitSeconds: 1 }, key)),
      );

      assert.deepEqual(responses.map(({ status }) => status).sort(), [...Array<number>(19).fill(200), 201]);
      const ids = await Promise.all(responses.map(async (response) => ((await response.json()) as Reminder).id));
      assert.equal(new Set(ids).size, 1);
      const [id = ''] = ids;
      await eventually(async () => (await getReminder(url, id)).state === 'succeeded');
      assert.equal((await outbox(id)).length, 2);
      assert.equal((await runsOf(id)).count, 1);

      const later = await send(reminders, 'POST', { ...courseRequest, waitSeconds: 1 }, key);
      assert.equal(later.status, 200);
      assert.equal(((await later.json()) as Reminder).state, 'succeeded');
      assert.equal((await outbox(id)).length, 2);
      assert.equal((await runsOf(id)).count, 1);
    });

    test('refuses the same key for another reminder', async () => {
      const key = { 'Idempotency-Key': '"another"' };
      assert.equal((await send(reminders, 'POST', courseRequest, key)).status, 201);
      const { errors } = await problemOf(
        await send(reminders, 'POST', { ...courseRequest, message: 'Feed Whiskers' }, key),
        422,
      );
      assert.equal(errors?.[0]?.field, 'Idempotency-Key');
    });

    test('knows the same time again, however it is written', async () => {
      const key = { 'Idempotency-Key': 'one-time' };
      const fields = { ...courseRequest, waitSeconds: '' };
      for (const [remindAt, status] of [
        ['2030-01-01T00:00:00Z', 201],
        ['2030-01-01T01:00:00.000+01:00', 200],
        ['2030-01-01T00:00:01Z', 422],
      ] as const) {
        assert.equal((await send(reminders, 'POST', { ...fields, remindAt }, key)).status, status, remindAt);
      }
    });

    test('refuses a key that is empty or too long', async () => {
      for (const key of ['', 'x'.repeat(256)]) {
        await problemOf(await send(reminders, 'POST', courseRequest, { 'Idempotency-Key': key }), 400);
      }
    });
  });

  describe('as an HTML form', () => {
    const post = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(reminders, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual', headers });

    test('starts a reminder and goes to its page', async () => {
      const response = await post({ ...courseRequest, remindAt: '', waitSeconds: '3600' });

      assert.equal(response.status, 303);
      const page = response.headers.get('Location') ?? '';
      assert.match(page, /^\/r\/[\w-]{22}$/);
      const html = await (await fetch(url + page)).text();
      assert.match(html, />Cuddle Whiskers<\/p>/);
      assert.match(html, /waiting/);
    });

    test('tells a browser without JavaScript what is wrong on a page', async () => {
      const response = await post({ ...courseRequest, email: '<b>bob' }, { Accept: 'text/html' });

      assert.equal(response.status, 422);
      assert.match(response.headers.get('Content-Type') ?? '', /^text\/html/);
      assert.match(await response.text(), /<strong>Bob’s email address<\/strong> must be an email address/);
    });

    test('tells a program what is wrong as problem details', async () => {
      await problemOf(await post({ ...courseRequest, email: 'bob' }), 422);
    });
  });

  describe('changes', () => {
    const patch = (id: string, change: unknown) => send(`${reminders}/${id}`, 'PATCH', change);

    test('when a reminder is due', async () => {
      const { id } = await startReminder(url, { waitSeconds: YEAR });
      const response = await patch(id, { waitSeconds: 0 });

      assert.equal(response.status, 200);
      await eventually(async () => (await getReminder(url, id)).state === 'succeeded');
      assert.equal((await outbox(id)).length, 2);
    });

    test('what a reminder says, wherever it is shown', async () => {
      const { id, dueAt } = await startReminder(url, { waitSeconds: YEAR });
      const changed = (await (await patch(id, { message: 'Feed Whiskers' })).json()) as Reminder;

      assert.equal(changed.message, 'Feed Whiskers');
      assert.equal(changed.dueAt, dueAt);
      assert.equal((await getReminder(url, id)).message, 'Feed Whiskers');
      await eventually(async () => (await list()).reminders.find((one) => one.id === id)?.message === 'Feed Whiskers');
    });

    test('nothing, when the change is wrong', async () => {
      const reminder = await startReminder(url, { waitSeconds: YEAR });
      for (const [change, field] of [
        [{}, 'body'],
        [{ message: '' }, 'message'],
        [{ waitSeconds: -1 }, 'waitSeconds'],
        [{ waitSeconds: 1, remindAt: '2030-01-01T00:00:00Z' }, 'remindAt'],
        [{ email: 'eve@example.com' }, 'email'],
      ] as const) {
        const { errors } = await problemOf(await patch(reminder.id, change), 422);
        assert.equal(errors?.[0]?.field, field);
      }
      assert.deepEqual(await getReminder(url, reminder.id), reminder);
    });

    test('nothing, when the reminder was sent', async () => {
      const { id } = await startReminder(url, { waitSeconds: 0 });
      await eventually(async () => (await getReminder(url, id)).state === 'succeeded');
      await problemOf(await patch(id, { waitSeconds: 10 }), 409);
      await problemOf(await fetch(`${reminders}/${id}`, { method: 'DELETE' }), 409);
      assert.equal((await outbox(id)).length, 2);
    });
  });

  describe('cancels', () => {
    const cancel = (id: string) => fetch(`${reminders}/${id}`, { method: 'DELETE' });

    test('a waiting reminder, once and for all', async () => {
      const { id } = await startReminder(url, { waitSeconds: YEAR });
      const response = await cancel(id);

      assert.equal(response.status, 200);
      assert.equal(((await response.json()) as Reminder).state, 'cancelled');
      const { state, path } = await getReminder(url, id);
      assert.equal(state, 'cancelled');
      assert.equal(path.at(-1)?.state, 'Cancelled');
      assert.equal((await cancel(id)).status, 200, 'cancelling twice is no error');
      await problemOf(await send(`${reminders}/${id}`, 'PATCH', { waitSeconds: 0 }), 409);
    });

    test("as the Web UI's buttons do", async () => {
      const cancelled = await startReminder(url, { waitSeconds: YEAR });
      await system.client.workflow.getHandle(cancelled.id).cancel();
      await eventually(async () => (await getReminder(url, cancelled.id)).state === 'cancelled');

      const terminated = await startReminder(url, { waitSeconds: YEAR });
      await system.client.workflow.getHandle(terminated.id).terminate();
      const { path, deliveries } = await eventually(async () => {
        const seen = await getReminder(url, terminated.id);
        return seen.state === 'cancelled' && seen;
      });
      assert.equal(path.at(-1)?.state, 'Cancelled');
      assert.deepEqual(
        deliveries.map((delivery) => delivery.status),
        ['skipped', 'skipped'],
      );
    });
  });

  describe('lists', () => {
    test('reminders by state', async () => {
      const waiting = await startReminder(url, { waitSeconds: YEAR });
      const sent = await startReminder(url, { waitSeconds: 0 });
      const cancelled = await startReminder(url, { waitSeconds: YEAR });
      await fetch(`${reminders}/${cancelled.id}`, { method: 'DELETE' });

      for (const [state, id] of [
        ['waiting', waiting.id],
        ['succeeded', sent.id],
        ['cancelled', cancelled.id],
      ] as const) {
        const found = await eventually(async () => {
          const page = await list(`?state=${state}&pageSize=100`);
          return page.reminders.some((one) => one.id === id) && page.reminders;
        });
        assert.deepEqual([...new Set(found.map((one) => one.state))], [state]);
      }
      const { reminders: all } = await list('?pageSize=100');
      for (const { id } of [waiting, sent, cancelled]) assert.ok(all.some((one) => one.id === id));
    });

    test('page by page, each reminder once', async () => {
      const started = await Promise.all(Array.from({ length: 7 }, () => startReminder(url, { waitSeconds: YEAR })));
      const all = await eventually(async () => {
        const ids = (await list('?state=waiting&pageSize=100')).reminders.map(({ id }) => id);
        return started.every(({ id }) => ids.includes(id)) && ids;
      });

      const seen: string[] = [];
      let token: string | undefined;
      do {
        const page: ReminderPage = await list(`?state=waiting&pageSize=3${token ? `&pageToken=${token}` : ''}`);
        assert.ok(page.reminders.length <= 3);
        seen.push(...page.reminders.map(({ id }) => id));
        token = page.nextPageToken;
      } while (token);
      assert.deepEqual(seen, all);
    });

    test('reminders that another Temporal client has started', async () => {
      const now = new Date().toISOString();
      const handle = await system.client.workflow.start('reminder', {
        workflowId: 'from-elsewhere',
        taskQueue: 'reminders',
        args: [{ preference: 'email', email: 'bob@example.com', message: 'Hello', createdAt: now, dueAt: now }],
      });
      await handle.result();
      assert.equal((await getReminder(url, 'from-elsewhere')).state, 'succeeded');
      await eventually(async () => (await list('?state=succeeded')).reminders.some((one) => one.message === 'Hello'));
    });
  });
});
