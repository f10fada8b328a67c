import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import twilio from 'twilio';
import type { ReminderPage } from '../../src/temporal/reminders';
import { reminderDueAt, reminderState } from '../../src/workflows/searchAttributes';
import { startProvider } from '../activities/providers/provider';
import { freePort } from '../ports';
import { eventually, startSystem } from '../system';
import { startTwilio, twilioAccount } from '../twilio';
import { getReminder, startReminder } from './client';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

/** The whole system, with providers that report. */
async function start(t: TestContext) {
  const sms = await startTwilio();
  t.after(() => sms.stop());
  const mail = await startProvider(t, (response) => response.writeHead(202, { 'x-message-id': '14c5d75ce93' }).end());
  const port = await freePort();
  const system = await startSystem({
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    EMAIL_FROM: 'whiskers@example.com',
    SENDGRID_API_KEY: 'SG.key',
    SENDGRID_BASE_URL: mail.url,
    SENDGRID_WEBHOOK_PUBLIC_KEY: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    TWILIO_ACCOUNT_SID: twilioAccount.accountSid,
    TWILIO_AUTH_TOKEN: twilioAccount.authToken,
    TWILIO_FROM: '+15005550006',
    TWILIO_BASE_URL: sms.url,
  });
  t.after(() => system.stop());

  async function postEvent(event: object): Promise<number> {
    const body = JSON.stringify([{ email: 'bob@example.com', timestamp: Math.floor(Date.now() / 1_000), ...event }]);
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const headers = {
      'Content-Type': 'application/json',
      'X-Twilio-Email-Event-Webhook-Timestamp': timestamp,
      'X-Twilio-Email-Event-Webhook-Signature': sign('sha256', Buffer.from(timestamp + body), privateKey).toString(
        'base64',
      ),
    };
    return (await fetch(`${system.url}/webhooks/sendgrid/events`, { method: 'POST', headers, body })).status;
  }

  async function postStatus(reminderId: string, form: Record<string, string>): Promise<number> {
    const url = `${system.url}/webhooks/twilio/status?${new URLSearchParams({ reminderId }).toString()}`;
    const signature = twilio.getExpectedTwilioSignature(twilioAccount.authToken, url, form);
    const headers = { 'X-Twilio-Signature': signature };
    return (await fetch(url, { method: 'POST', headers, body: new URLSearchParams(form) })).status;
  }

  /** Starts a reminder for both, and waits until it was sent. */
  async function sent() {
    const { id } = await startReminder(system.url, { waitSeconds: 0 });
    await eventually(async () => (await getReminder(system.url, id)).state === 'succeeded');
    return id;
  }

  return { system, postEvent, postStatus, sent };
}

test('what providers report is told by the reminder, and closes it', async (t) => {
  const { system, postEvent, postStatus, sent } = await start(t);
  const id = await sent();
  const open = await getReminder(system.url, id);
  assert.deepEqual(
    open.deliveries.map(({ status, waitsFor }) => [status, waitsFor]),
    [
      ['sent', 'receipt'],
      ['sent', 'receipt'],
    ],
  );

  assert.equal(await postEvent({ event: 'delivered', reminder_id: id }), 204);
  assert.equal(await postEvent({ event: 'delivered', reminder_id: 'nobody' }), 204);
  assert.equal(await postStatus(id, { MessageStatus: 'undelivered', ErrorCode: '30005' }), 204);
  assert.equal(await postStatus('nobody', { MessageStatus: 'delivered' }), 204);
  const { deliveries } = await eventually(async () => {
    const reminder = await getReminder(system.url, id);
    return reminder.state === 'partial' && reminder;
  });
  assert.deepEqual(
    deliveries.map(({ status, waitsFor }) => [status, waitsFor]),
    [
      ['delivered', undefined],
      ['failed', undefined],
    ],
  );
  assert.match(deliveries[1]?.error ?? '', /30005.*no longer in use/);
  const { status } = await system.client.workflow.getHandle(id).describe();
  assert.equal(status.name, 'COMPLETED');
  assert.equal(
    await postEvent({ event: 'bounce', type: 'blocked', reminder_id: id }),
    204,
    'a late one is passed over',
  );
});

test('an address that bounced gets nothing more', async (t) => {
  const { system, postEvent, sent } = await start(t);
  const id = await sent();
  assert.equal(await postEvent({ event: 'bounce', type: 'bounce', status: '5.1.1', reminder_id: id }), 204);
  const next = await startReminder(system.url, { waitSeconds: 0, preference: 'email' });
  const { deliveries } = await eventually(async () => {
    const reminder = await getReminder(system.url, next.id);
    return reminder.state === 'failed' && reminder;
  });
  assert.deepEqual([deliveries[0]?.status, deliveries[0]?.error], ['skipped', 'An email to this address bounced.']);
});

test('one that nobody knows of is listed as failed while a report may still come', async (t) => {
  const system = await startSystem();
  t.after(() => system.stop());
  const at = new Date();
  await system.client.workflow.start('reminder', {
    workflowId: 'unknown',
    taskQueue: 'where-no-worker-is',
    memo: { message: 'Cuddle Whiskers', preference: 'email', createdAt: at.toISOString() },
    typedSearchAttributes: [
      { key: reminderState, value: 'failed' },
      { key: reminderDueAt, value: at },
    ],
  });
  const listed = async (state: string) => {
    const response = await fetch(`${system.url}/api/reminders?state=${state}`);
    return ((await response.json()) as ReminderPage).reminders.map(({ id, state }) => [id, state]);
  };
  await eventually(async () => (await listed('failed')).length === 1);
  assert.deepEqual(await listed('failed'), [['unknown', 'failed']]);
  for (const state of ['waiting', 'sending', 'succeeded', 'cancelled']) assert.deepEqual(await listed(state), []);
});
