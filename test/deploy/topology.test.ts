import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startHoldingMailServer, type HoldingMailServer } from '../mailServer';
import type { OutboxMessage } from '../../src/reminder';
import { startDevServer, type DevServer } from '../../src/temporal/embedded/devServer';
import { courseRequest, getReminder, problemOf, send, startReminder } from '../api/client';
import { temporalCliPath } from '../binaries';
import { freePort } from '../ports';
import { eventually } from '../system';
import { startPart, type Part } from './part';

describe('the API, workers and Temporal, each by itself', { timeout: 120_000 }, () => {
  let folder: string;
  let url: string;
  let api: Part;
  let workers: [Part, Part];
  let temporal: DevServer | undefined;
  let temporalPort: number;
  let mail: HoldingMailServer;
  const running = new Set<Part>();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cuddle-'));
    mail = await startHoldingMailServer();
    temporalPort = await freePort();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    api = start('api', { PORT: String(port) });
    workers = [start('worker'), start('worker')];
  });
  after(async () => {
    for (const { child } of running) child.kill('SIGKILL');
    await eventually(() => Promise.resolve(running.size === 0));
    await temporal?.stop();
    await mail.stop();
    await rm(folder, { recursive: true });
  });

  /** Starts the API or a worker, with what is common to all of them. */
  function start(part: 'api' | 'worker', settings: Record<string, string> = {}): Part {
    const started = startPart(part, {
      HOME: folder,
      DATA_DIR: folder,
      TEMPORAL_ADDRESS: `127.0.0.1:${temporalPort}`,
      SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
      REQUIRE_CONSENT: 'false',
      EMAIL_FROM: 'whiskers@example.com',
      ...settings,
    });
    running.add(started);
    void started.ended.then(() => running.delete(started));
    return started;
  }

  const outbox = async () => (await (await fetch(`${url}/api/outbox`)).json()) as OutboxMessage[];

  test('may start before Temporal does: the API says when to try again, and the workers wait', async () => {
    await api.says('The API listens');
    const refused = await send(`${url}/api/reminders`, 'POST', courseRequest);
    assert.ok(Number(refused.headers.get('Retry-After')) > 0);
    await problemOf(refused, 503);
    await Promise.all(workers.map((worker) => worker.says('Temporal is not there yet')));

    const cli = await temporalCliPath();
    temporal = await startDevServer({ cli, dataDir: folder, port: temporalPort, uiPort: 0, searchAttributes: {} });
    await Promise.all(workers.map((worker) => worker.says('The worker waits for work')));
  });

  test('send each of 50 reminders once, though a worker is killed while they wait', async () => {
    // The workers have registered the search attributes a moment ago: a start at once works.
    const due = new Date(Date.now() + 4_000).toISOString();
    const wait = () => startReminder(url, { waitSeconds: undefined, remindAt: due, preference: 'sms' });
    const reminders = await Promise.all(Array.from({ length: 50 }, wait));
    assert.deepEqual(await outbox(), []);
    workers[0].child.kill('SIGKILL');
    await workers[0].ended;

    await eventually(async () => (await outbox()).length === 50);
    for (const { id } of reminders) {
      const { state, deliveries } = await eventually(async () => {
        const reminder = await getReminder(url, id);
        return reminder.state !== 'sending' && reminder;
      });
      assert.equal(state, 'succeeded');
      assert.deepEqual(
        deliveries.map(({ attempts }) => attempts),
        [1],
      );
    }
  });

  test('a worker told to stop ends the send under way, and the next worker goes on from there', async () => {
    const { id } = await startReminder(url, { waitSeconds: 0, preference: 'email' });
    await eventually(() => Promise.resolve(mail.held.length > 0));
    workers[1].child.kill('SIGTERM');
    // While it stops it takes no new work: what is due now is for the next worker.
    const next = await startReminder(url, { waitSeconds: 0, preference: 'sms' });
    assert.equal(workers[1].child.exitCode, null);
    for (const accept of mail.held.splice(0)) accept();
    assert.equal(await workers[1].ended, 0);

    start('worker');
    for (const reminder of [id, next.id]) {
      const { deliveries } = await eventually(async () => {
        const response = await fetch(`${url}/api/reminders/${reminder}`);
        return response.ok && getReminder(url, reminder).then((found) => found.state === 'succeeded' && found);
      });
      assert.equal(deliveries[0]?.attempts, 1);
    }
    assert.equal(mail.sent, 1);
  });

  test('an API told to stop ends with code 0', async () => {
    api.child.kill('SIGTERM');
    assert.equal(await api.ended, 0);
  });
});
