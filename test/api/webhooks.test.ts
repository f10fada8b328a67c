import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, mock, test, type TestContext } from 'node:test';
import { pino } from 'pino';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks';
import { createApp } from '../../src/api/app';
import { listen } from '../../src/api/server';
import { readConfig } from '../../src/config';
import type { Channel, Receipt } from '../../src/reminder';
import { createClient, embeddedTemporal } from '../../src/temporal/connection';
import { TemporalUnavailable } from '../../src/temporal/failure';
import { createContactIds } from '../../src/temporal/contactIds';
import { createContacts } from '../../src/temporal/contacts';
import { createRootKey } from '../../src/temporal/rootKey';
import { remindersOver } from '../reminders';
import { freePort } from '../ports';
import { problemOf } from './client';

const publicUrl = 'https://cuddles.example.com';
const authToken = 'the-token-that-twilio-signs-with';
const id = 'AAAAAAAAAAAAAAAAAAAAAA';
const sendgridKeys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const twilioSettings = {
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: authToken,
  TWILIO_FROM: '+15555550199',
};
const settings = {
  PUBLIC_URL: publicUrl,
  SENDGRID_WEBHOOK_PUBLIC_KEY: base64Of(sendgridKeys.publicKey),
  ...twilioSettings,
};

function base64Of(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).toString('base64');
}

/** What the webhooks have told, in the order in which they did. */
interface Told {
  receipts: [reminderId: string, receipt: Receipt][];
  stopped: [channel: Channel, address: string, reason: string][];
  resumed: [channel: Channel, address: string, messageId?: string][];
}

/** Starts the API with the webhooks that the settings choose, which tell what they hear to the test. */
async function startWebhooks(t: TestContext, env: Record<string, string> = settings, trouble?: Error) {
  const told: Told = { receipts: [], stopped: [], resumed: [] };
  const take = <Item>(list: Item[], item: Item): Promise<void> => {
    if (trouble) return Promise.reject(trouble);
    list.push(item);
    return Promise.resolve();
  };
  const config = readConfig({ HOME: __dirname, ...env });
  // Webhooks do not ask it anything.
  const client = createClient(embeddedTemporal({ port: await freePort(), uiPort: 1 }), []);
  const reminders = remindersOver(client);
  const contacts = createContacts(client, createContactIds(createRootKey(client)));
  const app = createApp({
    reminders: { ...reminders, record: (...receipt) => take(told.receipts, receipt) },
    listOutbox: () => Promise.resolve([]),
    access: config.access,
    capabilityOf: () => Promise.resolve(''),
    contacts: {
      ...contacts,
      stop: (...stop) => take(told.stopped, stop),
      resume: (...resume) => take(told.resumed, resume),
    },
    stopKeyOf: () => Promise.resolve(''),
    logger: pino({ level: 'silent' }),
    defaultCountry: config.defaultCountry,
    host: config.host,
    publicUrl: config.publicUrl,
    codec: undefined,
    smsCountries: undefined,
    trustProxy: undefined,
    requestsPerMinute: undefined,
    webhooks: config.webhooks,
  });
  const server = await listen(app, { host: config.host, port: 0 });
  t.after(async () => {
    await server.stop();
    await reminders.close();
  });
  return { url: server.url, told };
}

const now = () => String(Math.floor(Date.now() / 1000));

function signatureOf(timestamp: string, body: string | Buffer, key = sendgridKeys.privateKey): string {
  return sign('sha256', Buffer.concat([Buffer.from(timestamp), Buffer.from(body)]), key).toString('base64');
}

/** Posts to SendGrid's webhook as SendGrid does. */
function postEvents(
  url: string,
  events: unknown,
  { timestamp = now(), signature, ...headers }: Record<string, string> & { signature?: string } = {},
): Promise<Response> {
  const body = Buffer.isBuffer(events) || typeof events === 'string' ? events : JSON.stringify(events);
  return fetch(`${url}/webhooks/sendgrid/events`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'X-Twilio-Email-Event-Webhook-Signature': signature ?? signatureOf(timestamp, body),
      'X-Twilio-Email-Event-Webhook-Timestamp': timestamp,
      ...headers,
    },
    body: Buffer.from(body),
  });
}

/** Posts a form as Twilio does: it calls `publicUrl`, a proxy calls us. */
function postForm(
  url: string,
  path: string,
  form: Record<string, string>,
  { calledAs = publicUrl, ...headers }: Record<string, string> = {},
): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { 'X-Twilio-Signature': getExpectedTwilioSignature(authToken, calledAs + path, form), ...headers },
    body: new URLSearchParams(form),
  });
}

const statusPath = `/webhooks/twilio/status?reminderId=${id}`;
const status = (fields: Record<string, string>) => ({
  MessageSid: 'SM11111111111111111111111111111111',
  To: '+15555550100',
  From: '+15555550199',
  ...fields,
});

async function assertDone(response: Response): Promise<void> {
  assert.equal(response.status, 204, await response.clone().text());
  assert.equal(await response.text(), '');
}

describe('events of SendGrid', () => {
  afterEach(() => {
    mock.timers.reset();
  });

  const event = (fields: Record<string, unknown>) => ({
    email: 'bob@example.com',
    timestamp: 1600112492,
    sg_event_id: 'ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA',
    reminder_id: id,
    ...fields,
  });
  const at = '2020-09-14T19:41:32.000Z';

  test('reach their reminder', async (t) => {
    const { url, told } = await startWebhooks(t);
    await assertDone(await postEvents(url, [event({ event: 'processed' }), event({ event: 'delivered' })]));
    assert.deepEqual(told, {
      receipts: [
        [id, { channel: 'email', status: 'sent', at }],
        [id, { channel: 'email', status: 'delivered', at }],
      ],
      stopped: [],
      resumed: [],
    });
  });

  const failures: [fields: Record<string, unknown>, reason: string, stops: boolean][] = [
    [
      { event: 'bounce', type: 'bounce', status: '5.1.1', bounce_classification: 'Invalid Address' },
      'The email bounced (5.1.1): the address does not exist.',
      true,
    ],
    [{ event: 'bounce', type: 'bounce' }, 'The email bounced.', true],
    [
      { event: 'bounce', type: 'blocked', status: '550', bounce_classification: 'Reputation' },
      'The email was blocked (550): the recipient’s mail server does not trust the sender.',
      false,
    ],
    [{ event: 'blocked', bounce_classification: 'Unclassified' }, 'The email was blocked.', false],
    [{ event: 'bounce', type: 'expired' }, 'The email could not be delivered in time.', false],
    [
      { event: 'bounce', type: 'blocked', status: 'bob@example.com', bounce_classification: 'constructor' },
      'The email was blocked.',
      false,
    ],
    [
      { event: 'dropped', reason: 'Bounced Address' },
      'SendGrid did not send the email: an earlier one to this address bounced.',
      true,
    ],
    [
      { event: 'dropped', reason: 'Unsubscribed Address' },
      'SendGrid did not send the email: the person has unsubscribed.',
      true,
    ],
    [
      { event: 'dropped', reason: 'Spam Reporting Address' },
      'SendGrid did not send the email: the person has reported an earlier one as spam.',
      true,
    ],
    [{ event: 'dropped', reason: 'Invalid' }, 'SendGrid did not send the email: the address is not valid.', false],
    [{ event: 'dropped' }, 'SendGrid did not send the email.', false],
  ];
  for (const [fields, reason, stops] of failures) {
    test(`tell why one failed, in words without addresses: ${JSON.stringify(fields)}`, async (t) => {
      const { url, told } = await startWebhooks(t);
      const free = '550 5.1.1 The account bob@example.com does not exist';
      await assertDone(await postEvents(url, [event({ reason: free, response: free, ...fields })]));
      assert.deepEqual(told.receipts, [[id, { channel: 'email', status: 'failed', at, reason }]]);
      assert.deepEqual(
        told.stopped.map(([channel, address]) => [channel, address]),
        stops ? [['email', 'bob@example.com']] : [],
      );
      assert.ok(!JSON.stringify([told.receipts, told.stopped.map(([, , why]) => why)]).includes('bob'));
    });
  }

  test('of people who want no more stop what else would go there, also without a reminder', async (t) => {
    const { url, told } = await startWebhooks(t);
    const names = ['spamreport', 'unsubscribe', 'group_unsubscribe'];
    const events = names.map((name) => event({ event: name, reminder_id: undefined }));
    await assertDone(await postEvents(url, events));
    assert.deepEqual(told.receipts, []);
    assert.deepEqual(told.stopped, [
      ['email', 'bob@example.com', 'The person has reported an email as spam.'],
      ['email', 'bob@example.com', 'The person has unsubscribed.'],
      ['email', 'bob@example.com', 'The person has unsubscribed.'],
    ]);
  });

  test('of no interest, unknown kinds and foreign shapes are passed over, and the others are not', async (t) => {
    const { url, told } = await startWebhooks(t);
    const foreign = [
      ...['open', 'click', 'deferred', 'group_resubscribe', 'meow', '__proto__', 'constructor'].map((name) =>
        event({ event: name }),
      ),
      ...[null, 7, 'delivered', [], [[]], {}, { event: null }, { event: ['delivered'] }, { event: 'delivered' }],
      ...[null, '', 'a b', 'a/../b', 'x'.repeat(256), {}, ['a'], 7].map((reminder_id) =>
        event({ event: 'delivered', reminder_id }),
      ),
      ...[null, '1600112492', -1, 1.5, 1e300, 253_402_300_800].map((timestamp) =>
        event({ event: 'delivered', timestamp }),
      ),
      ...[null, 'bob', 'bob@a b', `${'x'.repeat(300)}@example.com`, {}].map((email) =>
        event({ event: 'unsubscribe', email }),
      ),
    ];
    await assertDone(await postEvents(url, [...foreign, event({ event: 'delivered' })]));
    await assertDone(await postEvents(url, `${'['.repeat(100_000)}${']'.repeat(100_000)}`));
    assert.deepEqual(told, {
      receipts: [[id, { channel: 'email', status: 'delivered', at }]],
      stopped: [],
      resumed: [],
    });
  });

  test('may come twice, and many at once', async (t) => {
    const { url, told } = await startWebhooks(t);
    const batch = Array.from({ length: 2_500 }, () => event({ event: 'delivered', response: 'x'.repeat(100) }));
    assert.ok(JSON.stringify(batch).length > 700_000);
    for (let time = 0; time < 2; time++) await assertDone(await postEvents(url, batch));
    assert.equal(told.receipts.length, 5_000);
  });

  test('are believed as SendGrid signs them: by its own published example', async (t) => {
    // From the tests of SendGrid's helper libraries (MIT). The line end is part of what is signed.
    const { url, told } = await startWebhooks(t, {
      ...settings,
      SENDGRID_WEBHOOK_PUBLIC_KEY:
        'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==',
    });
    const body =
      '[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address",' +
      '"sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",' +
      '"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",' +
      '"smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n';
    const timestamp = '1600112502';
    const signature =
      'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=';
    const failing = 'MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH3j/0=';

    mock.timers.enable({ apis: ['Date'], now: 1600112502_000 });
    await problemOf(await postEvents(url, body, { timestamp, signature: failing }), 403);
    await problemOf(await postEvents(url, body.trimEnd(), { timestamp, signature }), 403);
    await problemOf(await postEvents(url, body, { timestamp: '1600112503', signature }), 403);
    assert.deepEqual(told.stopped, []);
    await assertDone(await postEvents(url, body, { timestamp, signature }));
    assert.deepEqual(told.stopped, [['email', 'hello@world.com', 'An email to this address bounced.']]);
  });

  test('that were signed long ago, or will be, are refused', async (t) => {
    const { url, told } = await startWebhooks(t);
    for (const [ago, expected] of [
      [301, 403],
      [299, 204],
      [-299, 204],
      [-302, 403],
    ] as const) {
      const timestamp = String(Number(now()) - ago);
      const response = await postEvents(url, [event({ event: 'delivered' })], { timestamp });
      assert.equal(response.status, expected, `signed ${ago} s ago`);
    }
    assert.equal(told.receipts.length, 2);
  });

  test('that SendGrid has not signed are refused, whatever is wrong with them', async (t) => {
    const { url, told } = await startWebhooks(t);
    const body = JSON.stringify([event({ event: 'delivered' })]);
    const timestamp = now();
    const good = signatureOf(timestamp, body);
    const der = Buffer.from(good, 'base64');
    const stranger = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
    const signatures = [
      '',
      ' ',
      '=',
      'é',
      'not base64!',
      'AAAA',
      `${good}, ${good}`,
      good.slice(0, 40),
      good.repeat(50),
      der.toString('hex'),
      signatureOf(timestamp, body, stranger),
      signatureOf(timestamp, `${body} `),
      signatureOf('', body),
      sign('sha1', Buffer.from(timestamp + body), sendgridKeys.privateKey).toString('base64'),
      sign('sha256', Buffer.from(timestamp + body), {
        key: sendgridKeys.privateKey,
        dsaEncoding: 'ieee-p1363',
      }).toString('base64'),
      ...Array.from({ length: 100 }, () => randomBytes(der.length).toString('base64')),
      // DER that breaks off, is too long, or says wrong lengths.
      ...Array.from({ length: der.length }, (_, length) => der.subarray(0, length).toString('base64')),
      ...Array.from({ length: 8 }, (_, index) => {
        const wrong = Buffer.from(der);
        wrong.writeUInt8(255, index);
        return wrong.toString('base64');
      }),
    ];
    for (const signature of signatures) await problemOf(await postEvents(url, body, { timestamp, signature }), 403);
    for (const wrong of [
      '',
      '0',
      'NaN',
      '1e9',
      '-5',
      `${timestamp}.0`,
      '9'.repeat(400),
      `${timestamp}, ${timestamp}`,
    ]) {
      await problemOf(await postEvents(url, body, { timestamp: wrong }), 403);
    }
    await problemOf(
      await fetch(`${url}/webhooks/sendgrid/events`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      }),
      403,
    );
    assert.deepEqual(told.receipts, []);
  });

  test('that are no list of JSON are refused', async (t) => {
    const { url } = await startWebhooks(t);
    const bodies = ['', '{', '{}', 'null', '"x"', '7', '[}', '{"length":1}', Buffer.from([0xff, 0xfe, 0x00])];
    for (const body of bodies) {
      const response = await postEvents(url, body);
      assert.ok([400, 415].includes(response.status), `${response.status} ${String(body)}`);
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'x']) {
      await problemOf(await postEvents(url, '[]', { 'Content-Type': type }), 415);
    }
    await problemOf(await postEvents(url, '[]', { 'Content-Encoding': 'gzip' }), 415);
    await assertDone(await postEvents(url, '[]', { 'Content-Type': 'application/json; charset=utf-8' }));
  });

  test('that are too many at once are refused before they are read', async (t) => {
    const { url } = await startWebhooks(t);
    const { detail } = await problemOf(await postEvents(url, ' '.repeat(1_100_000)), 413);
    assert.match(detail, /1024 kB/);
  });

  test('are asked for again while Temporal is away', async (t) => {
    const { url } = await startWebhooks(t, settings, new TemporalUnavailable('away'));
    for (const name of ['delivered', 'unsubscribe']) {
      const response = await postEvents(url, [event({ event: name })]);
      assert.ok(Number(response.headers.get('Retry-After')) > 0);
      await problemOf(response, 503);
    }
  });
});

describe('status callbacks of Twilio', () => {
  for (const [said, expected] of Object.entries({
    queued: 'sent',
    accepted: 'sent',
    sending: 'sent',
    sent: 'sent',
    delivered: 'delivered',
    read: 'delivered',
    undelivered: 'failed',
    failed: 'failed',
    canceled: 'failed',
  })) {
    test(`reach their reminder: ${said}`, async (t) => {
      const { url, told } = await startWebhooks(t);
      const before = new Date().toISOString();
      await assertDone(await postForm(url, statusPath, status({ MessageStatus: said })));
      const [[reminderId, receipt] = assert.fail()] = told.receipts;
      assert.deepEqual([reminderId, receipt.channel, receipt.status], [id, 'sms', expected]);
      assert.ok(receipt.at >= before && receipt.at <= new Date().toISOString());
      assert.equal(receipt.reason, expected === 'failed' ? 'Twilio could not deliver the text message.' : undefined);
      assert.deepEqual(told.stopped, []);
    });
  }

  const reasons = {
    30003: 'Twilio could not deliver the text message (30003): the phone is switched off or out of reach.',
    30006:
      'Twilio could not deliver the text message (30006): the phone number is a landline, or its carrier is out of reach.',
    30999: 'Twilio could not deliver the text message (code 30999).',
    0: 'Twilio could not deliver the text message.',
    __proto__: 'Twilio could not deliver the text message.',
    '+15555550100': 'Twilio could not deliver the text message.',
  };
  for (const [ErrorCode, reason] of Object.entries(reasons)) {
    test(`tell why one failed, in words: ${ErrorCode}`, async (t) => {
      const { url, told } = await startWebhooks(t);
      await assertDone(await postForm(url, statusPath, status({ MessageStatus: 'undelivered', ErrorCode })));
      assert.equal(told.receipts[0]?.[1].reason, reason);
      assert.deepEqual(told.stopped, []);
    });
  }

  test('of people who have opted out stop what else would go there', async (t) => {
    const { url, told } = await startWebhooks(t);
    await assertDone(await postForm(url, statusPath, status({ MessageStatus: 'failed', ErrorCode: '21610' })));
    assert.equal(
      told.receipts[0]?.[1].reason,
      'Twilio could not deliver the text message (21610): the person has opted out by replying STOP.',
    );
    assert.deepEqual(told.stopped, [['sms', '+15555550100', 'The person has opted out by replying STOP.']]);
  });

  test('may come twice', async (t) => {
    const { url, told } = await startWebhooks(t);
    for (let time = 0; time < 2; time++) {
      await assertDone(await postForm(url, statusPath, status({ MessageStatus: 'delivered' })));
    }
    assert.equal(told.receipts.length, 2);
  });

  test('of no reminder, and unknown ones, are passed over', async (t) => {
    const { url, told } = await startWebhooks(t);
    const delivered = status({ MessageStatus: 'delivered' });
    for (const query of ['', '?reminderId=', '?reminderId=a%20b', `?reminderId=${'x'.repeat(300)}`, '?other=x']) {
      await assertDone(await postForm(url, `/webhooks/twilio/status${query}`, delivered));
    }
    for (const MessageStatus of ['scheduled', 'receiving', 'meow', '', '__proto__', 'constructor']) {
      await assertDone(await postForm(url, statusPath, status({ MessageStatus })));
    }
    assert.deepEqual(told, { receipts: [], stopped: [], resumed: [] });
  });

  test('that lack or repeat a parameter are refused', async (t) => {
    const { url, told } = await startWebhooks(t);
    const repeated = `/webhooks/twilio/status?reminderId=${id}&reminderId=${id}`;
    await problemOf(await postForm(url, repeated, status({ MessageStatus: 'delivered' })), 400);
    await problemOf(await postForm(url, statusPath, status({})), 422);

    const form = { MessageStatus: ['delivered', 'failed'], ErrorCode: ['21610', '30003'] };
    const signature = getExpectedTwilioSignature(authToken, publicUrl + statusPath, form);
    const body = 'MessageStatus=delivered&MessageStatus=failed&ErrorCode=21610&ErrorCode=30003';
    const headers = { 'X-Twilio-Signature': signature, 'Content-Type': 'application/x-www-form-urlencoded' };
    await problemOf(await fetch(url + statusPath, { method: 'POST', headers, body }), 422);
    assert.deepEqual(told, { receipts: [], stopped: [], resumed: [] });
  });

  test('are asked for again while Temporal is away', async (t) => {
    const { url } = await startWebhooks(t, settings, new TemporalUnavailable('away'));
    const response = await postForm(url, statusPath, status({ MessageStatus: 'delivered' }));
    assert.ok(Number(response.headers.get('Retry-After')) > 0);
    await problemOf(response, 503);
  });
});

describe('text messages to Twilio', () => {
  const MessageSid = 'SM11111111111111111111111111111111';
  const answer = (fields: Record<string, string>) => ({
    MessageSid,
    From: '+15555550100',
    To: '+15555550199',
    ...fields,
  });
  const empty = '<?xml version="1.0" encoding="UTF-8"?><Response/>';

  async function reply(url: string, fields: Record<string, string>): Promise<string> {
    const response = await postForm(url, '/webhooks/twilio/incoming', answer(fields));
    assert.equal(response.status, 200, await response.clone().text());
    assert.match(response.headers.get('Content-Type') ?? '', /^text\/xml/);
    return response.text();
  }

  for (const word of [
    'STOP',
    'STOPALL',
    'UNSUBSCRIBE',
    'CANCEL',
    'END',
    'QUIT',
    'REVOKE',
    'OPTOUT',
    'stop',
    ' Stop\n',
  ]) {
    test(`that say ${JSON.stringify(word)} stop everything to that number`, async (t) => {
      const { url, told } = await startWebhooks(t);
      assert.equal(await reply(url, { Body: word }), empty);
      assert.deepEqual(told, {
        receipts: [],
        stopped: [['sms', '+15555550100', 'The person has replied STOP.']],
        resumed: [],
      });
    });
  }

  for (const word of ['START', 'UNSTOP', 'YES', 'start']) {
    test(`that say ${word} let reminders go there again`, async (t) => {
      const { url, told } = await startWebhooks(t);
      assert.equal(await reply(url, { Body: word }), empty);
      assert.deepEqual(told, { receipts: [], stopped: [], resumed: [['sms', '+15555550100', MessageSid]] });
    });
  }

  for (const word of ['HELP', 'INFO', 'help ']) {
    test(`that say ${JSON.stringify(word)} are told who writes and how to make it stop`, async (t) => {
      const { url, told } = await startWebhooks(t);
      const [, help = ''] =
        /<Response><Message>(.*)<\/Message><\/Response>/.exec(await reply(url, { Body: word })) ?? [];
      assert.match(help, /^Cuddle-a-tron sends .* Reply STOP/);
      assert.ok(help.length <= 160, help);
      assert.deepEqual(told, { receipts: [], stopped: [], resumed: [] });
    });
  }

  test('that Twilio has answered itself are heeded, and not answered again', async (t) => {
    const { url, told } = await startWebhooks(t);
    for (const [OptOutType, Body] of [
      ['STOP', 'ARRET'],
      ['START', 'OUI'],
      ['HELP', 'AIDE'],
      ['HELP', 'HELP'],
      ['MEOW', 'STOP'],
    ] as const) {
      assert.equal(await reply(url, { OptOutType, Body }), empty);
    }
    assert.deepEqual(told, {
      receipts: [],
      stopped: [['sms', '+15555550100', 'The person has replied STOP.']],
      resumed: [['sms', '+15555550100', MessageSid]],
    });
  });

  test('that say anything else, or come from no phone, get no answer', async (t) => {
    const { url, told } = await startWebhooks(t);
    for (const Body of ['', 'please stop', 'STOP it', 'STOP.', 'meow', '__proto__', 'x'.repeat(1_600), '🐾']) {
      assert.equal(await reply(url, { Body }), empty, Body);
    }
    for (const From of ['', '12345', 'WHISKERS', 'whatsapp:+15555550100']) {
      assert.equal(await reply(url, { From, Body: 'STOP' }), empty, From);
    }
    assert.deepEqual(told, { receipts: [], stopped: [], resumed: [] });
  });

  test('are asked for again while Temporal is away', async (t) => {
    const { url } = await startWebhooks(t, settings, new TemporalUnavailable('away'));
    await problemOf(await postForm(url, '/webhooks/twilio/incoming', answer({ Body: 'STOP' })), 503);
  });
});

describe('the signature of Twilio', () => {
  const form = status({ MessageStatus: 'delivered' });
  const paths = [statusPath, '/webhooks/twilio/incoming'];

  test('is over the public address, which is not the one that a proxy calls', async (t) => {
    const { url, told } = await startWebhooks(t);
    await assertDone(await postForm(url, statusPath, form));
    for (const calledAs of [url, 'http://cuddles.example.com', 'https://evil.example']) {
      await problemOf(await postForm(url, statusPath, form, { calledAs }), 403);
    }
    assert.equal(told.receipts.length, 1);
  });

  test('is over the address that was called where there is no public one', async (t) => {
    const { url, told } = await startWebhooks(t, twilioSettings);
    await assertDone(await postForm(url, statusPath, form, { calledAs: url }));
    await problemOf(await postForm(url, statusPath, form), 403);
    assert.equal(told.receipts.length, 1);
  });

  test('is over every character of the query and the form', async (t) => {
    const { url, told } = await startWebhooks(t);
    const signature = getExpectedTwilioSignature(authToken, publicUrl + statusPath, form);
    const headers = { 'X-Twilio-Signature': signature };
    for (const [path, fields] of [
      [`${statusPath}B`, form],
      [`${statusPath}&x=`, form],
      [statusPath, { ...form, MessageStatus: 'failed' }],
      [statusPath, { ...form, ErrorCode: '21610' }],
      ['/webhooks/twilio/incoming', form],
    ] as const) {
      await problemOf(await postForm(url, path, fields, headers), 403);
    }
    const odd = `/webhooks/twilio/status?reminderId=${id}&a='%27(!*)~%20+%2B&b=é`;
    const encoded = new URL(odd, publicUrl).href.slice(publicUrl.length);
    await assertDone(await postForm(url, encoded, { ...form, Body: " +&=%27' \n 🐾" }));
    assert.equal(told.receipts.length, 1);
  });

  test('is refused when it is malformed, as is what it is over', async (t) => {
    const { url, told } = await startWebhooks(t);
    for (const signature of ['', ' ', '=', 'é', 'AAAA', 'x'.repeat(8_000), randomBytes(20).toString('base64')]) {
      for (const path of paths)
        await problemOf(await postForm(url, path, form, { 'X-Twilio-Signature': signature }), 403);
    }
    const type = 'application/x-www-form-urlencoded';
    const bodies = ['%', '%zz=%', '__proto__=x&constructor=y&toString=z', '=&=&=', 'a&a&a', '\0', 'a[b]=c&a[b][c]=d'];
    for (const path of [...paths, `${statusPath}&__proto__=x&%=%&bodySHA256=00`]) {
      for (const body of bodies) {
        const headers = { 'X-Twilio-Signature': 'AAAA', 'Content-Type': type };
        await problemOf(await fetch(url + path, { method: 'POST', headers, body }), 403);
      }
      const headers = { 'X-Twilio-Signature': 'AAAA', 'Content-Type': 'application/json' };
      await problemOf(await fetch(url + path, { method: 'POST', headers, body: '{}' }), 415);
      await problemOf(await fetch(url + path, { method: 'POST' }), 415);
      const large = { method: 'POST', headers: { 'Content-Type': type }, body: 'x'.repeat(70_000) };
      await problemOf(await fetch(url + path, large), 413);
      const many = { method: 'POST', headers: { 'Content-Type': type }, body: 'a=&'.repeat(2_000) };
      await problemOf(await fetch(url + path, many), 413);
    }
    assert.deepEqual(told, { receipts: [], stopped: [], resumed: [] });
  });

  test('is refused over an address that is none', async (t) => {
    const { url } = await startWebhooks(t, twilioSettings);
    const { port } = new URL(url);
    const type = 'application/x-www-form-urlencoded';
    for (const [host, path] of [
      [`127.0.0.1:${port}`, '//webhooks/twilio/status'],
      [`127.0.0.1:${port}`, 'http://[/webhooks/twilio/status'],
      [`127.0.0.1:${port}`, 'http://x/webhooks/twilio/status'],
      ['[::1', '/webhooks/twilio/status'],
      ['127.0.0.1:99999', '/webhooks/twilio/status'],
      ['127.0.0.1:', '/webhooks/twilio/status?%'],
    ] as const) {
      const headers = { Host: host, 'Content-Type': type, 'X-Twilio-Signature': 'AAAA' };
      const request = httpRequest({ port, path, method: 'POST', headers }).end('a=b');
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      const status = response.statusCode ?? 0;
      assert.ok(status >= 400 && status < 500, `${host} ${path}: ${status} ${await text(response)}`);
    }
  });
});

describe('webhooks', () => {
  test('are not there while their provider is not set up', async (t) => {
    const { url } = await startWebhooks(t, { PUBLIC_URL: publicUrl });
    await problemOf(await postEvents(url, []), 404);
    for (const path of [statusPath, '/webhooks/twilio/incoming']) await problemOf(await postForm(url, path, {}), 404);
  });

  test('take nothing but POST', async (t) => {
    const { url } = await startWebhooks(t);
    for (const path of ['/webhooks/sendgrid/events', '/webhooks/twilio/status', '/webhooks/twilio/incoming']) {
      const response = await fetch(url + path);
      assert.equal(response.headers.get('Allow'), 'POST');
      await problemOf(response, 405);
    }
  });

  test('are called by no page, so that the origin does not matter', async (t) => {
    const { url } = await startWebhooks(t);
    await assertDone(await postEvents(url, [], { Origin: 'https://proxy.example' }));
    const form = status({ MessageStatus: 'delivered' });
    await assertDone(await postForm(url, statusPath, form, { Origin: 'https://proxy.example' }));
  });
});
