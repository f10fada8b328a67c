import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { createTransports } from '../../../src/activities/providers';
import { readConfig } from '../../../src/config';
import { listOutbox } from '../../../src/outbox';
import { failureOf, json, send, startProvider, startTcpServer } from './provider';

const mail = { reminderId: 'AAAAAAAAAAAAAAAAAAAAAA', to: 'bob@example.org', message: 'Cuddle\nWhiskers' };
const text = { ...mail, to: '+15555550100' };

async function dataDir(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'transports-'));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}

describe('The settings', () => {
  test('choose the outbox while no provider is set up', async (t) => {
    const DATA_DIR = await dataDir(t);
    const { email, sms } = createTransports(readConfig({ DATA_DIR }));
    const receipts = [await send({ email }, mail), await send({ email }, mail), await send({ sms }, text)];
    const messages = await listOutbox(join(DATA_DIR, 'outbox'));
    assert.deepEqual(
      messages.map(({ channel, to, subject, text, html }) => ({ channel, to, subject, text, html: html?.slice(0, 9) })),
      [
        { channel: 'sms', to: text.to, subject: undefined, text: 'Cuddle\nWhiskers', html: undefined },
        {
          channel: 'email',
          to: mail.to,
          subject: 'Cuddle',
          text: 'Cuddle\nWhiskers\n\n-- \nWhiskers, by way of Cuddle-a-tron\n',
          html: '<!doctype',
        },
      ],
    );
    assert.equal(receipts[0]?.providerId, receipts[1]?.providerId);
    assert.deepEqual(
      [receipts[2]?.providerId, receipts[0]?.providerId],
      messages.map(({ id }) => id),
    );
  });

  test('name a data folder that must be one', async (t) => {
    const dir = join(await dataDir(t), 'file');
    await writeFile(dir, '');
    const { email } = createTransports(readConfig({ DATA_DIR: dir }));
    const failed = await failureOf(send({ email }, mail), [mail.to, 'Cuddle']);
    assert.equal(failed.type, 'Unavailable');
    assert.equal(failed.message, 'The outbox could not be written (ENOTDIR): check DATA_DIR.');
  });

  test('choose SendGrid and Twilio', async (t) => {
    const provider = await startProvider(t, json(429, {}));
    const { email, sms } = createTransports(
      readConfig({
        EMAIL_FROM: 'whiskers@example.com',
        SENDGRID_API_KEY: 'SG.key',
        SENDGRID_BASE_URL: provider.url,
        TWILIO_ACCOUNT_SID: 'AC00000000000000000000000000000001',
        TWILIO_AUTH_TOKEN: 'token',
        TWILIO_FROM: '+15555550199',
        TWILIO_BASE_URL: provider.url,
      }),
    );
    await failureOf(send({ email }, mail), ['SG.key']);
    await failureOf(send({ sms }, text), ['token']);
    assert.deepEqual(
      provider.received.map(({ path }) => path),
      ['/v3/mail/send', '/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json'],
    );
  });

  test('choose a mail server', async (t) => {
    const port = await startTcpServer(t, (socket) => socket.end('421 closed for today\r\n'));
    const { email } = createTransports(
      readConfig({ EMAIL_FROM: 'whiskers@example.com', SMTP_URL: `smtp://127.0.0.1:${port}` }),
    );
    const failed = await failureOf(send({ email }, mail), [mail.to]);
    assert.equal(failed.message, 'The mail server did not take the email for now (reply 421).');
  });

  test('tell how long a provider that reports may do so, also of what may have been sent', async (t) => {
    const provider = await startProvider(t, (response) => response.destroy());
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const settings = {
      EMAIL_FROM: 'whiskers@example.com',
      SENDGRID_API_KEY: 'SG.key',
      SENDGRID_BASE_URL: provider.url,
      PUBLIC_URL: 'https://cuddles.example.com',
      TWILIO_ACCOUNT_SID: 'AC00000000000000000000000000000001',
      TWILIO_AUTH_TOKEN: 'token',
      TWILIO_FROM: '+15555550199',
      TWILIO_BASE_URL: provider.url,
    };
    const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const { email, sms, receiptsForMs } = createTransports(
      readConfig({ ...settings, SENDGRID_WEBHOOK_PUBLIC_KEY: key }),
    );
    const hours = 3_600_000;
    assert.deepEqual(receiptsForMs, { email: 72 * hours, sms: 10 * hours });
    for (const [transport, request, ms] of [
      [{ email }, mail, 72 * hours],
      [{ sms }, text, 10 * hours],
    ] as const) {
      const failed = await failureOf(send({ ...transport, receiptsForMs }, request), []);
      assert.deepEqual([failed.type, failed.details], ['MaybeSent', [{ receiptsForMs: ms }]]);
    }

    const silent = { ...settings, PUBLIC_URL: '' };
    assert.deepEqual(createTransports(readConfig(silent)).receiptsForMs, { email: undefined, sms: undefined });
    assert.deepEqual(createTransports(readConfig({})).receiptsForMs, { email: undefined, sms: undefined });
  });
});
