import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Client, type WorkflowClientInterceptor } from '@temporalio/client';
import { createContactIds } from '../../src/temporal/contactIds';
import { createReminders, type Reminder } from '../../src/temporal/reminders';
import { createRootKey } from '../../src/temporal/rootKey';
import { eventually, startSystem, type System } from '../system';
import { getReminder, problemOf, send, startReminder } from './client';

describe('a reminder that is being sent, by a mail server that says nothing', () => {
  let silent: Server;
  let system: System;
  const callers: Socket[] = [];
  before(async () => {
    silent = createServer((caller) => callers.push(caller)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    system = await startSystem({ SMTP_URL: `smtp://127.0.0.1:${port}`, EMAIL_FROM: 'whiskers@example.com' });
  });
  after(async () => {
    for (const caller of callers) caller.destroy();
    await system.stop();
    silent.close();
  });

  /** A reminder whose text message is in the outbox, and whose email is on its way. */
  async function startSending(): Promise<string> {
    const { id } = await startReminder(system.url, { waitSeconds: 0 });
    const calls = callers.length;
    await eventually(async () => {
      const { state, deliveries } = await getReminder(system.url, id);
      return state === 'sending' && deliveries[1]?.status === 'sent' && callers.length > calls;
    });
    return id;
  }

  test('tells how far it is, and cannot be changed', async () => {
    const id = await startSending();
    const { path, deliveries } = await getReminder(system.url, id);
    assert.equal(path.at(-1)?.state, 'SmsReminder');
    assert.deepEqual(
      deliveries.map(({ channel, status, attempts }) => [channel, status, attempts]),
      [
        ['email', 'sending', 1],
        ['sms', 'sent', 1],
      ],
    );
    await problemOf(await send(`${system.url}/api/reminders/${id}`, 'PATCH', { message: 'Feed Whiskers' }), 409);
  });

  test('is asked once for all who look at it at the same time', async () => {
    const id = await startSending();
    const visitors = 20;
    let found = 0;
    let asked = 0;
    const counting: WorkflowClientInterceptor = {
      describe: async (input, next) => {
        const execution = await next(input);
        found++;
        return execution;
      },
      query: async (input, next) => {
        asked++;
        await eventually(() => Promise.resolve(found >= visitors));
        return next(input);
      },
    };
    const { connection } = system.client;
    const client = new Client({ connection, interceptors: { workflow: [counting] } });
    const reminders = createReminders(client, createContactIds(createRootKey(client)), undefined);

    const seen = await Promise.all(Array.from({ length: visitors }, () => reminders.get(id)));
    assert.deepEqual(new Set(seen.map(({ state }) => state)), new Set(['sending']));
    assert.equal(asked, 1);
    assert.equal((await reminders.get(id)).state, 'sending');
    assert.equal(asked, 2);
  });

  test('is cancelled only once the attempt in flight has ended', async () => {
    const id = await startSending();
    const response = await fetch(`${system.url}/api/reminders/${id}`, { method: 'DELETE' });
    assert.equal(response.status, 202);
    assert.equal(((await response.json()) as Reminder).state, 'sending');

    for (const caller of callers) caller.destroy();
    const { state, deliveries } = await eventually(async () => {
      const seen = await getReminder(system.url, id);
      return seen.state !== 'sending' && seen;
    });
    assert.equal(state, 'partial');
    assert.deepEqual(
      deliveries.map(({ status }) => status),
      ['skipped', 'sent'],
    );
  });

  test('terminated by the Web UI, tells that nobody knows what became of the attempt in flight', async () => {
    const id = await startSending();
    await system.client.workflow.getHandle(id).terminate();
    const { path, deliveries } = await eventually(async () => {
      const seen = await getReminder(system.url, id);
      return seen.state === 'cancelled' && seen;
    });
    assert.equal(path.at(-1)?.state, 'Cancelled');
    assert.deepEqual(
      deliveries.map(({ status }) => status),
      ['unknown', 'sent'],
    );
  });
});
