import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Reminder, ReminderPage } from '../../src/temporal/reminders';
import { eventually, startSystem, type System } from '../system';
import { courseRequest, getReminder, problemOf, send, startReminder } from './client';

/** The status that a request for the list is answered with, when a proxy says that it comes from an address. */
async function statusFrom(url: string, forwardedFor: string): Promise<number> {
  const response = await fetch(`${url}/api/reminders`, { headers: { 'X-Forwarded-For': forwardedFor } });
  await response.body?.cancel();
  return response.status;
}

/** Checks that a request was refused for too much, with how long to wait, in seconds. */
async function secondsToWait(response: Response): Promise<number> {
  await problemOf(response.clone(), 429);
  const text = response.headers.get('Retry-After') ?? '';
  assert.match(text, /^\d+$/);
  return Number(text);
}

async function listReminders(url: string): Promise<ReminderPage['reminders']> {
  const response = await fetch(`${url}/api/reminders?pageSize=100`);
  return ((await response.json()) as ReminderPage).reminders;
}

async function countReminders(url: string): Promise<number> {
  return (await listReminders(url)).length;
}

const statuses = (responses: Response[]) => responses.map(({ status }) => status).sort();

describe('requests a minute', () => {
  let system: System;
  before(async () => {
    system = await startSystem();
  });
  after(() => system.stop());

  test('are limited for one address, and for no other', async () => {
    const url = await system.startAnotherApi({ REQUESTS_PER_MINUTE: '5', TRUST_PROXY: '1' });
    for (let request = 0; request < 5; request++) assert.equal(await statusFrom(url, '192.0.2.1'), 200);
    const refused = await fetch(`${url}/api/reminders`, { headers: { 'X-Forwarded-For': '192.0.2.1' } });
    const seconds = await secondsToWait(refused);
    assert.ok(seconds > 0 && seconds <= 60, String(seconds));
    assert.equal(await statusFrom(url, '192.0.2.2'), 200);
  });

  test('that are too many change nothing, and a browser is told so on a page', async () => {
    const url = await system.startAnotherApi({ REQUESTS_PER_MINUTE: '2' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => send(`${url}/api/reminders`, 'POST', courseRequest)),
    );
    assert.deepEqual(statuses(answers), [201, 201, ...Array<number>(18).fill(429)]);
    await eventually(async () => (await countReminders(system.url)) === 2);

    for (const path of ['/r/nobody', '/api/reminders']) {
      const body = path === '/r/nobody' ? {} : { method: 'POST', body: new URLSearchParams(courseRequest) };
      const response = await fetch(url + path, { ...body, headers: { Accept: 'text/html' } });
      assert.equal(response.status, 429);
      assert.match(response.headers.get('Retry-After') ?? '', /^\d+$/);
      assert.match(await response.text(), /Too many requests have come from your network/);
    }
  });

  test('do not count for who asks whether it is well, nor for the files of the page', async () => {
    const url = await system.startAnotherApi({ REQUESTS_PER_MINUTE: '1' });
    for (const path of ['/healthz', '/readyz', '/metrics', '/', '/style.css', '/api/openapi.json']) {
      for (const time of [1, 2]) {
        const expected = path.startsWith('/api') && time > 1 ? 429 : 200;
        assert.equal((await fetch(url + path)).status, expected, path);
      }
    }
  });

  test('count by /64 for IPv6, where one visitor has all of it', async () => {
    const url = await system.startAnotherApi({ REQUESTS_PER_MINUTE: '2', TRUST_PROXY: 'loopback' });
    assert.equal(await statusFrom(url, '2001:db8:0:1::1'), 200);
    assert.equal(await statusFrom(url, '2001:db8:0:1:ffff:ffff:ffff:ffff'), 200);
    assert.equal(await statusFrom(url, '2001:db8:0:1::2'), 429);
    assert.equal(await statusFrom(url, '2001:db8:0:2::1'), 200);
    assert.equal(await statusFrom(url, '::ffff:192.0.2.1'), 200);
    assert.equal(await statusFrom(url, '192.0.2.1'), 200);
    assert.equal(await statusFrom(url, '192.0.2.1'), 429);
  });

  test('are not to be had by claiming to come from elsewhere', async () => {
    const alone = await system.startAnotherApi({ REQUESTS_PER_MINUTE: '2' });
    assert.equal(await statusFrom(alone, '192.0.2.1'), 200);
    assert.equal(await statusFrom(alone, '192.0.2.2'), 200);
    assert.equal(await statusFrom(alone, '192.0.2.3'), 429);

    for (const TRUST_PROXY of ['1', 'loopback']) {
      const url = await system.startAnotherApi({ REQUESTS_PER_MINUTE: '2', TRUST_PROXY });
      // A proxy adds whom it sees to what that one claims.
      assert.equal(await statusFrom(url, '192.0.2.1, 198.51.100.9'), 200);
      assert.equal(await statusFrom(url, '127.0.0.1, 192.0.2.2, 198.51.100.9'), 200);
      assert.equal(await statusFrom(url, '192.0.2.3, 198.51.100.9'), 429);
      assert.equal(await statusFrom(url, '198.51.100.9, 192.0.2.3'), 200);
    }
  });

  test('count for who comes through a proxy that forwards more than an address', async () => {
    const url = await system.startAnotherApi({ REQUESTS_PER_MINUTE: '2', TRUST_PROXY: '1' });
    assert.equal(await statusFrom(url, '192.0.2.1:1001'), 200);
    assert.equal(await statusFrom(url, '192.0.2.1:1002'), 200);
    assert.equal(await statusFrom(url, '192.0.2.1:1003'), 429);
  });

  test('leave it to others of the same network to agree and to stop', async () => {
    const url = await system.startAnotherApi({ REQUESTS_PER_MINUTE: '2' });
    const spend = async (path: string) => {
      for (let request = 0; request < 2; request++) assert.notEqual((await fetch(url + path)).status, 429, path);
      await secondsToWait(await fetch(url + path));
    };
    await spend('/api/reminders');
    await spend('/stop/nobody');
    await secondsToWait(await fetch(`${url}/r/nobody`));
    await secondsToWait(await fetch(`${url}/confirm/nobody`));
  });

  test('that have messages sent are limited within a day, too, where anyone may make them', async (t) => {
    const settings = { REQUESTS_PER_MINUTE: '2', TRUST_PROXY: '1' };
    const url = await system.startAnotherApi(settings);
    const withToken = await system.startAnotherApi({ ...settings, ACCESS_TOKEN: 'a-token-of-twenty-five' });
    const visitor = { 'X-Forwarded-For': '192.0.2.1', Authorization: 'Bearer a-token-of-twenty-five' };
    const start = (url: string, from = visitor) => send(`${url}/api/reminders`, 'POST', courseRequest, from);
    const { id } = await startReminder(system.url);
    const askAgain = () =>
      send(`${url}/api/reminders/${id}/confirmation-requests`, 'POST', { channel: 'email' }, visitor);

    t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    for (let minute = 0; minute < 5; minute++) {
      assert.equal((await start(url)).status, 201);
      assert.equal((await askAgain()).status, 409);
      await secondsToWait(await start(url));
      for (let time = 0; time < 2; time++) assert.equal((await start(withToken)).status, 201);
      t.mock.timers.tick(60_000);
    }
    for (const request of [() => start(url), askAgain]) {
      const refused = await request();
      assert.equal(await secondsToWait(refused.clone()), 24 * 3600 - 300);
      assert.match(
        (await problemOf(refused, 429)).detail,
        /^Too many requests .* within a day\. Please try again in 24 hours\.$/,
      );
    }
    assert.equal((await start(withToken)).status, 201);
    assert.equal((await start(url, { ...visitor, 'X-Forwarded-For': '192.0.2.2' })).status, 201);
    t.mock.timers.tick(60_000);
    assert.equal(await statusFrom(url, '192.0.2.1'), 200);

    t.mock.timers.tick(24 * 3_600_000);
    assert.equal((await start(url)).status, 201);
  });

  test('have no limit while only this machine reaches it', async () => {
    const url = await system.startAnotherApi();
    await startReminder(url);
    for (let request = 0; request < 150; request++) assert.equal(await statusFrom(url, '192.0.2.1'), 200);
  });
});

describe('reminders to one contact within a day', () => {
  let system: System;
  before(async () => {
    system = await startSystem({ MAX_PER_CONTACT_PER_DAY: '3' });
  });
  after(() => system.stop());

  const toEmail = (email: string) => ({ preference: 'email', message: 'Cuddle Whiskers', waitSeconds: 3600, email });
  const start = (body: object, headers?: Record<string, string>, url = system.url) =>
    send(`${url}/api/reminders`, 'POST', body, headers);

  test('are limited, however many are asked for at once and after a restart, and nobody else is', async () => {
    const before = await countReminders(system.url);
    const answers = await Promise.all(Array.from({ length: 100 }, () => start(toEmail('burst@example.com'))));
    assert.deepEqual(statuses(answers), [...Array<number>(3).fill(201), ...Array<number>(97).fill(429)]);
    await eventually(async () => (await countReminders(system.url)) === before + 3);

    const again = await system.startAnotherApi();
    const refused = await start(toEmail('burst@example.com'), {}, again);
    assert.equal(await secondsToWait(refused), 24 * 3600);
    const { errors } = await problemOf(refused, 429);
    assert.deepEqual(errors, [
      { field: 'email', detail: 'takes no more reminders today; please try again in 24 hours' },
    ]);
    assert.equal((await start(toEmail('other@example.com'), {}, again)).status, 201);
    await eventually(async () => (await countReminders(system.url)) === before + 4);
  });

  test('count for one mailbox, and for one number, however it is written', async () => {
    for (const email of ['fold.ed@example.com', 'F.o.l.d.e.d@example.com', 'folded+whiskers@EXAMPLE.com'])
      assert.equal((await start(toEmail(email))).status, 201, email);
    await secondsToWait(await start(toEmail('folded@example.com')));
    assert.equal((await start(toEmail('folded@example.org'))).status, 201);

    const toPhone = (phone: string) => ({ ...courseRequest, preference: 'sms', email: '', phone });
    for (const phone of ['+14155550101', '(415) 555-0101', '001 415 555 0101'])
      assert.equal((await start(toPhone(phone))).status, 201, phone);
    const { errors = [] } = await problemOf(await start(toPhone('415-555-0101')), 429);
    assert.deepEqual(
      errors.map(({ field }) => field),
      ['phone'],
    );
  });

  test('of which one takes no more go to neither, and those that are full are named', async () => {
    const both = (email: string, phone: string) => ({ ...courseRequest, waitSeconds: 3600, email, phone });
    for (let time = 0; time < 3; time++) await startReminder(system.url, toEmail('full@example.com'));
    const named = async (body: object) => {
      const { errors = [] } = await problemOf(await start(body), 429);
      return errors.map(({ field }) => field);
    };
    const phone = '+14155550102';
    for (let time = 0; time < 5; time++) assert.deepEqual(await named(both('full@example.com', phone)), ['email']);
    for (let time = 0; time < 3; time++) assert.equal((await start(both('empty@example.com', phone))).status, 201);
    assert.deepEqual(await named(both('full@example.com', phone)), ['email', 'phone']);
  });

  test('do not count again, and are answered as before, when a request is repeated', async () => {
    const key = (name: string) => ({ 'Idempotency-Key': `repeated ${name}` });
    const body = toEmail('again@example.com');
    for (const name of ['2', '3']) assert.equal((await start(body, key(name))).status, 201);
    const repeated = await Promise.all(Array.from({ length: 20 }, () => start(body, key('1'))));
    assert.deepEqual(statuses(repeated), [...Array<number>(19).fill(200), 201]);

    for (const url of [system.url, await system.startAnotherApi()]) {
      for (const name of ['1', '2', '3']) assert.equal((await start(body, key(name), url)).status, 200);
      await secondsToWait(await start(body, key('4'), url));
      await problemOf(await start({ ...body, message: 'Another one' }, key('1'), url), 422);
    }
  });

  test('count even when they were cancelled', async () => {
    for (let time = 0; time < 3; time++) {
      const { id } = await startReminder(system.url, toEmail('cancelled@example.com'));
      assert.equal((await send(`${system.url}/api/reminders/${id}`, 'DELETE', '')).status, 200);
    }
    await secondsToWait(await start(toEmail('cancelled@example.com')));
  });
});

describe('reminders that are due to one contact within a day', () => {
  let system: System;
  /** An API that lets three be due. */
  let limited: string;
  before(async () => {
    system = await startSystem();
    limited = await system.startAnotherApi({ MAX_PER_CONTACT_PER_DAY: '3' });
  });
  after(() => system.stop());

  const HOUR = 3_600_000;
  const noon = Date.now() + 1_000 * HOUR;
  const at = (time: number) => ({ waitSeconds: undefined, remindAt: new Date(time).toISOString() });
  const toEmail = (email: string, time: number) => ({ ...at(time), preference: 'email', email, phone: '' });

  /** Starts reminders that are due two days after each other, long after noon, by an API without a limit. */
  const plant = (email: string, many: number, fields: object = {}) =>
    Promise.all(
      Array.from({ length: many }, (_, index) =>
        startReminder(system.url, { ...toEmail(email, noon + (index + 10) * 48 * HOUR), ...fields }),
      ),
    );
  const change = (url: string, { id }: Reminder, fields: object) => send(`${url}/api/reminders/${id}`, 'PATCH', fields);
  const move = (url: string, reminder: Reminder, time: number) => change(url, reminder, at(time));

  test('are limited, however many are moved to one time at once, and by whichever process', async () => {
    const planted = await plant('moved@example.com', 10);
    const answers = await Promise.all(planted.map((reminder) => move(limited, reminder, noon)));
    assert.deepEqual(statuses(answers), [200, 200, 200, ...Array<number>(7).fill(429)]);
    const moved = planted.filter((_, index) => answers[index]?.status === 200);
    const left = planted.filter((_, index) => answers[index]?.status === 429);
    for (const { id, dueAt } of left) assert.equal((await getReminder(limited, id)).dueAt, dueAt);
    await eventually(async () => {
      const known = await listReminders(system.url);
      return known.filter(({ dueAt }) => Date.parse(dueAt) === noon).length === 3;
    });

    const again = await system.startAnotherApi({ MAX_PER_CONTACT_PER_DAY: '3' });
    for (const url of [limited, again]) {
      const [one, other] = left;
      assert.ok(one && other);
      assert.equal((await move(url, one, noon)).status, 429);
      const refused = await move(url, other, noon + HOUR);
      assert.equal(await secondsToWait(refused.clone()), 3600);
      assert.deepEqual(await problemOf(refused, 429), {
        type: 'about:blank',
        title: 'Too Many Requests',
        status: 429,
        detail: 'They get so many reminders around that time that none can be added. Please choose another time.',
      });
      // Whoever is there already may stay, move a little, and say something else.
      for (const reminder of moved) assert.equal((await move(url, reminder, noon + 1)).status, 200);
      assert.equal((await change(url, one, { message: 'Feed Whiskers' })).status, 200);
    }
  });

  test('leave room when one of them is cancelled, or moved away', async () => {
    const [first, second, third, fourth, fifth] = await plant('room@example.com', 5);
    assert.ok(first && second && third && fourth && fifth);
    for (const reminder of [first, second, third]) assert.equal((await move(limited, reminder, noon)).status, 200);
    assert.equal((await move(limited, fourth, noon)).status, 429);
    assert.equal((await send(`${limited}/api/reminders/${first.id}`, 'DELETE', '')).status, 200);
    await eventually(async () => (await move(limited, fourth, noon)).status === 200);

    assert.equal((await move(limited, fifth, noon)).status, 429);
    assert.equal((await move(limited, second, noon + 48 * HOUR)).status, 200);
    const again = await system.startAnotherApi({ MAX_PER_CONTACT_PER_DAY: '3' });
    await eventually(async () => (await move(again, fifth, noon)).status === 200);
  });

  test('are counted in any 24 hours around the time', async () => {
    const [one, two, three, four, five, six] = await plant('window@example.com', 6);
    assert.ok(one && two && three && four && five && six);
    // Never four within a day, though more than that around noon.
    for (const [reminder, hours] of [
      [one, -13],
      [two, -12],
      [three, 12],
      [four, 13],
      [five, 0],
    ] as const)
      assert.equal((await move(limited, reminder, noon + hours * HOUR)).status, 200, `${hours} hours`);
    for (const hours of [-12, -1, 0, 1, 12])
      assert.equal((await move(limited, six, noon + hours * HOUR)).status, 429, `${hours} hours`);
    assert.equal((await move(limited, six, noon - 24 * HOUR + 1)).status, 429);
    assert.equal((await move(limited, six, noon - 24 * HOUR)).status, 200);
  });

  test('count for one mailbox however it is written, and for each contact of a reminder', async () => {
    const phone = '+14155550103';
    const planted = await Promise.all([
      ...['fold.ed@example.com', 'folded+a@example.com'].map((email) => plant(email, 1)),
      plant('folded+b@example.com', 1, { preference: 'both', phone: '+14155550104' }),
    ]);
    for (const reminder of planted.flat()) assert.equal((await move(limited, reminder, noon)).status, 200);
    const [both] = await plant('folded@example.com', 1, { preference: 'both', phone });
    const [sms] = await plant('', 1, { preference: 'sms', phone });
    assert.ok(both && sms);
    assert.equal((await move(limited, both, noon)).status, 429);
    assert.equal((await move(limited, sms, noon)).status, 200);
  });

  test('are limited for what is started on different days, also when it is due already', async (t) => {
    const key = (name: string) => ({ 'Idempotency-Key': `due ${name}` });
    const start = (time: number, headers?: Record<string, string>) =>
      send(`${limited}/api/reminders`, 'POST', { ...courseRequest, ...toEmail('days@example.com', time) }, headers);
    const started = await Promise.all(['1', '2', '3'].map((name) => start(noon, key(name))));
    assert.deepEqual(statuses(started), [201, 201, 201]);
    const ids = await Promise.all(started.map(async (response) => ((await response.json()) as { id: string }).id));
    await eventually(async () => {
      const listed = (await listReminders(system.url)).map(({ id }) => id);
      return ids.every((id) => listed.includes(id));
    });

    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 25 * HOUR });
    const refused = await start(noon + HOUR);
    assert.equal(await secondsToWait(refused.clone()), 3600);
    assert.match((await problemOf(refused, 429)).detail, /around that time/);
    for (const name of ['1', '2', '3']) assert.equal((await start(noon, key(name))).status, 200);
    await problemOf(await start(noon + HOUR, key('1')), 422);
    for (const name of ['4', '5', '6']) assert.equal((await start(noon + 24 * HOUR, key(name))).status, 201);
    t.mock.timers.reset();

    // Whatever time in the past is given, it is sent now.
    const planted = await plant('past@example.com', 4);
    const answers = await Promise.all(planted.map((reminder, day) => move(limited, reminder, day * 48 * HOUR)));
    assert.deepEqual(statuses(answers), [200, 200, 200, 429]);
  });
});

describe('reminders that wait', () => {
  let system: System;
  before(async () => {
    system = await startSystem({ MAX_WAITING: '3' });
  });
  after(() => system.stop());

  test('are limited in all, until one of them ends', async () => {
    const start = (url: string, headers = {}) =>
      send(`${url}/api/reminders`, 'POST', { ...courseRequest, waitSeconds: 3600 }, headers);
    const keys = Array.from({ length: 20 }, (_, key) => ({ 'Idempotency-Key': String(key) }));
    const answers = await Promise.all(keys.map((key) => start(system.url, key)));
    assert.deepEqual(statuses(answers), [201, 201, 201, ...Array<number>(17).fill(429)]);
    await eventually(async () => (await countReminders(system.url)) === 3);
    const another = await system.startAnotherApi();
    for (const url of [system.url, another]) {
      assert.equal(await secondsToWait(await start(url)), 60);
      assert.deepEqual(statuses(await Promise.all(keys.map((key) => start(url, key)))), [
        200,
        200,
        200,
        ...Array<number>(17).fill(429),
      ]);
    }
    assert.equal(await countReminders(system.url), 3);

    const [kept] = answers.filter(({ status }) => status === 201);
    const { id } = (await kept?.json()) as { id: string };
    assert.equal((await send(`${system.url}/api/reminders/${id}`, 'DELETE', '')).status, 200);
    await eventually(async () => (await start(another)).status === 201);
    assert.equal((await start(another)).status, 429);
  });
});

describe('text messages', () => {
  let system: System;
  before(async () => {
    system = await startSystem();
  });
  after(() => system.stop());

  const toPhone = (url: string, phone: string) =>
    send(`${url}/api/reminders`, 'POST', { ...courseRequest, preference: 'sms', waitSeconds: 3600, phone });

  test('go only to the countries that are allowed, also where several share a code', async () => {
    const url = await system.startAnotherApi({ SMS_COUNTRIES: 'US, GB' });
    for (const phone of ['+1 415 555 2671', '415 555 2671', '+44 7400 123456'])
      assert.equal((await toPhone(url, phone)).status, 201, phone);
    // Canada, Jamaica, Guernsey, Latvia, and a satellite.
    for (const phone of [
      '+1 416 555 0123',
      '+1 876 555 1234',
      '+44 7911 123456',
      '+371 21 234 567',
      '+8816 12345678',
    ]) {
      const { errors } = await problemOf(await toPhone(url, phone), 422);
      const detail = 'must be a number of US or GB: text messages are sent to no other country';
      assert.deepEqual(errors, [{ field: 'phone', detail }], phone);
    }
    assert.equal(await countReminders(system.url), 3);
    for (const phone of ['+1 416 555 0123', '+371 21 234 567', '+8816 12345678'])
      assert.equal((await toPhone(system.url, phone)).status, 201, phone);
  });

  test('do not go to premium-rate numbers', async () => {
    for (const phone of ['+1 900 234 5678', '+33 899 12 34 56']) {
      const { errors } = await problemOf(await toPhone(system.url, phone), 422);
      assert.deepEqual(errors, [{ field: 'phone', detail: 'must not be a premium-rate number' }], phone);
    }
  });
});
