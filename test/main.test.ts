import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { before, beforeEach, afterEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { OutboxMessage } from '../src/reminder';
import { getReminder, send, courseRequest, startReminder } from './api/client';
import { temporalCliPath } from './binaries';
import { launch, withoutBrowser } from './browser/browser';
import { startHoldingMailServer } from './mailServer';
import { freePort } from './ports';
import { descendantOf } from './processes';
import { eventually } from './system';

const root = resolve(__dirname, '..');

/** `npm start`, as a child process at the head of a process group of its own. */
interface Run {
  child: ChildProcess;
  /** Where the page is, once it is ready. */
  ready: Promise<string>;
  /** How it ended, and what it said on standard error. */
  ended: Promise<{ code: number | null; said: string }>;
}

describe('npm start', () => {
  let cli: string;
  let dataDir: string;
  const running = new Set<ChildProcess>();
  before(async () => {
    cli = await temporalCliPath();
  });
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'cuddle-'));
  });
  afterEach(async () => {
    for (const child of running) if (child.pid) process.kill(-child.pid, 'SIGKILL');
    await eventually(() => Promise.resolve(running.size === 0));
    await rm(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

  function start(settings: Record<string, string> = {}): Run {
    const child = spawn('npm', ['start', '--silent'], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: dataDir,
        DATA_DIR: dataDir,
        TEMPORAL_CLI: cli,
        PORT: '0',
        TEMPORAL_PORT: '0',
        TEMPORAL_UI_PORT: '0',
        ...settings,
      },
    });
    running.add(child);
    let output = '';
    let said = '';
    const ready = new Promise<string>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const [, url] = /The page +(\S+)\/\n/.exec(output) ?? [];
        if (url && output.includes('Web UI')) resolve(url);
      });
      child.once('exit', () => {
        reject(new Error(`It ended before it was ready: ${said}`));
      });
    });
    ready.catch(() => undefined); // Those who start what cannot start do not wait for it.
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = once(child, 'close').then(([code]) => {
      running.delete(child);
      return { code: code as number | null, said };
    });
    return { child, ready, ended };
  }

  /** Kills the program and whatever it has started in its process group. */
  async function killGroup({ child, ended }: Run): Promise<void> {
    if (child.pid) process.kill(-child.pid, 'SIGKILL');
    await ended;
  }

  const outbox = async (url: string) => (await (await fetch(`${url}/api/outbox`)).json()) as OutboxMessage[];

  test('tells where the page, the API and the Temporal Web UI are, and they are there', async () => {
    const { child, ready, ended } = start();
    let output = '';
    child.stdout?.on('data', (text: string) => (output += text));
    await ready;

    const addresses = output.match(/http:\S+/g) ?? [];
    assert.equal(addresses.length, 3);
    for (const address of addresses) assert.equal((await fetch(address)).status, 200, address);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 0, said: '' });
  });

  describe('with ENCRYPTION_KEY', () => {
    const [key, other] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
    const message = 'Cuddle the secret cat';

    test('keeps nothing readable on the disk, and starts only with the key, also beside a newer one', async () => {
      const first = start({ ENCRYPTION_KEY: key });
      const { id } = await startReminder(await first.ready, { message, waitSeconds: 3600 });
      first.child.kill('SIGTERM');
      await first.ended;
      for (const name of await readdir(dataDir)) {
        if (!name.startsWith('temporal')) continue;
        const bytes = await readFile(join(dataDir, name));
        for (const secret of [message, courseRequest.email, courseRequest.phone])
          assert.ok(!bytes.includes(secret), name);
      }

      for (const wrong of ['', other]) {
        const { code, said } = await start({ ENCRYPTION_KEY: wrong }).ended;
        assert.equal(code, 1);
        assert.match(said, /^The worker cannot start: ENCRYPTION_KEY lacks the key with the id [0-9a-f]{12}.*\n$/);
      }

      const again = await start({ ENCRYPTION_KEY: `${other},${key}` }).ready;
      assert.equal((await getReminder(again, id)).message, message);
    });

    test('shows it in the Temporal Web UI, and tells how the CLI does', { skip: withoutBrowser }, async (t) => {
      const { child, ready } = start({ ENCRYPTION_KEY: key });
      let output = '';
      child.stdout?.on('data', (text: string) => (output += text));
      const url = await ready;
      const { id, webUiUrl = '' } = await startReminder(url, { message, waitSeconds: 3600 });
      const [, command = ''] =
        /temporal (workflow show --address \S+ --codec-endpoint \S+ --workflow-id) /.exec(output) ?? [];
      const { stdout } = await promisify(execFile)(cli, [...command.split(' '), id, '--detailed']);
      assert.ok(stdout.includes(message), stdout);

      const browser = await launch();
      t.after(() => browser.close());
      for (const name of ['127.0.0.1', 'localhost']) {
        const page = await browser.newPage();
        await page.route(
          ({ hostname }) => !['127.0.0.1', 'localhost'].includes(hostname),
          (route) => route.abort(),
        );
        await page.goto(webUiUrl.replace('127.0.0.1', name));
        await page.getByText(message).first().waitFor();
      }
    });
  });

  test('killed with everything and started again, sends each reminder that was waiting once', async () => {
    const first = start();
    const url = await first.ready;
    const soon = await Promise.all(Array.from({ length: 10 }, () => startReminder(url, { waitSeconds: 4 })));
    const later = await startReminder(url, { waitSeconds: 3600 });
    const sent = await startReminder(url, { waitSeconds: 0 });
    await eventually(async () => (await getReminder(url, sent.id)).state === 'succeeded');
    await killGroup(first);

    const second = start();
    const again = await second.ready;
    for (const { id } of soon) {
      await eventually(async () => (await getReminder(again, id)).state === 'succeeded');
    }
    assert.equal((await getReminder(again, later.id)).state, 'waiting');
    const messages = await outbox(again);
    assert.deepEqual(
      messages.map(({ reminderId, channel }) => `${reminderId} ${channel}`).sort(),
      [sent, ...soon].flatMap(({ id }) => [`${id} email`, `${id} sms`]).sort(),
    );
    second.child.kill('SIGINT');
    assert.equal((await second.ended).code, 0);
  });

  test('killed alone, takes its Temporal server with it, so that it can be started again at once', async () => {
    const ports = { TEMPORAL_PORT: String(await freePort()), TEMPORAL_UI_PORT: String(await freePort()) };
    const first = start(ports);
    const { id } = await startReminder(await first.ready, { waitSeconds: 3600 });
    const program = await descendantOf(first.child.pid, 'src/main.ts');
    assert.ok(program);
    process.kill(program, 'SIGKILL');
    await first.ended;

    const second = start(ports);
    assert.equal((await getReminder(await second.ready, id)).state, 'waiting');
  });

  test('told to stop, answers what it has been asked, ends with code 0, and starts again on the same ports', async () => {
    const ports = {
      PORT: String(await freePort()),
      TEMPORAL_PORT: String(await freePort()),
      TEMPORAL_UI_PORT: String(await freePort()),
    };
    const first = start(ports);
    const url = await first.ready;
    const asked = Array.from({ length: 20 }, () => send(`${url}/api/reminders`, 'POST', courseRequest));
    await Promise.race(asked);
    first.child.kill('SIGTERM');
    const answers = await Promise.allSettled(asked);
    assert.deepEqual(await first.ended, { code: 0, said: '' });

    const again = await start(ports).ready;
    for (const answer of answers) {
      if (answer.status !== 'fulfilled' || answer.value.status !== 201) continue;
      const { id } = (await answer.value.json()) as { id: string };
      assert.equal((await getReminder(again, id)).state, 'waiting');
    }
    assert.ok(answers.some((answer) => answer.status === 'fulfilled' && answer.value.status === 201));
  });

  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    test(`told to stop by its terminal (${signal}), which npm repeats, ends the send under way`, async (t) => {
      const mail = await startHoldingMailServer();
      t.after(mail.stop);
      const settings = {
        SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
        EMAIL_FROM: 'whiskers@example.com',
        REQUIRE_CONSENT: 'false',
      };
      const first = start(settings);
      const { id } = await startReminder(await first.ready, { waitSeconds: 0, preference: 'email' });
      await eventually(() => Promise.resolve(mail.held.length === 1));
      const program = await descendantOf(first.child.pid, 'src/main.ts');
      assert.ok(first.child.pid && program);
      process.kill(-first.child.pid, signal);
      process.kill(program, signal);
      for (const accept of mail.held) accept();
      await first.ended;

      const again = await start(settings).ready;
      const { deliveries } = await eventually(async () => {
        // For a moment its workflow may still wait for the worker that has stopped.
        const response = await fetch(`${again}/api/reminders/${id}`);
        return response.ok && getReminder(again, id).then((reminder) => reminder.state === 'succeeded' && reminder);
      });
      assert.equal(deliveries[0]?.attempts, 1);
      assert.equal(mail.sent, 1);
    });
  }

  test('told to stop a second time ends at once, whatever is under way', async (t) => {
    const mail = await startHoldingMailServer();
    t.after(mail.stop);
    const { child, ready, ended } = start({
      SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
      REQUIRE_CONSENT: 'false',
      EMAIL_FROM: 'whiskers@example.com',
    });
    const url = await ready;
    await startReminder(url, { waitSeconds: 0, preference: 'email' });
    await eventually(() => Promise.resolve(mail.held.length === 1));
    child.kill('SIGINT');
    // It takes no new calls, and waits for the email.
    await eventually(() =>
      fetch(url).then(
        () => false,
        () => true,
      ),
    );
    const again = setInterval(() => child.kill('SIGINT'), 100);
    await ended;
    clearInterval(again);
    for (const accept of mail.held) accept();
  });

  test('goes on when nobody reads what it says', async () => {
    const port = String(await freePort());
    const { child } = start({ PORT: port });
    child.stdout?.destroy();
    child.stderr?.destroy();
    const url = `http://127.0.0.1:${port}`;
    const { id } = await eventually(() => startReminder(url, { waitSeconds: 1 }).catch(() => undefined));
    await eventually(async () => (await getReminder(url, id)).state === 'succeeded');
  });

  test('told to stop while it starts, stops', async () => {
    const { child, ended } = start();
    await eventually(() => Promise.resolve(existsSync(join(dataDir, 'temporal.log'))));
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 0, said: '' });
    await start().ready;
  });

  test('goes on when its Temporal server is killed', async () => {
    const { child, ready } = start();
    const url = await ready;
    const { id } = await startReminder(url, { waitSeconds: 4 });
    const server = await descendantOf(child.pid, 'server start-dev');
    assert.ok(server);
    process.kill(server, 'SIGKILL');
    await eventually(async () => {
      const next = await descendantOf(child.pid, 'server start-dev');
      return next !== undefined && next !== server;
    });
    await eventually(async () => {
      const response = await fetch(`${url}/api/reminders/${id}`);
      return response.ok && ((await response.json()) as { state: string }).state === 'succeeded';
    });
    assert.equal((await outbox(url)).length, 2);
  });

  describe('says in one line why it cannot start:', () => {
    const oneLine = async ({ ended }: Run, expected: RegExp) => {
      const { code, said } = await ended;
      assert.equal(code, 1);
      assert.match(said, expected);
      assert.equal(said.trimEnd().split('\n').length, 1, said);
    };

    test('a second one on the same folder', async () => {
      const { ready } = start();
      await ready;
      await oneLine(start(), /DATA_DIR.*in use/);
    });

    test('a port that is taken', async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const port = String((other.address() as AddressInfo).port);
      for (const setting of ['PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT']) {
        await oneLine(start({ [setting]: port }), new RegExp(`${port}.*\\b${setting}\\b`));
      }
      other.close();
    });

    test('a Temporal CLI that is not there', () =>
      oneLine(start({ TEMPORAL_CLI: '/nowhere/temporal' }), /TEMPORAL_CLI/));

    test('a folder that is a file', async () => {
      const file = join(dataDir, 'file');
      await writeFile(file, '');
      await oneLine(start({ DATA_DIR: file }), /DATA_DIR/);
    });

    test('a setting that is wrong', () => oneLine(start({ PORT: 'three' }), /PORT/));

    test('an address of another machine', () => oneLine(start({ HOST: '192.0.2.1' }), /HOST/));
  });

  test('warns when it listens to everyone', async () => {
    const { child, ready, ended } = start({ HOST: '0.0.0.0' });
    await ready;
    child.kill('SIGTERM');
    const warnings = (await ended).said.split('\n').filter((line) => line.includes('ACCESS_TOKEN'));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /anyone may start a reminder, which only its own link shows/);
  });

  test('warns when all who come through its proxy count as one', async () => {
    for (const [TRUST_PROXY, warned] of [
      ['', true],
      ['1', false],
    ] as const) {
      const { child, ready, ended } = start({ PUBLIC_URL: 'https://cuddles.example.com', TRUST_PROXY });
      await ready;
      child.kill('SIGTERM');
      assert.equal((await ended).said.includes('TRUST_PROXY is not set'), warned);
    }
  });
});
