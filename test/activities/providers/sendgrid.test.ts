import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { sendgridEmail } from '../../../src/activities/providers/sendgrid';
import {
  brokenAnswers,
  closedPort,
  failureOf,
  retryAfterMs,
  json,
  send,
  startProvider,
  startTcpServer,
  type Answer,
} from './provider';
import type { Doubt } from '../../../src/reminder';

/** A doubt that began and ended at this moment. */
function doubtSince(at: string): Doubt {
  return { since: at, until: at };
}

const key = 'SG.a-key-that-nobody-may-see';
const request = { reminderId: 'AAAAAAAAAAAAAAAAAAAAAA', to: 'bob@example.org', message: 'Cuddle Whiskers <now>!' };
const secrets = [key, request.to, 'example.org', request.message, 'Cuddle'];
const accepted: Answer = (response) => {
  response.writeHead(202, { 'x-message-id': '14c5d75ce93.dfd.64b469' }).end();
};

function transportTo(baseUrl: string, timeoutMs?: number, reportsBack = false) {
  return sendgridEmail(
    { kind: 'sendgrid', apiKey: key, baseUrl, from: 'Whiskers <whiskers@example.com>' },
    { reportsBack, timeoutMs },
  );
}

async function failure(t: TestContext, answer: Answer, timeoutMs?: number) {
  const provider = await startProvider(t, answer);
  const failed = await failureOf(send({ email: transportTo(provider.url, timeoutMs) }, request), secrets);
  assert.equal(provider.received.length, 1, 'one attempt is one request');
  return failed;
}

describe('SendGrid', () => {
  test('gets the email in one request and gives its message id', async (t) => {
    const provider = await startProvider(t, accepted);

    const receipt = await send({ email: transportTo(provider.url) }, request);

    assert.equal(receipt.providerId, '14c5d75ce93.dfd.64b469');
    assert.equal(new Date(receipt.at).toISOString(), receipt.at);
    assert.equal(provider.received.length, 1);
    const [{ method, path, headers, body } = assert.fail()] = provider.received;
    assert.equal(method, 'POST');
    assert.equal(path, '/v3/mail/send');
    assert.equal(headers.authorization, `Bearer ${key}`);
    assert.equal(headers['content-type'], 'application/json');
    const { content, ...rest } = JSON.parse(body) as { content: { type: string; value: string }[] };
    assert.deepEqual(rest, {
      from: { email: 'whiskers@example.com', name: 'Whiskers' },
      personalizations: [{ to: [{ email: 'bob@example.org' }], custom_args: { reminder_id: request.reminderId } }],
      subject: 'Cuddle Whiskers <now>!',
      tracking_settings: {
        click_tracking: { enable: false, enable_text: false },
        open_tracking: { enable: false },
      },
    });
    assert.deepEqual(
      content.map(({ type }) => type),
      ['text/plain', 'text/html'],
    );
    assert.match(content[0]?.value ?? '', /^Cuddle Whiskers <now>!\n/);
    assert.match(content[1]?.value ?? '', /Cuddle Whiskers &lt;now&gt;!/);
  });

  test('is told where such emails are stopped with one click, for mailboxes to offer it', async (t) => {
    const provider = await startProvider(t, accepted);
    const stopUrl = 'https://cuddles.example.com/stop/contact-1?key=2';
    await send({ email: transportTo(provider.url), stopPage: () => Promise.resolve(stopUrl) }, request);
    const { personalizations } = JSON.parse(provider.received[0]?.body ?? '') as {
      personalizations: { headers: unknown }[];
    };
    assert.deepEqual(
      personalizations.map(({ headers }) => headers),
      [{ 'List-Unsubscribe': `<${stopUrl}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }],
    );
  });

  test('gets an address as one address, whatever it holds', async (t) => {
    const provider = await startProvider(t, accepted);
    await send({ email: transportTo(provider.url) }, { ...request, to: 'Eve <eve@example.net>, bob@example.org' });
    const { personalizations } = JSON.parse(provider.received[0]?.body ?? '') as {
      personalizations: { to: unknown }[];
    };
    assert.deepEqual(personalizations[0]?.to, [{ email: 'Eve <eve@example.net>, bob@example.org' }]);
  });

  test('may accept an email without giving it an id', async (t) => {
    const provider = await startProvider(t, (response) => response.writeHead(202).end());
    const { providerId } = await send({ email: transportTo(provider.url) }, request);
    assert.equal(providerId, request.reminderId);
  });

  test('gets each message over a connection of its own, as one that was kept may have died unseen', async (t) => {
    const provider = await startProvider(t, accepted);
    const email = transportTo(provider.url);
    for (let message = 0; message < 3; message++) await send({ email }, request);
    assert.equal(provider.connections, 3);
  });

  const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000).toISOString();

  test('that reports back is not sent an email again while its receipt may still come', async (t) => {
    const provider = await startProvider(t, accepted);
    const email = transportTo(provider.url, undefined, true);
    const failed = await failureOf(send({ email }, { ...request, doubt: doubtSince(ago(40)) }), secrets);
    assert.equal(failed.type, 'Unavailable');
    assert.equal(failed.message, 'SendGrid may have the email already, and its receipt is waited for.');
    const wait = retryAfterMs(failed) ?? 0;
    assert(wait > 60_000 && wait <= 80_000, `it waits ${wait} ms`);
    assert.equal(provider.received.length, 0);
  });

  test('that reports back is sent an email again once no receipt has come', async (t) => {
    const provider = await startProvider(t, accepted);
    await send({ email: transportTo(provider.url, undefined, true) }, { ...request, doubt: doubtSince(ago(121)) });
    assert.equal(provider.received.length, 1);
  });

  test('that does not report back is sent an email again at once', async (t) => {
    const provider = await startProvider(t, accepted);
    await send({ email: transportTo(provider.url) }, { ...request, doubt: doubtSince(ago(1)) });
    assert.equal(provider.received.length, 1);
  });

  for (const status of [400, 404, 405, 406, 413]) {
    test(`rejects for good with ${status}`, async (t) => {
      const body = {
        errors: [{ message: `Bad address ${request.to}`, field: 'personalizations.0.to.0.email', help: null }],
      };
      const failed = await failure(t, json(status, body));
      assert.equal(failed.type, 'Rejected');
      assert.equal(failed.message, `SendGrid rejected the email (HTTP ${status}, personalizations.0.to.0.email).`);
    });
  }

  test('names no field that could be a value', async (t) => {
    const failed = await failure(t, json(400, { errors: [{ message: '', field: request.to }] }));
    assert.equal(failed.message, 'SendGrid rejected the email (HTTP 400).');
  });

  for (const status of [401, 403]) {
    test(`refuses the key with ${status}, which is tried again slowly`, async (t) => {
      const body = { errors: [{ message: 'The provided authorization grant is invalid', field: null, help: null }] };
      const failed = await failure(t, json(status, body));
      assert.equal(failed.type, 'Unauthorized');
      assert.equal(retryAfterMs(failed), 300_000);
      assert.match(failed.message, /refused the API key .* SENDGRID_API_KEY/);
    });
  }

  const soon = () => Math.ceil(Date.now() / 1000) + 120;
  const waits: Record<string, { headers: () => Record<string, string>; from?: number; to?: number }> = {
    'seconds to wait': { headers: () => ({ 'retry-after': '17' }), from: 17_000, to: 17_000 },
    'a date to wait for': {
      headers: () => ({ 'retry-after': new Date(soon() * 1000).toUTCString() }),
      from: 60_000,
      to: 121_000,
    },
    'a time of its limit': { headers: () => ({ 'x-ratelimit-reset': String(soon()) }), from: 60_000, to: 121_000 },
    'no time to wait at all': { headers: () => ({ 'retry-after': '0' }), from: 1000, to: 1000 },
    'a date gone by': {
      headers: () => ({ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }),
      from: 1000,
      to: 1000,
    },
    'hours to wait': { headers: () => ({ 'retry-after': '7200' }), from: 7_200_000, to: 7_200_000 },
    'parts of seconds to wait': { headers: () => ({ 'retry-after': '1.5' }), from: 1_500, to: 1_500 },
    'a year to wait': { headers: () => ({ 'retry-after': '31536000' }), from: 21_600_000, to: 21_600_000 },
    'more digits than time has': {
      headers: () => ({ 'retry-after': '9'.repeat(400) }),
      from: 21_600_000,
      to: 21_600_000,
    },
    nonsense: { headers: () => ({ 'retry-after': '-5', 'x-ratelimit-reset': 'soon' }) },
    'no wait': { headers: () => ({}) },
  };
  for (const [name, { headers, from, to }] of Object.entries(waits)) {
    test(`asks us to slow down, with ${name}`, async (t) => {
      const failed = await failure(t, json(429, { errors: [{ message: 'too many requests' }] }, headers()));
      assert.equal(failed.type, 'RateLimited');
      if (from === undefined || to === undefined) assert.equal(retryAfterMs(failed), undefined);
      else assert(Number(retryAfterMs(failed)) >= from && Number(retryAfterMs(failed)) <= to);
    });
  }

  test('may say how long to wait, and nothing more', async (t) => {
    const failed = await failure(t, (response) => {
      response.writeHead(429, { 'content-length': '100', 'retry-after': '17' });
      response.write('{', () => response.destroy());
    });
    assert.equal(failed.type, 'RateLimited');
    assert.equal(retryAfterMs(failed), 17_000);
  });

  test('may say how long it is out of order', async (t) => {
    const failed = await failure(t, json(503, {}, { 'retry-after': '30' }));
    assert.equal(failed.type, 'Unavailable');
    assert.equal(retryAfterMs(failed), 30_000);
  });

  for (const [name, { answer, type, message }] of Object.entries(brokenAnswers)) {
    test(`gives ${name}`, async (t) => {
      const failed = await failure(t, answer, 300);
      assert.equal(failed.type, type);
      assert.match(failed.message, message);
      assert.equal(retryAfterMs(failed), undefined);
    });
  }

  test('is not there', async () => {
    const email = transportTo(`http://127.0.0.1:${await closedPort()}`);
    const failed = await failureOf(send({ email }, request), secrets);
    assert.equal(failed.type, 'Unavailable');
    assert.equal(failed.message, 'SendGrid could not be reached (ECONNREFUSED).');
  });

  test('is somebody else who knows no TLS', async (t) => {
    const port = await startTcpServer(t, (socket) => socket.once('data', () => socket.end('hello?\r\n')));
    const failed = await failureOf(send({ email: transportTo(`https://127.0.0.1:${port}`) }, request), secrets);
    assert.equal(failed.type, 'Unavailable');
  });

  test('hangs before it could have read anything', async (t) => {
    const port = await startTcpServer(t, () => undefined);
    const failed = await failureOf(send({ email: transportTo(`https://127.0.0.1:${port}`, 300) }, request), secrets);
    assert.equal(failed.type, 'Unavailable');
    assert.equal(failed.message, 'SendGrid could not be reached in time.');
  });
});
