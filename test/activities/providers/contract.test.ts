/**
 * What we ask of SendGrid and Twilio, checked against their own OpenAPI documents by Prism, which stands in between.
 *
 * The documents are not a part of this project, and Prism is larger than it: `.ci/contract` fetches Prism, and names it by
 * the variable PRISM.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { sendgridEmail } from '../../../src/activities/providers/sendgrid';
import { twilioSms } from '../../../src/activities/providers/twilio';
import type { TwilioConfig } from '../../../src/config';
import { freePort } from '../../ports';
import { eventually } from '../../system';
import { json, send, startProvider, type Answer } from './provider';

const contracts = resolve(__dirname, '../../../../shared/contracts');
const prism = process.env.PRISM;
const skip = !prism
  ? 'PRISM does not name an executable of Prism'
  : !existsSync(contracts) && 'the contracts of the providers are not there';

const message = 'Cuddle Whiskers & <Tom> 🐾\nnow!';
const reminderId = 'AAAAAAAAAAAAAAAAAAAAAA';

/** Starts Prism before a provider, until the test ends. It answers a violation itself, with a status from 400 on. */
async function startPrism(t: TestContext, contract: string, answer: Answer): Promise<string> {
  const provider = await startProvider(t, answer);
  const port = await freePort();
  const args = ['proxy', '--errors', '--port', String(port), resolve(contracts, contract), provider.url];
  const child = spawn(prism ?? '', args, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill();
    await ended;
  });
  const url = `http://127.0.0.1:${port}`;
  await eventually(() =>
    fetch(url).then(
      () => true,
      () => false,
    ),
  );
  return url;
}

describe('the contract of SendGrid', { skip }, () => {
  const accepted: Answer = (response) => {
    response.writeHead(202, { 'x-message-id': '14c5d75ce93.dfd.64b469' }).end();
  };
  const start = (t: TestContext) => startPrism(t, 'sendgrid_mail_send.oas.json', accepted);

  test('is kept by an email', async (t) => {
    const baseUrl = await start(t);
    const from = 'Whiskers <whiskers@example.com>';
    const email = sendgridEmail({ kind: 'sendgrid', apiKey: 'SG.key', baseUrl, from }, { reportsBack: false });
    const { providerId } = await send({ email }, { reminderId, to: 'bob@example.com', message });
    assert.equal(providerId, '14c5d75ce93.dfd.64b469');
  });

  test('is broken by an email without recipients', async (t) => {
    const response = await fetch(`${await start(t)}/v3/mail/send`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: 'Bearer SG.key' },
      body: JSON.stringify({ from: { email: 'whiskers@example.com' }, subject: 'Cuddle' }),
    });
    assert.ok(response.status >= 400);
    assert.match(await response.text(), /personalizations/);
  });
});

describe('the contract of Twilio', { skip }, () => {
  const accountSid = 'AC00000000000000000000000000000001';
  const created = json(201, { sid: 'SM11111111111111111111111111111111', status: 'queued', to: '+15555550100' });
  const none = json(200, { messages: [], page: 0, page_size: 50, next_page_uri: null });
  const answer: Answer = (response) => {
    (response.req.method === 'GET' ? none : created)(response);
  };
  const start = (t: TestContext) => startPrism(t, 'twilio_messages.oas.json', answer);

  const senders: Record<string, TwilioConfig['sender']> = {
    'a number': { from: '+15555550199' },
    'a Messaging Service': { messagingServiceSid: 'MG22222222222222222222222222222222' },
  };
  for (const [name, sender] of Object.entries(senders)) {
    test(`is kept by a text message from ${name}`, async (t) => {
      const statusCallback = 'https://cuddles.example.com/webhooks/twilio/status';
      const sms = twilioSms({ accountSid, authToken: 'token', baseUrl: await start(t), sender, statusCallback });
      const { providerId } = await send({ sms }, { reminderId, to: '+15555550100', message });
      assert.equal(providerId, 'SM11111111111111111111111111111111');
    });
  }

  test('is kept by the question whether a text message was sent', async (t) => {
    const sender = { from: '+15555550199' };
    const sms = twilioSms({
      accountSid,
      authToken: 'token',
      baseUrl: await start(t),
      sender,
      statusCallback: undefined,
    });
    const earlier = new Date(Date.now() - 60_000).toISOString();
    const doubt = { since: earlier, until: earlier };
    const { providerId } = await send({ sms }, { reminderId, to: '+15555550100', message, doubt });
    assert.equal(providerId, 'SM11111111111111111111111111111111');
  });

  test('is broken by a text message to nobody', async (t) => {
    const response = await fetch(`${await start(t)}/2010-04-01/Accounts/${accountSid}/Messages.json`, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(`${accountSid}:token`).toString('base64')}` },
      body: new URLSearchParams({ From: '+15555550199', Body: 'Cuddle' }),
    });
    assert.ok(response.status >= 400);
    assert.match(await response.text(), /'To'/);
  });
});
