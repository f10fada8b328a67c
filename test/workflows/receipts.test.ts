import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { SendError } from '../../src/activities/failure';
import type { Receipt, ReminderStatus } from '../../src/reminder';
import { consentChanged, receipt, status } from '../../src/workflows/reminder';
import { eventually } from '../system';
import { recipients, type Scene, type SceneOptions } from './scene';
import { startTimeSkipping } from './server';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const maybeSent = () => {
  throw new SendError('MaybeSent', 'The answer got lost.');
};
const refuse = () => {
  throw new SendError('Rejected', 'The provider does not know this address.');
};

function report(channel: Receipt['channel'], status: Receipt['status'], reason?: string): Receipt {
  return { channel, status, at: '2027-02-14T09:00:00.000Z', ...(reason !== undefined && { reason }) };
}

const statesOf = ({ path }: ReminderStatus) => path.map(({ state }) => state);

async function untilSent({ handle }: Scene): Promise<ReminderStatus> {
  return eventually(async () => {
    const now = await handle.query(status);
    return now.deliveries.every(({ status }) => status === 'sent') && now.state !== 'sending' && now;
  });
}

describe('a reminder whose providers report', () => {
  let world: Awaited<ReturnType<typeof startTimeSkipping>>;
  before(async () => {
    world = await startTimeSkipping();
  });
  after(() => world.stop());

  const play = (options: SceneOptions, scene: (scene: Scene) => Promise<void>) =>
    world.play({ wait: 0, receiptsForMs: DAY, ...options }, scene);

  test('has succeeded once it is sent, and stays open until it has arrived', () =>
    play({}, async (scene) => {
      const { handle } = scene;
      const open = await untilSent(scene);
      assert.equal(open.state, 'succeeded');
      assert.deepEqual(
        open.deliveries.map(({ waitsFor }) => waitsFor),
        ['receipt', 'receipt'],
      );
      await handle.signal(receipt, report('email', 'delivered'));
      await handle.signal(receipt, report('sms', 'delivered'));
      const { state, deliveries } = await handle.result();
      assert.equal(state, 'succeeded');
      for (const delivery of deliveries) {
        assert.deepEqual(
          [delivery.status, delivery.at, delivery.providerId, delivery.waitsFor, delivery.error],
          ['delivered', '2027-02-14T09:00:00.000Z', 'message-1', undefined, undefined],
        );
      }
    }));

  test('closes by itself when they say nothing, and is still sent', () =>
    play({}, async ({ handle }) => {
      const { state, deliveries } = await handle.result();
      assert.equal(state, 'succeeded');
      assert.deepEqual(
        deliveries.map(({ status, waitsFor, waitsUntil }) => [status, waitsFor, waitsUntil]),
        [
          ['sent', undefined, undefined],
          ['sent', undefined, undefined],
        ],
      );
    }));

  test('is partly sent when one message bounces, and says why', () =>
    play({}, async (scene) => {
      const { handle } = scene;
      await untilSent(scene);
      await handle.signal(receipt, report('email', 'failed', 'The email bounced.'));
      await handle.signal(receipt, report('sms', 'delivered'));
      const result = await handle.result();
      assert.equal(result.state, 'partial');
      assert.deepEqual([result.deliveries[0]?.status, result.deliveries[0]?.error], ['failed', 'The email bounced.']);
      assert.equal(statesOf(result).at(-1), 'Succeeded');
    }));

  test('fails in the end when nothing arrives', () =>
    play({ recipient: recipients.email }, async (scene) => {
      const { handle } = scene;
      await untilSent(scene);
      await handle.signal(receipt, report('email', 'failed', 'The email bounced.'));
      await assert.rejects(handle.result(), WorkflowFailedError);
      const now = await handle.query(status);
      assert.deepEqual([now.state, ...statesOf(now).slice(-2)], ['failed', 'Succeeded', 'Failed']);
    }));

  for (const order of [
    ['sent', 'delivered', 'failed'],
    ['failed', 'delivered', 'sent'],
    ['delivered', 'failed', 'delivered'],
    ['failed', 'failed', 'delivered'],
  ] as const) {
    test(`ends the same in whatever order they report: ${order.join(', ')}`, () =>
      play({ recipient: recipients.both }, async (scene) => {
        const { handle } = scene;
        await untilSent(scene);
        for (const status of order)
          await handle.signal(receipt, report('email', status, status === 'failed' ? 'It bounced.' : undefined));
        await handle.signal(receipt, report('sms', 'delivered'));
        const { deliveries } = await handle.result();
        assert.deepEqual([deliveries[0]?.status, deliveries[0]?.error], ['failed', 'It bounced.']);
      }));
  }

  test('that hears twice of an arrival stays with what it heard first', () =>
    play({ recipient: recipients.both }, async (scene) => {
      const { handle } = scene;
      await untilSent(scene);
      const arrived = report('email', 'delivered');
      await handle.signal(receipt, arrived);
      await handle.signal(receipt, { ...arrived, at: '2027-02-14T09:30:00.000Z' });
      await handle.signal(receipt, report('sms', 'delivered'));
      const { deliveries } = await handle.result();
      assert.deepEqual([deliveries[0]?.status, deliveries[0]?.at], ['delivered', arrived.at]);
    }));

  test('believes no report of a message that was never tried', () =>
    play({ recipient: recipients.email, wait: HOUR }, async ({ handle, emails }) => {
      await handle.signal(receipt, report('email', 'delivered'));
      await handle.signal(receipt, report('sms', 'delivered'));
      const { deliveries } = await handle.result();
      assert.equal(emails.length, 1);
      assert.equal(deliveries.length, 1);
    }));

  test('is not sent a second time when the report comes that the first did it', () => {
    const email = (attempt: number) => {
      if (attempt === 1) throw new SendError('MaybeSent', 'The answer got lost.', 2 * HOUR);
    };
    return play({ recipient: recipients.email, email }, async ({ handle, emails }) => {
      await eventually(async () => (await handle.query(status)).deliveries[0]?.error !== undefined);
      await handle.signal(receipt, report('email', 'sent'));
      const { state, deliveries } = await handle.result();
      assert.deepEqual([state, deliveries[0]?.status, deliveries[0]?.attempts], ['succeeded', 'sent', 1]);
      assert.equal(emails.length, 0, 'the second attempt was not made');
    });
  });

  test('that nobody knows of is cleared up by a report', () =>
    play({ recipient: recipients.email, email: maybeSent }, async ({ handle }) => {
      const unknown = await eventually(async () => {
        const now = await handle.query(status);
        return now.state === 'failed' && now.deliveries[0];
      });
      assert.deepEqual([unknown.status, unknown.waitsFor], ['unknown', 'receipt']);
      await handle.signal(receipt, report('email', 'delivered'));
      const { state, deliveries } = await handle.result();
      assert.deepEqual(
        [state, deliveries[0]?.status, deliveries[0]?.error, deliveries[0]?.waitsFor],
        ['succeeded', 'delivered', undefined, undefined],
      );
    }));

  test('that nobody knows of stays unknown when no report comes in time', () =>
    play({ recipient: recipients.email, email: maybeSent, receiptsForMs: DAY }, async ({ handle }) => {
      await assert.rejects(handle.result(), WorkflowFailedError);
      const { state, deliveries } = await handle.query(status);
      assert.deepEqual(
        [state, deliveries[0]?.status, deliveries[0]?.attempts, deliveries[0]?.waitsFor],
        ['failed', 'unknown', 2, undefined],
      );
    }));

  test('and was asked before, may be tried again and again: nothing is doubled', () => {
    const sms = (attempt: number) => {
      if (attempt < 4) throw new SendError('MaybeSent', 'The answer got lost.').settled();
    };
    return play({ recipient: recipients.sms, sms, receiptsForMs: 1 }, async ({ handle, texts }) => {
      const { deliveries } = await handle.result();
      assert.deepEqual([deliveries[0]?.status, deliveries[0]?.attempts, texts.length], ['sent', 4, 1]);
      assert.ok(texts[0]?.doubt !== undefined, 'it is asked before each further attempt');
    });
  });

  test('cancelled while it waits for them stays what it is', () =>
    play({ recipient: recipients.email }, async (scene) => {
      await untilSent(scene);
      await scene.handle.cancel();
      assert.equal((await scene.handle.result()).state, 'succeeded');
    }));

  describe('with a fallback', () => {
    const fallback = (options: SceneOptions, scene: (scene: Scene) => Promise<void>) =>
      play({ ...options, input: { fallback: true } }, scene);

    test('sends only the text message when that arrives', () =>
      fallback({}, async ({ handle, emails }) => {
        await eventually(async () => (await handle.query(status)).deliveries[1]?.status === 'sent');
        await handle.signal(receipt, report('sms', 'delivered'));
        const result = await handle.result();
        assert.equal(result.state, 'succeeded');
        assert.deepEqual(
          result.deliveries.map(({ status }) => status),
          ['skipped', 'delivered'],
        );
        assert.deepEqual(statesOf(result), ['Timer', 'Preference', 'SmsReminder', 'Succeeded']);
        assert.equal(emails.length, 0);
      }));

    test('sends the email when the text message is refused', () =>
      fallback({ sms: refuse, receiptsForMs: 1 }, async ({ handle, emails }) => {
        const { state, deliveries } = await handle.result();
        assert.equal(state, 'succeeded');
        assert.deepEqual(
          deliveries.map(({ status }) => status),
          ['sent', 'failed'],
        );
        assert.equal(emails.length, 1);
      }));

    test('sends the email when the text message has not arrived within ten minutes', () =>
      fallback({ receiptsForMs: HOUR }, async ({ handle, emails, texts }) => {
        const result = await handle.result();
        const enteredAt = (name: string) =>
          Date.parse(result.path.find(({ state }) => state === name)?.enteredAt ?? '');
        const waited = enteredAt('EmailReminder') - enteredAt('SmsReminder');
        assert.ok(waited >= 10 * MINUTE && waited < 11 * MINUTE, `it waited ${waited} ms`);
        assert.deepEqual([emails.length, texts.length], [1, 1]);
      }));

    test('sends the email after ten minutes, though the text message still waits for consent', () => {
      const admit = (channel: string) =>
        channel === 'sms' ? Promise.reject(new SendError('Unconfirmed', 'Not yet.')) : Promise.resolve();
      return fallback({ admit, receiptsForMs: 1 }, async ({ handle, emails }) => {
        const { state, path, deliveries } = await handle.result();
        assert.deepEqual([state, emails.length, deliveries[1]?.status], ['succeeded', 1, 'skipped']);
        const [sms, email, end] = ['SmsReminder', 'EmailReminder', 'Succeeded'].map((name) =>
          Date.parse(path.find(({ state }) => state === name)?.enteredAt ?? ''),
        );
        assert.ok(Math.abs((email ?? 0) - (sms ?? 0) - 10 * MINUTE) < MINUTE);
        assert.ok((end ?? 0) - (email ?? 0) < 7 * HOUR, 'the text message is not needed any more');
      });
    });

    test('sends no email that is held back when the text message arrives meanwhile', () => {
      const admit = (channel: string) =>
        channel === 'email' ? Promise.reject(new SendError('Unconfirmed', 'Not yet.')) : Promise.resolve();
      return fallback({ admit, receiptsForMs: DAY }, async ({ handle, emails }) => {
        await world.environment.sleep('11 minutes');
        await eventually(async () => (await handle.query(status)).deliveries[0]?.waitsFor === 'consent');
        await handle.signal(receipt, report('sms', 'delivered'));
        const { state, deliveries } = await handle.result();
        assert.deepEqual([state, emails.length], ['succeeded', 0]);
        assert.deepEqual(
          deliveries.map(({ status, waitsFor }) => [status, waitsFor]),
          [
            ['skipped', undefined],
            ['delivered', undefined],
          ],
        );
      });
    });

    test('sends no email while a text message that may have been sent is still reported on', () =>
      fallback({ sms: maybeSent, receiptsForMs: HOUR }, async ({ handle, emails }) => {
        await eventually(async () => (await handle.query(status)).deliveries[1]?.status === 'unknown');
        await handle.signal(receipt, report('sms', 'delivered'));
        const { state, deliveries } = await handle.result();
        assert.deepEqual([state, deliveries[0]?.status, emails.length], ['succeeded', 'skipped', 0]);
      }));

    test('cancelled while the text message is open, sends no email', () =>
      fallback({ receiptsForMs: HOUR }, async ({ handle, emails }) => {
        await eventually(async () => (await handle.query(status)).deliveries[1]?.waitsFor === 'receipt');
        await handle.cancel();
        const { deliveries } = await handle.result();
        assert.deepEqual([deliveries[0]?.status, deliveries[1]?.status, emails.length], ['skipped', 'sent', 0]);
      }));

    test('takes a text message for arrived that nobody reports of', () =>
      world.play({ wait: 0, input: { fallback: true } }, async ({ handle, emails }) => {
        const { state } = await handle.result();
        assert.deepEqual([state, emails.length], ['succeeded', 0]);
      }));

    test('makes no sense with one channel', () =>
      fallback({ recipient: recipients.sms }, async ({ handle }) => {
        await assert.rejects(handle.result(), WorkflowFailedError);
      }));
  });

  describe('that is held back', () => {
    const unless = (isAllowed: () => boolean, error: SendError) => () =>
      isAllowed() ? Promise.resolve() : Promise.reject(error);
    const unconfirmed = new SendError('Unconfirmed', 'The person was asked, and has not answered yet.');

    test('waits for consent, and goes out when it is told of it', () => {
      let agreed = false;
      const admit = unless(() => agreed, unconfirmed);
      return play({ recipient: recipients.email, admit, receiptsForMs: 1 }, async ({ handle, emails }) => {
        await eventually(async () => (await handle.query(status)).deliveries[0]?.waitsFor === 'consent');
        agreed = true;
        await handle.signal(consentChanged);
        const { deliveries } = await handle.result();
        assert.deepEqual([deliveries[0]?.status, deliveries[0]?.attempts, emails.length], ['sent', 1, 1]);
      });
    });

    test('looks again by itself, should nobody tell', () => {
      let asked = 0;
      const admit = unless(() => ++asked > 3, unconfirmed);
      return play({ recipient: recipients.email, admit, receiptsForMs: 1 }, async ({ handle }) => {
        assert.equal((await handle.result()).state, 'succeeded');
      });
    });

    test('gives up after a week without consent', () => {
      const admit = unless(() => false, unconfirmed);
      return play({ recipient: recipients.email, admit }, async ({ handle, now }) => {
        await assert.rejects(handle.result(), WorkflowFailedError);
        const { path, deliveries } = await handle.query(status);
        const took = Date.parse(path.at(-1)?.enteredAt ?? '') - now.getTime();
        assert.ok(took >= 7 * DAY && took < 8 * DAY, `it took ${took} ms`);
        assert.deepEqual([deliveries[0]?.status, deliveries[0]?.attempts], ['skipped', 0]);
        assert.match(deliveries[0]?.error ?? '', /has not answered yet/);
      });
    });

    test('by the night goes out in the morning, however long that is', () => {
      let nights = 0;
      const admit = unless(() => ++nights > 3, new SendError('QuietHours', 'It is night.', 11 * HOUR));
      return play({ recipient: recipients.sms, admit, receiptsForMs: 1 }, async ({ handle, now }) => {
        const { path, deliveries } = await handle.result();
        assert.ok(Date.parse(path.at(-1)?.enteredAt ?? '') - now.getTime() >= 33 * HOUR);
        assert.deepEqual([deliveries[0]?.status, deliveries[0]?.attempts], ['sent', 1]);
      });
    });

    test('for good skips the message of one who wants none, and sends the other', () => {
      const admit = (channel: string) =>
        channel === 'email'
          ? Promise.reject(new SendError('Stopped', 'The person has unsubscribed.'))
          : Promise.resolve();
      return play({ admit, receiptsForMs: 1 }, async ({ handle, emails }) => {
        const { state, deliveries } = await handle.result();
        assert.equal(state, 'partial');
        assert.deepEqual([deliveries[0]?.status, deliveries[0]?.error], ['skipped', 'The person has unsubscribed.']);
        assert.equal(emails.length, 0);
      });
    });
  });
});
