import assert from 'node:assert/strict';
import type { ActivityDependencies } from '../../../src/activities';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { twilioSms } from '../../../src/activities/providers/twilio';
import type { TwilioConfig } from '../../../src/config';
import { twilioAccount } from '../../twilio';
import { brokenAnswers, closedPort, failureOf, retryAfterMs, json, send, startProvider, type Answer } from './provider';

const { accountSid, authToken } = twilioAccount;
const basicAuth = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
const request = {
  reminderId: 'AAAAAAAAAAAAAAAAAAAAAA',
  to: '+15555550100',
  message: 'Cuddle Whiskers & +Tom 🐾\nnow!',
};
const secrets = [authToken, basicAuth, request.to, '5550100', 'Cuddle'];
/** Of the text message of that reminder. */
const reference = 'y5qw8k69';
const created = json(201, { sid: 'SM11111111111111111111111111111111', status: 'queued', to: request.to });

function transportTo(baseUrl: string, timeoutMs?: number, settings: Partial<TwilioConfig> = {}) {
  const sender = { from: '+15555550199' };
  return twilioSms({ accountSid, authToken, baseUrl, sender, statusCallback: undefined, ...settings }, timeoutMs);
}

async function failure(t: TestContext, answer: Answer, timeoutMs?: number, others: Partial<ActivityDependencies> = {}) {
  const provider = await startProvider(t, answer);
  const failed = await failureOf(send({ sms: transportTo(provider.url, timeoutMs), ...others }, request), secrets);
  assert.equal(provider.received.length, 1, 'one attempt is one request');
  return failed;
}

function bodyOf(form: string): string {
  return new URLSearchParams(form).get('Body') ?? '';
}

/** An error as Twilio documents it, with the contacts that its messages repeat. */
function error(status: number, code: number, headers?: Record<string, string>): Answer {
  const message = `The 'To' number ${request.to} is not one for "${request.message}".`;
  return json(status, { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }, headers);
}

describe('Twilio', () => {
  test('gets the text message in one request and gives its SID', async (t) => {
    const provider = await startProvider(t, created);

    const receipt = await send({ sms: transportTo(provider.url) }, request);

    assert.equal(receipt.providerId, 'SM11111111111111111111111111111111');
    assert.equal(provider.received.length, 1);
    const [{ method, path, headers, body } = assert.fail()] = provider.received;
    assert.equal(method, 'POST');
    assert.equal(path, `/2010-04-01/Accounts/${accountSid}/Messages.json`);
    assert.equal(headers.authorization, `Basic ${basicAuth}`);
    assert.equal(headers['content-type'], 'application/x-www-form-urlencoded');
    assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
      To: request.to,
      From: '+15555550199',
      Body: `${request.message}\n(ref ${reference})`,
    });
  });

  test('gets the same reference at each attempt of a delivery, and another for another reminder', async (t) => {
    const provider = await startProvider(t, created);
    const sms = transportTo(provider.url);
    await send({ sms }, request);
    await send({ sms }, request);
    await send({ sms }, { ...request, reminderId: 'BBBBBBBBBBBBBBBBBBBBBB' });
    const [first, second, other] = provider.received.map(({ body }) => bodyOf(body));
    assert.equal(first, second);
    assert.match(other ?? '', /\n\(ref [0-9a-hjkmnp-tv-z]{8}\)$/);
    assert.notEqual(first, other);
  });

  test('gets a reminder of the greatest length, and the reference still fits', async (t) => {
    const provider = await startProvider(t, created);
    await send({ sms: transportTo(provider.url) }, { ...request, message: 'x'.repeat(1_000) });
    assert.equal(bodyOf(provider.received[0]?.body ?? '').length, 1_015);
  });

  test('may choose the sender itself', async (t) => {
    const provider = await startProvider(t, created);
    const messagingServiceSid = 'MG22222222222222222222222222222222';
    await send({ sms: transportTo(provider.url, undefined, { sender: { messagingServiceSid } }) }, request);
    const form = new URLSearchParams(provider.received[0]?.body);
    assert.equal(form.get('MessagingServiceSid'), messagingServiceSid);
    assert.equal(form.has('From'), false);
  });

  test('is told where to report what becomes of the message', async (t) => {
    const provider = await startProvider(t, created);
    const statusCallback = 'https://cuddles.example.com/webhooks/twilio/status';
    await send({ sms: transportTo(provider.url, undefined, { statusCallback }) }, request);
    const form = new URLSearchParams(provider.received[0]?.body);
    assert.equal(form.get('StatusCallback'), `${statusCallback}?reminderId=${request.reminderId}#rc=2&rp=all`);
  });

  test('says that a person has opted out, and that is noted', async (t) => {
    const noted: string[][] = [];
    const optOut = (...args: string[]) => {
      noted.push(args);
      return Promise.resolve();
    };
    const failed = await failure(t, error(400, 21610), undefined, { optOut });
    assert.equal(failed.type, 'Stopped');
    assert.deepEqual(noted, [['sms', request.to, 'The person has opted out by replying STOP.']]);
  });

  test('cannot report where it cannot reach, which a person can set right', async (t) => {
    const failed = await failure(t, error(400, 21609));
    assert.equal(failed.type, 'Unauthorized');
    assert.equal(failed.message, 'Twilio cannot reach us to report deliveries (21609): check PUBLIC_URL.');
  });

  test('may live below a path', async (t) => {
    const provider = await startProvider(t, created);
    await send({ sms: transportTo(`${provider.url}/mock/twilio`) }, request);
    assert.equal(provider.received[0]?.path, `/mock/twilio/2010-04-01/Accounts/${accountSid}/Messages.json`);
  });

  test('gets each message over a connection of its own, as one that was kept may have died unseen', async (t) => {
    const provider = await startProvider(t, created);
    const sms = transportTo(provider.url);
    for (let message = 0; message < 3; message++) await send({ sms }, request);
    assert.equal(provider.connections, 3);
  });

  test('gets a herd of messages at once, none of which waits for another’s answer', async (t) => {
    const herd = 150;
    const held: (() => void)[] = [];
    const pem = readFileSync(join(__dirname, 'loopback.pem'));
    const server = createServer({ key: pem, cert: pem }, (_request, response) => {
      held.push(() => {
        created(response);
      });
      if (held.length === herd) for (const answer of held) answer();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    process.env.TWILIO_CA_BUNDLE = join(__dirname, 'loopback.pem');
    t.after(() => delete process.env.TWILIO_CA_BUNDLE);
    const sms = transportTo(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await Promise.all(Array.from({ length: herd }, () => send({ sms }, request)));
  });

  const rejections = {
    21211: /the phone number is not valid/,
    21408: /may not send to the country/,
    21606: /the sender cannot send/,
    21608: /verified phone numbers only/,
    21612: /cannot reach this phone number/,
    21614: /cannot receive text messages/,
    21635: /landline/,
  };
  for (const [code, message] of Object.entries(rejections)) {
    test(`rejects for good with its code ${code}`, async (t) => {
      for (const status of [400, 403]) {
        const failed = await failure(t, error(status, Number(code)));
        assert.equal(failed.type, 'Rejected');
        assert.match(failed.message, message);
      }
    });
  }

  test('rejects for good with other codes', async (t) => {
    const failed = await failure(t, error(400, 21617));
    assert.equal(failed.type, 'Rejected');
    assert.equal(failed.message, 'Twilio rejected the text message (HTTP 400, code 21617).');
  });

  test('rejects for good what it does not find', async (t) => {
    assert.equal((await failure(t, error(404, 20404))).type, 'Rejected');
  });

  for (const [status, code] of [
    [401, 20003],
    [403, 20005],
  ] as const) {
    test(`refuses the token with ${status}, which is tried again slowly`, async (t) => {
      const failed = await failure(t, error(status, code));
      assert.equal(failed.type, 'Unauthorized');
      assert.equal(retryAfterMs(failed), 300_000);
      assert.match(failed.message, /refused the auth token .* TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN/);
    });
  }

  test('asks us to slow down', async (t) => {
    const failed = await failure(t, error(429, 20429, { 'retry-after': '17' }));
    assert.equal(failed.type, 'RateLimited');
    assert.equal(retryAfterMs(failed), 17_000);
  });

  test('has no room in its queue for now', async (t) => {
    const failed = await failure(t, error(400, 21611));
    assert.equal(failed.type, 'RateLimited');
    assert.equal(retryAfterMs(failed), undefined);
  });

  const unclear: Record<string, unknown> = {
    'without a SID': { status: 'queued', to: request.to, body: request.message },
    'with an empty SID': { sid: '' },
    'of nothing': null,
    'of a list': [request.to],
  };
  for (const [name, body] of Object.entries(unclear)) {
    test(`gives an answer ${name}`, async (t) => {
      const failed = await failure(t, json(201, body));
      assert.equal(failed.type, 'MaybeSent');
    });
  }

  for (const [name, { answer, type, message }] of Object.entries(brokenAnswers)) {
    test(`gives ${name}`, async (t) => {
      const failed = await failure(t, answer, 1_000);
      assert.equal(failed.type, type);
      assert.match(failed.message, message);
    });
  }

  test('is not there', async () => {
    const sms = transportTo(`http://127.0.0.1:${await closedPort()}`);
    const failed = await failureOf(send({ sms }, request), secrets);
    assert.equal(failed.type, 'Unavailable');
    assert.equal(failed.message, 'Twilio could not be reached (ECONNREFUSED).');
  });
});
