import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { getReminder, courseRequest, problemOf, send, startReminder } from './client';
import { createClient, embeddedTemporal } from '../../src/temporal/connection';
import { TemporalUnavailable } from '../../src/temporal/failure';
import type { Reminders } from '../../src/temporal/reminders';
import { remindersOver } from '../reminders';
import { freePort } from '../ports';
import { eventually, startSystem, type System } from '../system';

function remindersAt(port: number): Reminders {
  const client = createClient(embeddedTemporal({ port, uiPort: 1 }), []);
  return remindersOver(client);
}

describe('while every worker is away', () => {
  let system: System;
  let sent: string;
  before(async () => {
    system = await startSystem();
    ({ id: sent } = await startReminder(system.url, { waitSeconds: 0 }));
    await eventually(async () => (await getReminder(system.url, sent)).state === 'succeeded');
    await system.stopWorkers();
  });
  after(() => system.stop());

  test('reminders are accepted and shown, also when they are due', async () => {
    const { id } = await startReminder(system.url, { waitSeconds: 0 });
    const { state, path } = await getReminder(system.url, id);
    assert.equal(state, 'waiting');
    assert.deepEqual(
      path.map((step) => step.state),
      ['Timer'],
    );
  });

  test('what was sent can be seen', async () => {
    const { state, path, deliveries } = await getReminder(system.url, sent);
    assert.equal(state, 'succeeded');
    assert.equal(path.length, 5);
    assert.deepEqual(
      deliveries.map(({ status }) => status),
      ['sent', 'sent'],
    );
  });

  test('a cancellation is accepted, and not said to be done', async () => {
    const { id } = await startReminder(system.url);
    const response = await fetch(`${system.url}/api/reminders/${id}`, { method: 'DELETE' });
    assert.equal(response.status, 202);
    assert.equal(((await response.json()) as { state: string }).state, 'waiting');
  });

  test('what only a worker can do is refused, to be tried again', async () => {
    const { id } = await startReminder(system.url);
    const response = await send(`${system.url}/api/reminders/${id}`, 'PATCH', { waitSeconds: 60 });
    assert.ok(Number(response.headers.get('Retry-After')) > 0);
    await problemOf(response, 503);
  });
});

describe('while Temporal is away', () => {
  let system: System;
  let id: string;
  before(async () => {
    system = await startSystem();
    ({ id } = await startReminder(system.url));
    await system.stopWorkers();
    await system.stopTemporal();
  });
  after(() => system.stop());

  test('every call is refused within 5 s, to be tried again, and nothing hangs', async () => {
    const reminders = `${system.url}/api/reminders`;
    const calls: Record<string, () => Promise<Response>> = {
      start: () => send(reminders, 'POST', courseRequest),
      list: () => fetch(reminders),
      get: () => fetch(`${reminders}/${id}`),
      change: () => send(`${reminders}/${id}`, 'PATCH', { message: 'x' }),
      cancel: () => fetch(`${reminders}/${id}`, { method: 'DELETE' }),
      'be ready': () => fetch(`${system.url}/readyz`),
    };
    await Promise.all(
      Object.entries(calls).map(async ([name, call]) => {
        const started = Date.now();
        const response = await call();
        // The bound is what the API promises, not how fast this machine is.
        assert.ok(Date.now() - started < 5_000, `${name} took ${Date.now() - started} ms`);
        assert.ok(Number(response.headers.get('Retry-After')) > 0, name);
        await problemOf(response, 503);
      }),
    );
  });

  test('a plain form is told that it can be sent again', async () => {
    const response = await fetch(`${system.url}/api/reminders`, {
      method: 'POST',
      body: new URLSearchParams(courseRequest),
      headers: { Accept: 'text/html' },
    });
    assert.equal(response.status, 503);
    const page = await response.text();
    assert.match(page, /send it again, and Bob is reminded once/);
    assert.doesNotMatch(page, /Nothing was sent/);
  });

  test('it is alive, its pages open, and the outbox can be seen', async () => {
    for (const path of ['/healthz', '/', '/api/docs', '/api/outbox']) {
      assert.equal((await fetch(system.url + path)).status, 200, path);
    }
    const page = await fetch(`${system.url}/r/${id}`);
    assert.equal(page.status, 503);
    assert.match(await page.text(), /cannot be shown right now/);
  });
});

describe('while Temporal takes connections and says nothing', () => {
  test('reminders are refused within 5 s, to be tried again', async () => {
    const callers: Socket[] = [];
    const silent = createServer((caller) => callers.push(caller)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const reminders = remindersAt(port);

    const started = Date.now();
    await assert.rejects(reminders.list({ pageSize: 1 }), TemporalUnavailable);
    assert.ok(Date.now() - started < 5_000, `it took ${Date.now() - started} ms`);
    await reminders.close();
    for (const caller of callers) caller.destroy();
    silent.close();
  });
});

test('closing the connection waits for the calls under way, which are tried again until they are given up', async () => {
  const reminders = remindersAt(await freePort());
  const list = () => assert.rejects(reminders.list({ pageSize: 1 }), TemporalUnavailable);
  await list(); // From now on nobody waits for a connection: a call fails at once, and is between two tries.
  const calls: Promise<void>[] = [];
  while (calls.length < 100) {
    calls.push(list());
    await setImmediate();
  }
  await Promise.all([reminders.close(), ...calls]);
});
