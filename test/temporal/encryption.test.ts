import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import { createTransports } from '../../src/activities/providers';
import { startApi } from '../../src/api/start';
import { readConfig } from '../../src/config';
import type { Part } from '../../src/program';
import { createPayloadCodec, UnreadablePayload } from '../../src/temporal/codec';
import { createDataConverter } from '../../src/temporal/dataConverter';
import { runWorker, type RunningWorker } from '../../src/worker/worker';
import { workflowBundle } from '../../src/worker/workflowBundle';
import { activitiesOver, startProvider } from '../activities/providers/provider';
import { getReminder, problemOf, send, startReminder } from '../api/client';
import { eventually, startSystem, type System } from '../system';

const [first, second] = [randomBytes(32), randomBytes(32)];

const secrets = { message: 'Cuddle the secret cat', email: 'bob@secret.example', phone: '+14155552671' };

describe('the payload codec', () => {
  const payload = (text: string): Payload => ({
    metadata: { encoding: Buffer.from('json/plain') },
    data: Buffer.from(JSON.stringify(text)),
  });
  const words = ([decoded]: Payload[]) => JSON.parse(Buffer.from(decoded?.data ?? []).toString()) as string;

  test('gives back what it has encrypted, in other bytes each time', async () => {
    const codec = createPayloadCodec([first]);
    const [one] = await codec.encode([payload('miaow')]);
    const [two] = await codec.encode([payload('miaow')]);
    assert.ok(one && two);
    assert.notDeepEqual(one.data, two.data);
    assert.equal(words(await codec.decode([one])), 'miaow');
    assert.deepEqual(Buffer.from((await codec.decode([two]))[0]?.metadata?.encoding ?? []).toString(), 'json/plain');
  });

  test('encrypts with the first of several keys, and decrypts with any', async () => {
    const old = await createPayloadCodec([first]).encode([payload('old')]);
    const rotated = createPayloadCodec([second, first]);
    assert.equal(words(await rotated.decode(old)), 'old');
    const young = await rotated.encode([payload('young')]);
    assert.equal(words(await createPayloadCodec([second]).decode(young)), 'young');
    await assert.rejects(createPayloadCodec([first]).decode(young), UnreadablePayload);
  });

  test('reads what an earlier version has encrypted', async () => {
    const encrypted: Payload = {
      metadata: { encoding: Buffer.from('binary/encrypted'), 'encryption-key-id': Buffer.from('8f246a65b6e4') },
      data: Buffer.from(
        'spXGJ4yforUINGxQRpVbzgBAYt+lY/6yUf/Xc7vlbpSeYrllgCcO9ZeRl7xa2MIcI604TQAFmrTlE1Nmug==',
        'base64',
      ),
    };
    assert.equal(words(await createPayloadCodec([Buffer.alloc(32, 7)]).decode([encrypted])), 'miaow');
  });

  test('passes on what is not encrypted', async () => {
    assert.equal(words(await createPayloadCodec([first]).decode([payload('plain')])), 'plain');
    assert.equal(words(await createPayloadCodec([]).encode([payload('plain')])), 'plain');
    assert.deepEqual(await createPayloadCodec([first]).decode([{}]), [{}]);
  });

  test('says in one sentence which key is missing', async () => {
    const encrypted = await createPayloadCodec([first]).encode([payload('miaow')]);
    for (const keys of [[], [second]]) {
      await assert.rejects(
        createPayloadCodec(keys).decode(encrypted),
        /^UnreadablePayload: ENCRYPTION_KEY .*[0-9a-f]{12}/,
      );
    }
  });

  test('refuses what has been changed in any byte, cut or put beside another key', async () => {
    const codec = createPayloadCodec([first, second]);
    const [encrypted] = await codec.encode([payload('miaow')]);
    const [other] = await createPayloadCodec([second]).encode([payload('miaow')]);
    const { data, metadata } = encrypted ?? {};
    assert.ok(data && metadata && other?.metadata);
    const changed = [
      ...Array.from(data, (byte, at) => Buffer.from(data).fill(byte ^ 1, at, at + 1)),
      ...Array.from(data, (_, length) => data.subarray(0, length)),
    ].map((data) => ({ metadata, data }));
    for (const payload of [...changed, { metadata }, { ...encrypted, metadata: other.metadata }]) {
      await assert.rejects(codec.decode([payload]), UnreadablePayload);
    }
  });
});

describe('with ENCRYPTION_KEY', () => {
  /** A system whose email provider takes all but what is to fail. */
  async function start(t: TestContext): Promise<System> {
    const provider = await startProvider(t, (response) => {
      const fails = provider.received.at(-1)?.body.includes('fail');
      response.writeHead(fails ? 400 : 202, { 'Content-Type': 'application/json' });
      response.end(fails ? JSON.stringify({ errors: [{ message: `${secrets.email} is no address` }] }) : '');
    });
    const system = await startSystem({
      ENCRYPTION_KEY: first.toString('base64'),
      EMAIL_FROM: 'whiskers@example.com',
      SENDGRID_API_KEY: 'SG.key',
      SENDGRID_BASE_URL: provider.url,
    });
    t.after(system.stop);
    return system;
  }

  /** Everything that Temporal tells of an execution, with all that stands in it in base64 read as text. */
  async function everythingOf({ options: { namespace }, workflowService }: Client, workflowId: string) {
    const execution = { workflowId };
    const { history } = await workflowService.getWorkflowExecutionHistory({ namespace, execution });
    const description = await workflowService.describeWorkflowExecution({ namespace, execution });
    const { executions } = await workflowService.listWorkflowExecutions({
      namespace,
      query: `WorkflowId = '${workflowId}'`,
    });
    assert.ok(history && executions.length === 1);
    const texts = [historyToJSON(history), JSON.stringify(description), JSON.stringify(executions)];
    const decode = (base64: string) => Buffer.from(base64, 'base64').toString('latin1');
    return texts.join().replace(/"([\w+/-]+={0,2})"/g, (_, base64: string) => `"${base64} ${decode(base64)}"`);
  }

  async function assertHoldsNothing(client: Client, workflowId: string): Promise<void> {
    const everything = await everythingOf(client, workflowId);
    assert.match(everything, /binary\/encrypted/);
    // The contacts, the message, and what only summaries, results and failures say.
    for (const secret of [
      ...Object.values(secrets),
      'Reminder by',
      'Until the',
      'Preference',
      'SendGrid',
      'No message',
    ]) {
      assert.ok(!everything.includes(secret), `${secret} is readable`);
    }
  }

  test('Temporal can read neither message nor contact of a reminder that waits, is changed and is sent', async (t) => {
    const { url, client } = await start(t);
    const { id } = await startReminder(url, { ...secrets, waitSeconds: 3600 });
    await assertHoldsNothing(client, id);
    const message = `${secrets.message}, changed`;
    await send(`${url}/api/reminders/${id}`, 'PATCH', { message, waitSeconds: 0 });
    await eventually(async () => (await getReminder(url, id)).state === 'succeeded');
    await assertHoldsNothing(client, id);
    assert.equal((await getReminder(url, id)).message, message);
    assert.match(await (await fetch(`${url}/api/reminders`)).text(), new RegExp(message));
    await assertHoldsNothing(client, 'root-key');
  });

  test('Temporal can read neither message nor contact of a reminder that fails, which the API can', async (t) => {
    const { url, client } = await start(t);
    const message = `${secrets.message}, fail`;
    const { id } = await startReminder(url, { ...secrets, preference: 'email', message, waitSeconds: 0 });
    await eventually(async () => (await getReminder(url, id)).state === 'failed');
    await assertHoldsNothing(client, id);
    assert.match(await everythingOf(client, id), /Encoded failure/);
    const [delivery] = (await getReminder(url, id)).deliveries;
    assert.match(delivery?.error ?? '', /SendGrid/);
  });

  /** Runs a worker that has these keys, until it is told to stop or the test ends. */
  async function startWorker(t: TestContext, { temporal }: System, keys: Buffer[]): Promise<RunningWorker> {
    const dataConverter = createDataConverter(keys);
    const connection = await NativeConnection.connect(temporal.connectionOptions);
    const worker = await runWorker({
      connection,
      namespace: temporal.namespace,
      activities: activitiesOver(createTransports(readConfig({ DATA_DIR: await mkdtemp(join(tmpdir(), 'cuddle-')) }))),
      perSecond: { email: 100, sms: 100 },
      dataConverter,
      workflowBundle: await workflowBundle(dataConverter),
    });
    t.after(async () => {
      await worker.stop();
      await connection.close();
    });
    return worker;
  }

  test('a worker that lacks the key loses no reminder, and says what it lacks', async (t) => {
    const system = await start(t);
    await system.stopWorkers();
    const worker = await startWorker(t, system, []);
    const { id } = await startReminder(system.url, { waitSeconds: 0 });
    const handle = system.client.workflow.getHandle(id);
    const failed = await eventually(async () => {
      const { events } = await handle.fetchHistory();
      return events?.find((event) => event.workflowTaskFailedEventAttributes)?.workflowTaskFailedEventAttributes;
    });
    assert.match(failed?.failure?.message ?? '', /^ENCRYPTION_KEY lacks the key with the id [0-9a-f]{12}/);
    await worker.stop();

    await startWorker(t, system, [first]);
    await eventually(async () => (await getReminder(system.url, id)).state === 'succeeded');
  });

  test('an API that lacks the key says so, and one that has it beside another reads everything', async (t) => {
    const { url, temporal } = await start(t);
    const { id } = await startReminder(url, { waitSeconds: 3600 });
    const apiWith = async (...keys: Buffer[]) => {
      const ENCRYPTION_KEY = keys.map((key) => key.toString('base64')).join();
      const started = <P extends Part>(part: P) => {
        t.after(() => part.stop());
        return part;
      };
      const config = readConfig({ PORT: '0', ENCRYPTION_KEY });
      const { signal } = new AbortController();
      return (await startApi({ config, logger: pino({ level: 'silent' }), signal, started }, temporal)).url;
    };
    for (const api of [await apiWith(), await apiWith(second)]) {
      for (const path of [`/api/reminders/${id}`, '/api/reminders']) {
        assert.match((await problemOf(await fetch(api + path), 503)).detail, /ENCRYPTION_KEY/);
      }
    }
    const rotated = await apiWith(second, first);
    assert.equal((await getReminder(rotated, id)).state, 'waiting');
  });
});
