import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { describe, test, type TestContext } from 'node:test';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { temporal } from '@temporalio/proto';
import { listOutbox, outboxDir } from '../src/outbox';
import { createContactIds } from '../src/temporal/contactIds';
import { createContacts, type Contacts } from '../src/temporal/contacts';
import { createClient, reminderTaskQueue } from '../src/temporal/connection';
import { createRootKey } from '../src/temporal/rootKey';
import { courseRequest, getReminder, startReminder } from './api/client';
import { startHoldingMailServer } from './mailServer';
import { freePort } from './ports';
import { eventually, startSystem, type System } from './system';

const root = resolve(__dirname, '..');

interface Scene extends System {
  contacts: Contacts;
  /** Runs `npm run forget` with these arguments, and with these settings beside those of the system. */
  forget: (args: string[], settings?: Record<string, string>) => Promise<{ code: number; out: string; said: string }>;
  /** To whom the messages in the outbox are. */
  inOutbox: () => Promise<string[]>;
}

async function start(t: TestContext, settings: Record<string, string> = {}): Promise<Scene> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cuddle-'));
  const system = await startSystem({ DATA_DIR: dataDir, ...settings });
  t.after(async () => {
    await system.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const { client } = system;
  const [, port = ''] = system.temporal.connectionOptions.address?.split(':') ?? [];
  return {
    ...system,
    contacts: createContacts(client, createContactIds(createRootKey(client))),
    forget: (args, changed = {}) => forget(args, { DATA_DIR: dataDir, TEMPORAL_PORT: port, ...settings, ...changed }),
    inOutbox: async () => (await listOutbox(outboxDir(dataDir))).map(({ to }) => to).sort(),
  };
}

async function forget(args: string[], settings: Record<string, string>) {
  const child = spawn('npm', ['run', '--silent', 'forget', '--', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: settings.DATA_DIR, ...settings },
  });
  const [out, said] = await Promise.all([readText(child.stdout), readText(child.stderr), once(child, 'exit')]);
  return { code: child.exitCode ?? 0, out, said };
}

/** All that Temporal tells of every execution, by its workflow's id, with what stands there in base64 read as text. */
async function everything({ options, workflowService }: Client): Promise<Map<string, string>> {
  const { namespace } = options;
  const { executions } = await workflowService.listWorkflowExecutions({ namespace, pageSize: 1000 });
  const all = new Map<string, string>();
  for (const info of executions) {
    const execution = { workflowId: info.execution?.workflowId ?? '', runId: info.execution?.runId ?? '' };
    const { history } = await workflowService.getWorkflowExecutionHistory({ namespace, execution });
    const description = await workflowService.describeWorkflowExecution({ namespace, execution });
    assert.ok(history);
    const texts = [historyToJSON(history), JSON.stringify(description), JSON.stringify(info)].join();
    const decode = (base64: string) => Buffer.from(base64, 'base64').toString('latin1');
    const readable = texts.replace(/"([\w+/-]+={0,2})"/g, (_, base64: string) => `"${base64} ${decode(base64)}"`);
    all.set(execution.workflowId, (all.get(execution.workflowId) ?? '') + readable.toLowerCase());
  }
  return all;
}

/** The ids of the workflows that hold a text. */
async function holdersOf(client: Client, text: string): Promise<string[]> {
  return [...(await everything(client))].filter(([, words]) => words.includes(text)).map(([id]) => id);
}

/** Starts a reminder as another program does, or an earlier version did: it cannot be found by its contact. */
async function startElsewhere({ client }: Pick<System, 'client'>, input: unknown): Promise<string> {
  const workflowId = randomUUID();
  await client.workflow.start('reminder', { workflowId, taskQueue: reminderTaskQueue, args: [input] });
  return workflowId;
}

const inAnHour = () => ({
  message: 'Cuddle',
  dueAt: new Date(Date.now() + 3_600_000).toISOString(),
  createdAt: new Date().toISOString(),
});

const oneLine = ({ code, out, said }: Awaited<ReturnType<typeof forget>>, expected: RegExp) => {
  assert.match(said, expected);
  assert.equal(said.trimEnd().split('\n').length, 1, said);
  assert.deepEqual({ code, out }, { code: 1, out: '' });
};

const bob = courseRequest.email;
const { phone } = courseRequest;
const alice = 'alice@example.com';

describe('npm run forget', () => {
  test('leaves nothing of a contact but that it is stopped, and everything of others', async (t) => {
    const scene = await start(t, { REQUIRE_CONSENT: 'true', PUBLIC_URL: 'http://127.0.0.1:3000' });
    const { url, client, contacts } = scene;
    // Each contact is asked, so that its workflow knows its address.
    const both = await startReminder(url, { waitSeconds: 3600 });
    const hers = await startReminder(url, { waitSeconds: 3600, preference: 'email', email: alice, phone: undefined });
    await eventually(async () => (await scene.inOutbox()).length === 3);
    await contacts.resume('email', bob);
    await contacts.resume('email', alice);
    const sent = [];
    for (const email of [bob, alice]) {
      const { id } = await startReminder(url, { waitSeconds: 0, preference: 'email', email, phone: undefined });
      await eventually(async () => (await getReminder(url, id)).state === 'succeeded');
      sent.push(id);
    }
    const elsewhere = await startElsewhere(scene, { preference: 'email', email: 'Bob@Example.com', ...inAnHour() });
    const others = [
      await startElsewhere(scene, { preference: 'email', email: `x${bob}`, ...inAnHour() }),
      await startElsewhere(scene, 'Whiskers'),
    ];
    // A workflow that was reset has two runs, as has one that was continued as new.
    const { namespace } = client.options;
    const again = await startReminder(url, { waitSeconds: 3600, preference: 'email', phone: undefined });
    await eventually(async () => (await client.workflow.getHandle(again.id).describe()).historyLength > 3);
    await client.workflowService.resetWorkflowExecution(
      temporal.api.workflowservice.v1.ResetWorkflowExecutionRequest.fromObject({
        namespace,
        workflowExecution: { workflowId: again.id },
        requestId: randomUUID(),
        workflowTaskFinishEventId: 4,
      }),
    );
    const mine = [both.id, sent[0] ?? '', elsewhere, again.id].sort();
    await eventually(async () => (await holdersOf(client, bob)).length >= 5);

    const first = await scene.forget([' BOB@example.com']);
    assert.equal(first.said, '');
    assert.equal(first.code, 0);
    assert.doesNotMatch(first.out, /bob|4155552671/i);
    assert.match(first.out, /4 reminders, 3 of which had not ended/);
    assert.match(first.out, /1 went to another contact as well/);
    assert.match(first.out, /outbox in DATA_DIR: 2 messages/);

    const rest = await everything(client);
    for (const id of mine) assert.ok(!rest.has(id));
    for (const id of [hers.id, sent[1] ?? '', ...others]) assert.ok(rest.has(id));
    assert.deepEqual(await holdersOf(client, `"${bob}`), []);
    assert.equal((await getReminder(url, hers.id)).state, 'waiting');
    assert.deepEqual(await scene.inOutbox(), [phone, alice, alice].sort());
    assert.equal((await contacts.standing('email', bob)).state, 'stopped');
    assert.equal((await contacts.standing('email', alice)).state, 'confirmed');

    // What someone starts afterwards is skipped, and does not tell the contact its address again.
    const late = await startReminder(url, { waitSeconds: 0, preference: 'email', phone: undefined });
    const { deliveries } = await eventually(async () => {
      const reminder = await getReminder(url, late.id);
      return reminder.state !== 'waiting' && reminder.state !== 'sending' && reminder;
    });
    assert.deepEqual(
      deliveries.map(({ status }) => status),
      ['skipped'],
    );
    assert.deepEqual(await scene.inOutbox(), [phone, alice, alice].sort());
    await eventually(async () => (await everything(client)).has(late.id));
    assert.deepEqual(await holdersOf(client, `"${bob}`), [late.id]);

    const second = await scene.forget([bob]);
    assert.equal(second.code, 0, second.said);
    assert.match(second.out, /1 reminder, 0 of which had not ended/);
    assert.deepEqual(await holdersOf(client, `"${bob}`), []);
    const third = await scene.forget([bob]);
    assert.match(third.out, /0 reminders, 0 of which/);
    assert.equal((await contacts.standing('email', bob)).state, 'stopped');

    // His phone number is another contact, of which the reminder to both is gone already.
    const ofPhone = await scene.forget(['(415) 555-2671']);
    assert.equal(ofPhone.code, 0, ofPhone.said);
    assert.match(ofPhone.out, /phone number is forgotten[^]*0 reminders[^]*: 1 message\./);
    assert.deepEqual(await holdersOf(client, '4155552671'), []);
    assert.deepEqual(await scene.inOutbox(), [alice, alice]);
  });

  test('stops at once, and lets the message that is being sent go out', async (t) => {
    const mail = await startHoldingMailServer();
    t.after(mail.stop);
    const scene = await start(t, { SMTP_URL: `smtp://127.0.0.1:${mail.port}`, EMAIL_FROM: 'whiskers@example.com' });
    const { client, url } = scene;
    const email = { preference: 'email', phone: undefined };
    const sending = await startReminder(url, { waitSeconds: 0, ...email });
    await eventually(() => Promise.resolve(mail.held.length === 1));
    const waiting = await startReminder(url, { waitSeconds: 3600, ...email });

    const forgotten = scene.forget([bob]);
    const isThere = (id: string) =>
      client.workflow
        .getHandle(id)
        .describe()
        .then(
          () => true,
          () => false,
        );
    await eventually(async () => !(await isThere(waiting.id)));
    assert.equal((await scene.contacts.standing('email', bob)).state, 'stopped');
    assert.equal((await getReminder(url, sending.id)).state, 'sending');
    for (const accept of mail.held) accept();
    const { code, out, said } = await forgotten;
    assert.equal(code, 0, said);
    assert.match(out, /2 reminders/);
    assert.equal(await isThere(sending.id), false);
    assert.equal(mail.sent, 1);
  });

  test('works with ENCRYPTION_KEY, and without the right one says so and changes nothing', async (t) => {
    const key = randomBytes(32).toString('base64');
    const scene = await start(t, { ENCRYPTION_KEY: key });
    const { id } = await startReminder(scene.url, { waitSeconds: 3600 });
    const elsewhere = await startElsewhere(scene, { preference: 'sms', phone, ...inAnHour() });
    for (const wrong of ['', randomBytes(32).toString('base64')]) {
      oneLine(await scene.forget([phone], { ENCRYPTION_KEY: wrong }), /ENCRYPTION_KEY lacks the key with the id/);
      assert.equal((await scene.contacts.standing('sms', phone)).state, 'unconfirmed');
      assert.equal((await getReminder(scene.url, id)).state, 'waiting');
    }
    const { code, out, said } = await scene.forget([phone]);
    assert.equal(code, 0, said);
    assert.match(out, /2 reminders, 2 of which/);
    const rest = await everything(scene.client);
    assert.ok(!rest.has(id) && !rest.has(elsewhere));
  });

  test('does not say that all is forgotten while there are reminders that it cannot read', async (t) => {
    const scene = await start(t);
    await scene.stopWorkers(); // It cannot read them either, and would say so.
    const other = createClient(scene.temporal, [randomBytes(32)]);
    t.after(() => other.connection.close());
    const unread = await startElsewhere({ client: other }, { preference: 'sms', phone, ...inAnHour() });
    const { id } = await startReminder(scene.url, { waitSeconds: 3600 });
    const { code, out, said } = await scene.forget([phone]);
    assert.equal(code, 1);
    assert.match(said, /^Not all is forgotten: some reminders, which may be to this contact, could not be read \(1\)/);
    assert.doesNotMatch(out, /is forgotten/);
    const rest = await everything(scene.client);
    assert.ok(rest.has(unread) && !rest.has(id));
  });

  test('says in one line what is wrong', async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'cuddle-'));
    t.after(() => rm(dataDir, { recursive: true }));
    const settings = { DATA_DIR: dataDir, TEMPORAL_PORT: String(await freePort()) };
    for (const args of [[], [''], ['Whiskers'], ['+1', '415', '555', '2671'], ['+1 415'], [bob, alice], ['--help']])
      oneLine(await forget(args, settings), /^Say whom to forget, by one email address or one phone number/);
    // What is a number without a country code is a matter of the settings.
    oneLine(await forget(['044 668 18 00'], settings), /^Say whom/);
    oneLine(await forget(['044 668 18 00'], { ...settings, DEFAULT_COUNTRY: 'CH' }), /Temporal does not answer/);
    oneLine(await forget([bob], settings), /^Not all is forgotten: Temporal does not answer\. /);
  });
});
