import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startDevServer, type DevServer } from '../../src/temporal/embedded/devServer';
import { searchAttributes } from '../../src/temporal/searchAttributes';
import { getReminder, startReminder } from '../api/client';
import { temporalCliPath } from '../binaries';
import { startHoldingMailServer, type HoldingMailServer } from '../mailServer';
import { freePort } from '../ports';
import { eventually } from '../system';
import { startTwilio, twilioAccount, type FakeTwilio } from '../twilio';
import { startPart, type Part } from './part';

/** An attempt whose worker is lost is given up after half a minute. */
const LOST_WORKER_MS = 90_000;

describe('a worker killed after the providers have accepted, and before it has their answers', () => {
  let folder: string;
  let temporal: DevServer;
  let twilio: FakeTwilio;
  let mail: HoldingMailServer;
  const parts: Part[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cuddle-'));
    const cli = await temporalCliPath();
    [temporal, twilio, mail] = await Promise.all([
      startDevServer({ cli, dataDir: folder, port: 0, uiPort: 0, searchAttributes }),
      startTwilio(),
      startHoldingMailServer(),
    ]);
  });
  after(async () => {
    for (const { child } of parts) child.kill('SIGKILL');
    await Promise.all(parts.map(({ ended }) => ended));
    await Promise.all([temporal.stop(), twilio.stop(), mail.stop()]);
    await rm(folder, { recursive: true });
  });

  function start(part: 'api' | 'worker', settings: Record<string, string> = {}): Part {
    const started = startPart(part, {
      HOME: folder,
      DATA_DIR: folder,
      TEMPORAL_ADDRESS: temporal.address,
      REQUIRE_CONSENT: 'false',
      SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
      EMAIL_FROM: 'whiskers@example.com',
      TWILIO_ACCOUNT_SID: twilioAccount.accountSid,
      TWILIO_AUTH_TOKEN: twilioAccount.authToken,
      TWILIO_FROM: '+15555550199',
      TWILIO_BASE_URL: twilio.url,
      ...settings,
    });
    parts.push(started);
    return started;
  }

  test('sends one text message, and at most two emails', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const worker = start('worker');
    await Promise.all([start('api', { PORT: String(port) }).says('The API listens'), worker.says('waits for work')]);
    const { confirm } = twilio;
    twilio.confirm = () => undefined;

    const { id } = await startReminder(url, { waitSeconds: 0 });
    await eventually(() => Promise.resolve(twilio.messages.length === 1 && mail.sent === 1));
    worker.child.kill('SIGKILL');
    await worker.ended;
    twilio.confirm = confirm;
    start('worker');
    await eventually(() => Promise.resolve(mail.sent === 2), LOST_WORKER_MS);
    for (const accept of mail.held.splice(0)) accept();

    const { state, deliveries } = await eventually(async () => {
      const reminder = await getReminder(url, id).catch(() => undefined);
      return reminder && reminder.state !== 'sending' && reminder;
    }, LOST_WORKER_MS);
    assert.equal(state, 'succeeded');
    assert.equal(twilio.messages.length, 1);
    assert.equal(mail.sent, 2);
    assert.deepEqual(
      deliveries.map(({ channel, status }) => [channel, status]),
      [
        ['email', 'sent'],
        ['sms', 'sent'],
      ],
    );
    assert.equal(deliveries[1]?.providerId, twilio.messages[0]?.sid);
  });
});
