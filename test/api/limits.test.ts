import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ReminderPage } from '../../src/temporal/reminders';
import { eventually, startSystem, type System } from '../system';
import { courseRequest, problemOf, send, startReminder } from './client';

let system: System;
before(async () => {
  system = await startSystem();
});
after(() => system.stop());

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

async function countReminders(url: string): Promise<number> {
  const response = await fetch(`${url}/api/reminders?pageSize=100`);
  return ((await response.json()) as ReminderPage).reminders.length;
}

const statuses = (responses: Response[]) => responses.map(({ status }) => status).sort();

describe('requests a minute', () => {
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

  test('have no limit while only this machine reaches it', async () => {
    const url = await system.startAnotherApi();
    await startReminder(url);
    for (let request = 0; request < 150; request++) assert.equal(await statusFrom(url, '192.0.2.1'), 200);
  });
});
