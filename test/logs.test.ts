import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { describe, test, type TestContext } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { brokenAnswers, json, startProvider, type Answer } from './activities/providers/provider';
import type { Reminder } from '../src/temporal/reminders';
import { temporalCliPath } from './binaries';
import { freePort } from './ports';
import { descendantOf } from './processes';
import { eventually } from './system';

const email = 'bob.private@mail.example.org';
const phone = '+14155552671';
const message = 'Tickle Whiskers\nbehind the ears';
const wrongToken = 'a-token-that-someone-guessed';

/** The parts that would betray something, wherever they stand and however they are written. */
const privateParts = [
  'bob.private',
  'mail.example.org',
  '4155552671',
  '555 2671',
  '555-2671',
  'Tickle',
  'behind the ears',
];

const settings = {
  ACCESS_TOKEN: 'the-token-of-the-house',
  ENCRYPTION_KEY: Buffer.alloc(32, 'private').toString('base64'),
  REQUIRE_CONSENT: 'false',
  SENDGRID_API_KEY: 'SG.a-key-that-nobody-may-see',
  EMAIL_FROM: 'Whiskers <whiskers@example.com>',
  TWILIO_ACCOUNT_SID: 'AC00000000000000000000000000000001',
  TWILIO_AUTH_TOKEN: 'a-token-that-nobody-may-see',
  TWILIO_FROM: '+15555550199',
};
const { ACCESS_TOKEN, ENCRYPTION_KEY, SENDGRID_API_KEY, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN } = settings;
const secrets = [
  ACCESS_TOKEN,
  ENCRYPTION_KEY,
  SENDGRID_API_KEY,
  TWILIO_AUTH_TOKEN,
  Buffer.from(`${TWILIO_ACCOUNT_SID}:${TWILIO_AUTH_TOKEN}`).toString('base64'),
  wrongToken,
];

/** A provider that says all that it was sent when it refuses. */
const refusing =
  (status: number): Answer =>
  (response) => {
    const echo = `${email} ${phone} ${message} ${response.req.headers.authorization}`;
    json(
      status,
      { code: 21211, message: echo, errors: [{ message: echo, field: email }] },
      { 'retry-after': '1' },
    )(response);
  };

const accepting: Answer = (response) => {
  if (response.req.url?.startsWith('/v3/')) response.writeHead(202, { 'x-message-id': 'one' }).end();
  else json(201, { sid: 'SM11111111111111111111111111111111', status: 'queued', to: phone, body: message })(response);
};

/** The whole program, with providers that it takes for the real ones, saying all that it has to say. */
async function startProgram(t: TestContext) {
  const dataDir = await mkdtemp(join(tmpdir(), 'cuddle-'));
  let answer = accepting;
  const provider = await startProvider(t, (response) => {
    answer(response);
  });
  const ports = { PORT: await freePort(), TEMPORAL_PORT: await freePort(), TEMPORAL_UI_PORT: 0 };
  const child = spawn(process.execPath, ['--require', 'tsx/cjs', 'src/main.ts'], {
    cwd: resolve(__dirname, '..'),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: dataDir,
      DATA_DIR: dataDir,
      TEMPORAL_CLI: await temporalCliPath(),
      LOG_LEVEL: 'trace',
      TWILIO_LOG_LEVEL: 'debug',
      ...settings,
      SENDGRID_BASE_URL: provider.url,
      TWILIO_BASE_URL: provider.url,
      ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
    },
  });
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(dataDir, { recursive: true, maxRetries: 10, retryDelay: 200 });
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  await eventually(() => Promise.resolve(said.stdout.includes('Web UI')));
  return {
    url: `http://127.0.0.1:${ports.PORT}`,
    temporalAddress: `127.0.0.1:${ports.TEMPORAL_PORT}`,
    dataDir,
    pid: child.pid,
    said,
    answerWith: (next: Answer) => (answer = next),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

describe('the log', { timeout: 240_000 }, () => {
  test('holds no contacts, texts, keys or tokens, whatever happens', async (t) => {
    const program = await startProgram(t);
    const { url, dataDir, said } = program;

    const call = (path: string, { headers, ...init }: Omit<RequestInit, 'headers'> & { headers?: object } = {}) =>
      fetch(url + path, {
        redirect: 'manual',
        ...init,
        headers: { Authorization: `Bearer ${ACCESS_TOKEN}`, 'Content-Type': 'application/json', ...headers },
      });
    const start = (key: string) => {
      const body = JSON.stringify({ waitSeconds: 0, preference: 'both', message, email, phone });
      return call('/api/reminders', { method: 'POST', body, headers: { 'Idempotency-Key': key } });
    };
    const attemptWith = async (what: string, answer: Answer) => {
      program.answerWith(answer);
      const response = await start(`${email}, ${what}`);
      assert.equal(response.status, 201, await response.clone().text());
      const { id } = (await response.json()) as Reminder;
      await eventually(async () => {
        const asked = await call(`/api/reminders/${id}`);
        if (!asked.ok) return false;
        const { deliveries, state } = (await asked.json()) as Reminder;
        return state !== 'waiting' && deliveries.every(({ status, error }) => status === 'sent' || error !== undefined);
      });
    };

    // What succeeds, and what providers refuse.
    await attemptWith('accepted', accepting);
    assert.equal((await start(`${email}, accepted`)).status, 200);
    for (const status of [400, 401, 429, 500]) await attemptWith(`refused with ${status}`, refusing(status));
    for (const what of ['a reset', 'an answer cut short', 'the page of a captive portal']) {
      const { answer } = brokenAnswers[what] ?? assert.fail(what);
      await attemptWith(what, answer);
    }
    program.answerWith(accepting);

    // What is wrong with a request, in every part of it.
    for (const body of [
      `{"email": "${email}", `,
      `"${phone}"`,
      JSON.stringify({ [email]: phone, message, email: phone }),
    ])
      assert.ok((await call('/api/reminders', { method: 'POST', body })).status >= 400);
    for (const type of ['application/json; charset=x-cats', 'text/plain', 'application/x-www-form-urlencoded'])
      await call('/api/reminders', { method: 'POST', body: `message=${email}`, headers: { 'Content-Type': type } });
    await call('/api/reminders', { method: 'POST', body: JSON.stringify({ message: email.repeat(2_000) }) });
    const paths = ['/api/reminders', '/r'].flatMap((path) =>
      [email, phone, message, '%ff'].map(
        (id) => `${path}/${id === '%ff' ? id : encodeURIComponent(id)}?key=${wrongToken}`,
      ),
    );
    const callAll = () =>
      Promise.all([
        ...paths.map((path) => call(path)),
        call(`/api/reminders/${encodeURIComponent(phone)}`, { method: 'DELETE' }),
        call(`/api/reminders?pageToken=${email}&state=${encodeURIComponent(phone)}`),
        call('/webhooks/sendgrid/events', { method: 'POST', body: JSON.stringify([{ email, event: 'bounce' }]) }),
        call('/webhooks/twilio/incoming', {
          method: 'POST',
          body: new URLSearchParams({ From: phone, Body: message }).toString(),
          headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'X-Twilio-Signature': wrongToken },
        }),
        call('/api/reminders', { headers: { Authorization: `Bearer ${wrongToken}` } }),
        call('/api/reminders', { headers: { Authorization: `Basic ${btoa(`${email}:${wrongToken}`)}` } }),
      ]);
    await callAll();

    // What goes wrong here.
    await writeFile(join(dataDir, 'outbox'), 'This is no folder.');
    assert.equal((await call('/api/outbox')).status, 500);

    // What was started elsewhere, and makes no sense. Temporal's own log names it as it is called.
    const serverLog = await readFile(join(dataDir, 'temporal.log'), 'utf8');
    const connection = await Connection.connect({ address: program.temporalAddress });
    t.after(() => connection.close());
    const client = new Client({ connection });
    const strange = { taskQueue: 'reminders', args: [{ message, email, phone, dueAt: email }] };
    await client.workflow.start('reminder', { ...strange, workflowId: email });
    await client.workflow.start(email, { ...strange, workflowId: phone });
    await eventually(() => Promise.resolve(said.stderr.includes('no such function is exported')));

    // While Temporal is away, and once it is back.
    const server = await descendantOf(program.pid, 'server start-dev');
    assert.ok(server);
    process.kill(server, 'SIGSTOP');
    await callAll();
    process.kill(server, 'SIGKILL');
    await eventually(() => Promise.resolve(said.stderr.includes('Temporal server is back')));
    await eventually(async () => (await call('/readyz')).ok);
    await attemptWith('accepted again', accepting);
    await program.stop();

    for (const text of [said.stdout, said.stderr, serverLog])
      for (const secret of [...privateParts, ...secrets])
        for (const written of [secret, encodeURIComponent(secret), btoa(secret).replace(/=*$/, '')])
          assert.ok(
            !text.includes(written),
            `It says ${written}: ${text.split('\n').find((line) => line.includes(written))}`,
          );

    // It stays a log that says something.
    const lines = said.stderr.trimEnd().split('\n');
    for (const line of lines) assert.doesNotThrow(() => JSON.parse(line) as unknown, line);
    for (const expected of ['Something went wrong here', 'Temporal does not answer', '[email]'])
      assert.ok(said.stderr.includes(expected), expected);
  });

  for (const [how, does] of Object.entries({
    'cannot start': 'throw error',
    'has an error that nobody catches': 'setTimeout(() => { throw error })',
    'has a promise that nobody waits for': 'setTimeout(() => Promise.reject(error))',
  })) {
    test(`holds nothing that an error holds when the program ${how}`, async () => {
      const error = `Object.assign(new Error('No ${email}', { cause: new Error('${SENDGRID_API_KEY}') }), { request: '${message}' })`;
      const code = `require('./src/program').run(async () => { const error = ${error.replace('\n', ' ')}; ${does}; })`;
      const child = spawn(process.execPath, ['--require', 'tsx/cjs', '--eval', code], {
        cwd: resolve(__dirname, '..'),
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { PATH: process.env.PATH, ...settings },
      });
      const [said] = await Promise.all([readText(child.stderr), once(child, 'close')]);
      assert.equal(child.exitCode, 1);
      assert.match(said, /No \[email\]/);
      assert.match(said, /\[secret\]/);
      for (const secret of [...privateParts, ...secrets]) assert.ok(!said.includes(secret), said);
    });
  }
});
