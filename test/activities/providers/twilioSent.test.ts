import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { twilioSms } from '../../../src/activities/providers/twilio';
import { startTwilio, twilioAccount, twilioMessage, type FakeTwilio, type TwilioMessage } from '../../twilio';
import { brokenAnswers, failureOf, json, retryAfterMs, send, type Answer } from './provider';
import type { Doubt } from '../../../src/reminder';

/** A doubt that began and ended at this moment. */
function doubtSince(at: string): Doubt {
  return { since: at, until: at };
}

const MINUTE = 60_000;

const request = { reminderId: 'AAAAAAAAAAAAAAAAAAAAAA', to: '+15555550100', message: 'Cuddle Whiskers' };
/** An attempt began so long ago that what it has sent is to be seen. */
const doubtful = { ...request, doubt: doubtSince(ago(MINUTE)) };
const secrets = [twilioAccount.authToken, request.to, '5550100', 'Cuddle'];

function ago(ms: number): string {
  return new Date(Date.now() - ms).toISOString();
}

async function start(t: TestContext): Promise<FakeTwilio> {
  const twilio = await startTwilio();
  t.after(() => twilio.stop());
  return twilio;
}

function transportTo({ url }: FakeTwilio, timeoutMs?: number) {
  const sender = { from: '+15555550199' };
  return { sms: twilioSms({ ...twilioAccount, baseUrl: url, sender, statusCallback: undefined }, timeoutMs) };
}

/** Makes an attempt that sends the message, and never gets its answer. */
async function sendInDoubt(twilio: FakeTwilio, reminder = request): Promise<TwilioMessage> {
  const { confirm } = twilio;
  twilio.confirm = (response) => response.destroy();
  const failed = await failureOf(send(transportTo(twilio), reminder), secrets);
  assert.equal(failed.type, 'MaybeSent');
  twilio.confirm = confirm;
  return twilio.messages.at(-1) ?? assert.fail();
}

/** Lets others send to the same number. */
function crowd({ messages }: FakeTwilio, count: number, fields: Partial<TwilioMessage> = {}): void {
  for (let other = 0; other < count; other++) {
    messages.push({ ...twilioMessage(messages.length, request.to, 'Feed Tom\n(ref 00000000)'), ...fields });
  }
}

describe('Twilio, asked for a text message that may have been sent', () => {
  test('is not asked when no attempt is in doubt', async (t) => {
    const twilio = await start(t);
    await send(transportTo(twilio), request);
    assert.equal(twilio.asked.length, 0);
  });

  for (const status of ['accepted', 'queued', 'sending', 'sent', 'delivered', 'read']) {
    test(`has it as ${status}, and gets no other`, async (t) => {
      const twilio = await start(t);
      const message = await sendInDoubt(twilio);
      message.status = status;

      const receipt = await send(transportTo(twilio), doubtful);

      assert.equal(receipt.providerId, message.sid);
      assert.equal(twilio.messages.length, 1);
      assert.deepEqual(Object.fromEntries(twilio.asked[0] ?? []), { To: request.to, PageSize: '50' });
    });
  }

  test('has it, with words around it that Twilio puts there', async (t) => {
    const twilio = await start(t);
    const message = await sendInDoubt(twilio);
    message.body = `Sent from your Twilio trial account - ${message.body ?? ''}\n`;
    assert.equal((await send(transportTo(twilio), doubtful)).providerId, message.sid);
  });

  test('has it behind many later ones to the same number', async (t) => {
    const twilio = await start(t);
    const message = await sendInDoubt(twilio);
    crowd(twilio, 120);
    const { providerId } = await send(transportTo(twilio), doubtful);
    assert.equal(providerId, message.sid);
    assert.deepEqual(
      twilio.asked.map((query) => query.get('Page')),
      [null, '1', '2'],
    );
  });

  test('has a page of the longest messages before it', async (t) => {
    const twilio = await start(t);
    const message = await sendInDoubt(twilio);
    crowd(twilio, 50, { body: '🐾'.repeat(800) });
    assert.equal((await send(transportTo(twilio), doubtful)).providerId, message.sid);
  });

  test('has not got it, and is sent it once, without being asked for what is older than the doubt', async (t) => {
    const twilio = await start(t);
    crowd(twilio, 200, { date_created: new Date(Date.now() - 60 * MINUTE).toUTCString() });
    crowd(twilio, 20);

    const { providerId } = await send(transportTo(twilio), doubtful);

    assert.equal(providerId, twilio.messages.at(-1)?.sid);
    assert.equal(twilio.messages.length, 221);
    assert.deepEqual(
      twilio.asked.map((query) => query.get('Page')),
      [null, '1'],
    );
  });

  const others: Record<string, (sent: TwilioMessage) => Partial<TwilioMessage>> = {
    'to another number': () => ({ to: '+15555550101' }),
    'that quotes it': ({ body }) => ({ body: `You wrote: ${body ?? ''} Why?` }),
    'that looks like it': ({ body }) => ({ body: body?.replace(/\w\)$/, '?)') ?? null }),
    'that was redacted': () => ({ body: null }),
    'that was cancelled': () => ({ status: 'canceled' }),
    'of a time long before': () => ({ date_created: new Date(Date.now() - 60 * MINUTE).toUTCString() }),
  };
  for (const [name, change] of Object.entries(others)) {
    test(`has one ${name}, which it is not`, async (t) => {
      const twilio = await start(t);
      const other = await sendInDoubt(twilio);
      Object.assign(other, change(other));
      const { providerId } = await send(transportTo(twilio), doubtful);
      assert.notEqual(providerId, other.sid);
      assert.equal(twilio.messages.length, 2);
    });
  }

  test('has one with the same words of another reminder, which it is not', async (t) => {
    const twilio = await start(t);
    const other = await sendInDoubt(twilio, { ...request, reminderId: 'BBBBBBBBBBBBBBBBBBBBBB' });
    const { providerId } = await send(transportTo(twilio), doubtful);
    assert.notEqual(providerId, other.sid);
  });

  test('has it, by a clock that is some minutes behind ours, or without a time', async (t) => {
    const twilio = await start(t);
    const message = await sendInDoubt(twilio);
    for (const date_created of [new Date(Date.now() - 4 * MINUTE).toUTCString(), null]) {
      message.date_created = date_created;
      assert.equal((await send(transportTo(twilio), doubtful)).providerId, message.sid);
    }
  });

  for (const [status, error_code, told] of [
    ['failed', 30008, '30008'],
    ['undelivered', 30003, '30003'],
    ['failed', null, 'no code'],
  ] as const) {
    test(`has it as ${status} with ${told}, which is for good`, async (t) => {
      const twilio = await start(t);
      Object.assign(await sendInDoubt(twilio), { status, error_code });
      const failed = await failureOf(send(transportTo(twilio), doubtful), secrets);
      assert.equal(failed.type, 'Rejected');
      assert.equal(failed.message, `Twilio could not deliver the text message (${told}).`);
      assert.equal(twilio.messages.length, 1);
    });
  }

  test('has it twice, of which one is on its way', async (t) => {
    const twilio = await start(t);
    const message = await sendInDoubt(twilio);
    Object.assign(await sendInDoubt(twilio), { status: 'failed', error_code: 30008 });
    assert.equal((await send(transportTo(twilio), doubtful)).providerId, message.sid);
  });

  /** What comes back of a question, and what is known then: that nothing was sent. */
  const answers: Record<string, { answer: Answer; type: string; message: RegExp; retry?: number }> = {
    ...Object.fromEntries(
      Object.entries(brokenAnswers).map(([name, { answer, type, message }]) => [
        name,
        { answer, type: 'Unavailable', message: type === 'Unavailable' ? message : /^Twilio did not tell whether/ },
      ]),
    ),
    'a refusal of the token': { answer: json(401, { code: 20003 }), type: 'Unauthorized', message: /token/ },
    'a wish to be left alone': {
      answer: json(429, { code: 20429 }, { 'retry-after': '17' }),
      type: 'RateLimited',
      message: /slow down/,
      retry: 17_000,
    },
    'that there is no list': { answer: json(404, { code: 20404 }), type: 'Unavailable', message: /did not tell/ },
    'an error of a message': { answer: json(400, { code: 21211 }), type: 'Unavailable', message: /did not tell/ },
    'a list of nothing known': {
      answer: json(200, { messages: [{}], next_page_uri: null }),
      type: 'Unavailable',
      message: /did not answer as it should/,
    },
    'no list': { answer: json(200, { messages: null }), type: 'Unavailable', message: /did not answer as it should/ },
    'nothing at all': { answer: json(200, null), type: 'Unavailable', message: /did not answer as it should/ },
    'a page that is followed by itself, again and again': {
      answer: (response) => {
        const next_page_uri = response.req.url;
        json(200, { messages: [twilioMessage(0, request.to, 'Feed Tom')], next_page_uri })(response);
      },
      type: 'Unavailable',
      message: /did not tell|could not be reached in time/,
    },
  };
  for (const [name, { answer, type, message, retry }] of Object.entries(answers)) {
    test(`gives ${name}, and gets no message`, async (t) => {
      const twilio = await start(t);
      await sendInDoubt(twilio);
      twilio.list = answer;
      const failed = await failureOf(send(transportTo(twilio, 3_000), doubtful), secrets);
      assert.equal(failed.type, type);
      assert.match(failed.message, message);
      if (retry !== undefined) assert.equal(retryAfterMs(failed), retry);
      assert.equal(twilio.messages.length, 1);
    });
  }

  test('is asked only when what an attempt has sent must be there', async (t) => {
    const twilio = await start(t);
    await sendInDoubt(twilio);
    const failed = await failureOf(send(transportTo(twilio), { ...request, doubt: doubtSince(ago(0)) }), secrets);
    assert.equal(failed.type, 'Unavailable');
    assert.equal(failed.message, 'Twilio may have the text message already, and is asked in a moment.');
    const wait = retryAfterMs(failed) ?? 0;
    assert(wait > 15_000 && wait <= 30_000, `it waits ${wait} ms`);
    assert.deepEqual([twilio.asked.length, twilio.messages.length], [0, 1]);
  });

  test('is asked although our clock is far behind that of the doubt', async (t) => {
    const twilio = await start(t);
    const { sid } = await sendInDoubt(twilio);
    const { providerId } = await send(transportTo(twilio), { ...request, doubt: doubtSince(ago(-2 * MINUTE)) });
    assert.equal(providerId, sid);
  });
});
