import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { startDevServer } from '../../src/temporal/embedded/devServer';
import { searchAttributes } from '../../src/temporal/searchAttributes';
import { startProvider } from '../activities/providers/provider';
import type { Reminder } from '../../src/temporal/reminders';
import { startReminder } from '../api/client';
import { temporalCliPath } from '../binaries';
import { startHoldingMailServer } from '../mailServer';
import { freePort } from '../ports';
import { eventually } from '../system';
import { startTwilio, twilioAccount } from '../twilio';
import { startPart, type Part } from './part';

/** An attempt whose worker is lost is given up after half a minute. */
const LOST_WORKER_MS = 90_000;

/** Where emails go, and are accepted, but for long not answered. */
interface HoldingEmailProvider {
  settings: Record<string, string>;
  /** How many emails it has accepted. */
  sent: () => number;
  /** Answers those that still wait. */
  answer: () => void;
}

const emailProviders: Record<string, (t: TestContext) => Promise<HoldingEmailProvider>> = {
  'a mail server': async (t) => {
    const mail = await startHoldingMailServer();
    t.after(() => mail.stop());
    return {
      settings: { SMTP_URL: `smtp://127.0.0.1:${mail.port}` },
      sent: () => mail.sent,
      answer: () => {
        for (const accept of mail.held.splice(0)) accept();
      },
    };
  },
  SendGrid: async (t) => {
    const held: (() => void)[] = [];
    const { url, received } = await startProvider(t, (response) => {
      held.push(() => response.writeHead(202, { 'x-message-id': 'an-email' }).end());
    });
    return {
      settings: { SENDGRID_API_KEY: 'SG.key', SENDGRID_BASE_URL: url },
      sent: () => received.length,
      answer: () => {
        for (const accept of held.splice(0)) accept();
      },
    };
  },
};

describe(
  'a worker killed after the providers have accepted, and before it has their answers',
  { concurrency: true },
  () => {
    for (const [name, startEmailProvider] of Object.entries(emailProviders)) {
      test(`leads to one text message by Twilio, and two emails by ${name}`, async (t) => {
        const parts: Part[] = [];
        t.after(async () => {
          for (const { child } of parts) child.kill('SIGKILL');
          await Promise.all(parts.map(({ ended }) => ended));
        });
        const folder = await mkdtemp(join(tmpdir(), 'cuddle-'));
        const cli = await temporalCliPath();
        const [temporal, twilio, email] = await Promise.all([
          startDevServer({ cli, dataDir: folder, port: 0, uiPort: 0, searchAttributes }),
          startTwilio(),
          startEmailProvider(t),
        ]);
        t.after(async () => {
          await Promise.all([temporal.stop(), twilio.stop()]);
          await rm(folder, { recursive: true });
        });
        const start = (part: 'api' | 'worker', settings: Record<string, string> = {}) => {
          const started = startPart(part, {
            HOME: folder,
            DATA_DIR: folder,
            TEMPORAL_ADDRESS: temporal.address,
            REQUIRE_CONSENT: 'false',
            EMAIL_FROM: 'whiskers@example.com',
            TWILIO_ACCOUNT_SID: twilioAccount.accountSid,
            TWILIO_AUTH_TOKEN: twilioAccount.authToken,
            TWILIO_FROM: '+15555550199',
            TWILIO_BASE_URL: twilio.url,
            ...email.settings,
            ...settings,
          });
          parts.push(started);
          return started;
        };
        const port = await freePort();
        const url = `http://127.0.0.1:${port}`;
        const worker = start('worker');
        await Promise.all([
          start('api', { PORT: String(port) }).says('The API listens'),
          worker.says('waits for work'),
        ]);
        const { confirm } = twilio;
        twilio.confirm = () => undefined;

        const { id } = await startReminder(url, { waitSeconds: 0 });
        await eventually(() => Promise.resolve(twilio.messages.length === 1 && email.sent() === 1));
        worker.child.kill('SIGKILL');
        await worker.ended;
        twilio.confirm = confirm;
        start('worker');
        await eventually(() => Promise.resolve(email.sent() === 2), LOST_WORKER_MS);
        email.answer();

        const { state, deliveries } = await eventually(async () => {
          const response = await fetch(`${url}/api/reminders/${id}`);
          if (!response.ok) return undefined;
          const reminder = (await response.json()) as Reminder;
          return reminder.state !== 'sending' && reminder;
        }, LOST_WORKER_MS);
        assert.equal(state, 'succeeded');
        assert.equal(twilio.messages.length, 1);
        assert.equal(email.sent(), 2);
        assert.deepEqual(
          deliveries.map(({ channel, status }) => [channel, status]),
          [
            ['email', 'sent'],
            ['sms', 'sent'],
          ],
        );
        assert.equal(deliveries[1]?.providerId, twilio.messages[0]?.sid);
      });
    }
  },
);
