import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { Candidate } from '../../src/activities/admission';
import { SendError } from '../../src/activities/failure';
import type { Channel } from '../../src/reminder';
import { reschedule, status } from '../../src/workflows/reminder';
import { eventually } from '../system';
import { bob, recipients, type Scene } from './scene';
import { startTimeSkipping } from './server';

const { PENDING_ACTIVITY_STATE_CANCEL_REQUESTED } = temporal.api.enums.v1.PendingActivityState;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const YEAR = 365 * DAY;

/** A promise that a test keeps when it is time. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

/** A provider that opens `asked` when it is asked to send, and does not answer before `answer` is opened. */
function holdingProvider() {
  const asked = gate();
  const answer = gate();
  const email = async () => {
    asked.open();
    await answer.opened;
  };
  return { email, asked, answer };
}

/** The activity of a reminder that is being sent, as the server sees it. */
async function attemptOf(handle: Scene['handle']) {
  const { raw } = await handle.describe();
  return raw.pendingActivities?.[0];
}

/** Loses the answers to the first attempts. */
const maybeSent = (times: number) => (attempt: number) => {
  if (attempt <= times) throw new SendError('MaybeSent', 'The answer got lost.');
};

const refuse = () => {
  throw new SendError('Rejected', 'The provider does not know this address.');
};

describe('a reminder', () => {
  let world: Awaited<ReturnType<typeof startTimeSkipping>>;
  before(async () => {
    world = await startTimeSkipping();
  });
  after(() => world.stop());

  test('waits a year and then sends the email and the text message', () =>
    world.play({ wait: YEAR }, async ({ handle, emails, texts, now }) => {
      const { state, path, deliveries } = await handle.result();

      assert.equal(state, 'succeeded');
      assert.deepEqual(
        path.map((step) => step.state),
        ['Timer', 'Preference', 'EmailReminder', 'SmsReminder', 'Succeeded'],
      );
      assert.deepEqual([emails.length, texts.length], [1, 1]);
      assert.equal(emails[0]?.to, bob.email);
      const { workflowId: reminderId } = handle;
      assert.deepEqual(texts, [{ reminderId, to: bob.phone, text: 'Cuddle Whiskers' }]);
      assert.deepEqual(
        deliveries.map(({ channel, status, attempts, providerId }) => ({ channel, status, attempts, providerId })),
        [
          { channel: 'email', status: 'sent', attempts: 1, providerId: 'message-1' },
          { channel: 'sms', status: 'sent', attempts: 1, providerId: 'message-1' },
        ],
      );
      const preference = path.find((step) => step.state === 'Preference');
      assert.ok(Date.parse(preference?.enteredAt ?? '') >= now.getTime() + YEAR, 'it is not sent before it is due');
    }));

  test('by email sends only an email', () =>
    world.play({ recipient: recipients.email }, async ({ handle, emails, texts }) => {
      const { path, deliveries } = await handle.result();

      assert.deepEqual([emails.length, texts.length], [1, 0]);
      assert.deepEqual(
        path.map((step) => step.state),
        ['Timer', 'Preference', 'EmailReminder', 'Succeeded'],
      );
      assert.deepEqual(
        deliveries.map((delivery) => delivery.channel),
        ['email'],
      );
    }));

  test('by text message sends only a text message', () =>
    world.play({ recipient: recipients.sms }, async ({ handle, emails, texts }) => {
      const { path } = await handle.result();

      assert.deepEqual([emails.length, texts.length], [0, 1]);
      assert.deepEqual(
        path.map((step) => step.state),
        ['Timer', 'Preference', 'SmsReminder', 'Succeeded'],
      );
    }));

  test('that was due yesterday is sent at once', () =>
    world.play({ wait: -DAY }, async ({ handle, emails, now }) => {
      const { path } = await handle.result();

      assert.equal(emails.length, 1);
      const waited = Date.parse(path[1]?.enteredAt ?? '') - now.getTime();
      assert.ok(waited < DAY, `it did not wait, but took ${waited} ms`);
    }));

  test('is partly sent when one of two channels refuses it, and the other is not disturbed', () =>
    world.play({ email: refuse }, async ({ handle, texts }) => {
      const { state, path, deliveries } = await handle.result();

      assert.equal(state, 'partial');
      assert.equal(path.at(-1)?.state, 'Succeeded');
      assert.equal(texts.length, 1);
      assert.deepEqual(deliveries[0] && { ...deliveries[0], at: undefined }, {
        channel: 'email',
        status: 'failed',
        attempts: 1,
        error: 'The provider does not know this address.',
        at: undefined,
      });
      assert.equal(deliveries[1]?.status, 'sent');
    }));

  test('fails when every channel refuses it, and still tells how it went', () =>
    world.play({ email: refuse, sms: refuse }, async ({ handle }) => {
      await assert.rejects(handle.result(), (error: WorkflowFailedError) => {
        assert.ok(error.cause instanceof ApplicationFailure);
        assert.equal(error.cause.type, 'ReminderFailed');
        return true;
      });
      const { state, path, deliveries } = await handle.query(status);
      assert.equal(state, 'failed');
      assert.equal(path.at(-1)?.state, 'Failed');
      assert.deepEqual(
        deliveries.map((delivery) => delivery.status),
        ['failed', 'failed'],
      );
    }));

  test('is tried again while the provider is unavailable', () =>
    world.play(
      {
        recipient: recipients.sms,
        sms: (attempt) => {
          if (attempt <= 12) throw new SendError('Unavailable', 'The provider is down.');
        },
      },
      async ({ handle, texts }) => {
        const { state, deliveries } = await handle.result();

        assert.equal(state, 'succeeded');
        assert.equal(texts.length, 1);
        assert.equal(deliveries[0]?.attempts, 13);
        assert.equal(deliveries[0].error, undefined);
      },
    ));

  test('is given up when the provider has been unavailable for a day', () =>
    world.play(
      {
        recipient: recipients.email,
        email: () => {
          throw new SendError('Unavailable', 'The provider is down.');
        },
      },
      async ({ handle }) => {
        await assert.rejects(handle.result(), WorkflowFailedError);

        const { deliveries, path } = await handle.query(status);
        const tried = Date.parse(path.at(-1)?.enteredAt ?? '') - Date.parse(path[1]?.enteredAt ?? '');
        assert.ok(tried >= DAY && tried < DAY + 60 * MINUTE, `it was tried for ${tried / DAY} days`);
        assert.ok((deliveries[0]?.attempts ?? 0) > 100, 'the attempts are counted');
        assert.match(deliveries[0]?.error ?? '', /The provider is down/);
      },
    ));

  test('that may have been sent is sent once more, and then is', () =>
    world.play({ recipient: recipients.sms, sms: maybeSent(1) }, async ({ handle, texts }) => {
      const { state, deliveries } = await handle.result();

      assert.equal(state, 'succeeded');
      assert.equal(texts.length, 1);
      assert.equal(deliveries[0]?.attempts, 2);
    }));

  for (const channel of ['email', 'sms'] as const) {
    test(`that may have been sent tells the provider since when, whatever comes after: ${channel}`, () => {
      const behave = (attempt: number) => {
        if (attempt === 1) throw new SendError('Unavailable', 'The provider is down.');
        if (attempt === 2) throw new SendError('MaybeSent', 'The answer got lost.');
        if (attempt === 3) throw new SendError('RateLimited', 'The provider wants us to wait.', 30 * MINUTE);
      };
      return world.play({ recipient: recipients[channel], [channel]: behave }, async ({ handle, emails, texts }) => {
        const { path } = await handle.result();
        const [message] = channel === 'email' ? emails : texts;
        const since = Date.parse(message?.doubt?.since ?? '');
        const began = since - Date.parse(path[1]?.enteredAt ?? '');
        assert.ok(began >= 1_000 && began < 10 * MINUTE, `the second attempt began after ${began} ms`);
        assert.ok(Date.parse(path.at(-1)?.enteredAt ?? '') - since >= 30 * MINUTE);
      });
    });
  }

  test('tells in which time zone its people live whenever it is to be sent', async () => {
    const zones: (string | undefined)[] = [];
    const admit = (_channel: Channel, { timeZone }: Candidate) => {
      zones.push(timeZone);
      return Promise.resolve();
    };
    await world.play({ admit, input: { timeZone: 'Asia/Tokyo' } }, async ({ handle }) => {
      await handle.result();
    });
    assert.deepEqual(zones, ['Asia/Tokyo', 'Asia/Tokyo']);
  });

  test('that surely was not sent before leaves the provider in no doubt', () => {
    const sms = (attempt: number) => {
      if (attempt === 1) throw new SendError('Unavailable', 'The provider is down.');
    };
    return world.play({ recipient: recipients.sms, sms }, async ({ handle, texts }) => {
      await handle.result();
      assert.equal(texts[0]?.doubt, undefined);
    });
  });

  test('that may have been sent twice is not sent a third time, and nobody says that it failed', () =>
    world.play({ recipient: recipients.both, sms: maybeSent(3) }, async ({ handle }) => {
      const { state, deliveries } = await handle.result();

      assert.equal(state, 'partial');
      assert.equal(deliveries[1]?.status, 'unknown');
      assert.equal(deliveries[1].attempts, 2);
      assert.equal(deliveries[1].error, 'The answer got lost.');
    }));

  test('that may have been sent is unknown for ever, whatever is refused later', () => {
    const sms = (attempt: number) => {
      if (attempt === 1) maybeSent(1)(attempt);
      refuse();
    };
    return world.play({ recipient: recipients.sms, sms }, async ({ handle }) => {
      await assert.rejects(handle.result(), WorkflowFailedError);
      const { state, deliveries } = await handle.query(status);
      assert.equal(state, 'failed');
      assert.equal(deliveries[0]?.status, 'unknown');
      assert.equal(deliveries[0].attempts, 2);
    });
  });

  test('that may have been sent when it is cancelled says so', () => {
    const sms = (attempt: number) => {
      if (attempt === 1) maybeSent(1)(attempt);
      throw new SendError('Unauthorized', 'The key was refused.');
    };
    return world.play({ recipient: recipients.sms, wait: 0, sms }, async ({ handle, texts }) => {
      await eventually(async () => (await handle.query(status)).deliveries[0]?.error === 'The key was refused.');
      await handle.cancel();
      await assert.rejects(handle.result(), WorkflowFailedError);

      const { state, deliveries } = await handle.query(status);
      assert.equal(state, 'failed');
      assert.equal(deliveries[0]?.status, 'unknown');
      assert.equal(deliveries[0].attempts, 2);
      assert.equal(texts.length, 0);
    });
  });

  test('waits as long as the provider wants', () => {
    const sms = (attempt: number) => {
      if (attempt === 1) throw new SendError('RateLimited', 'The provider wants us to wait.', 30 * MINUTE);
    };
    return world.play({ recipient: recipients.sms, wait: 0, sms }, async ({ handle }) => {
      const { path } = await handle.result();
      const took = Date.parse(path.at(-1)?.enteredAt ?? '') - Date.parse(path[1]?.enteredAt ?? '');
      assert.ok(took >= 30 * MINUTE && took < 40 * MINUTE, `it took ${took / MINUTE} minutes`);
    });
  });

  test('can be rescheduled to an earlier time', () =>
    world.play({ wait: YEAR }, async ({ handle, emails, now }) => {
      const dueAt = new Date(now.getTime() + DAY).toISOString();
      const changed = await handle.executeUpdate(reschedule, { args: [{ dueAt }] });
      assert.equal(changed.dueAt, dueAt);

      const { path } = await handle.result();
      const waited = Date.parse(path[1]?.enteredAt ?? '') - now.getTime();
      assert.ok(waited >= DAY && waited < 2 * DAY, `it waited ${waited / DAY} days`);
      assert.equal(emails.length, 1);
    }));

  test('can be rescheduled to a later time', () =>
    world.play({ wait: DAY }, async ({ handle, emails, now }) => {
      await handle.executeUpdate(reschedule, { args: [{ dueAt: new Date(now.getTime() + YEAR).toISOString() }] });

      const { path } = await handle.result();
      assert.ok(Date.parse(path[1]?.enteredAt ?? '') - now.getTime() >= YEAR, 'it waits for the new time');
      assert.equal(emails.length, 1);
    }));

  test('can be rescheduled again and again, and is sent once', () =>
    world.play({ wait: YEAR }, async ({ handle, emails, now }) => {
      for (const days of [300, 20, 200, 100]) {
        const dueAt = new Date(now.getTime() + days * DAY).toISOString();
        await handle.executeUpdate(reschedule, { args: [{ dueAt }] });
      }

      const { path, dueAt } = await handle.result();
      assert.equal(dueAt, new Date(now.getTime() + 100 * DAY).toISOString());
      assert.ok(Date.parse(path[1]?.enteredAt ?? '') - now.getTime() >= 100 * DAY);
      assert.equal(emails.length, 1);
    }));

  test('that is rescheduled into the past is sent at once', () =>
    world.play({ wait: YEAR }, async ({ handle, now }) => {
      await handle.executeUpdate(reschedule, { args: [{ dueAt: new Date(now.getTime() - DAY).toISOString() }] });

      const { path } = await handle.result();
      assert.ok(Date.parse(path[1]?.enteredAt ?? '') - now.getTime() < DAY);
    }));

  test('can be reworded, and says the new words only', () =>
    world.play({ wait: DAY }, async ({ handle, emails, texts }) => {
      await handle.executeUpdate(reschedule, { args: [{ message: 'Feed Whiskers' }] });

      const { message } = await handle.result();
      assert.equal(message, 'Feed Whiskers');
      assert.equal(texts[0]?.text, 'Feed Whiskers');
      assert.ok(!JSON.stringify(emails).includes('Cuddle Whiskers'));
    }));

  test('refuses a change that makes no sense, and goes on as it was', () =>
    world.play({ wait: DAY }, async ({ handle, texts, now }) => {
      const farAway = '+012345-01-01T00:00:00.000Z';
      for (const change of [
        { dueAt: 'tomorrow' },
        { dueAt: farAway },
        { dueAt: null },
        { message: '' },
        { message: 7 },
      ]) {
        const args: [never] = [change as never]; // What a client in another language may send.
        await assert.rejects(
          handle.executeUpdate(reschedule, { args }),
          WorkflowUpdateFailedError,
          JSON.stringify(change),
        );
      }

      const { dueAt } = await handle.result();
      assert.equal(dueAt, new Date(now.getTime() + DAY).toISOString());
      assert.equal(texts[0]?.text, 'Cuddle Whiskers');
    }));

  test('refuses a change once it is being sent', () => {
    const { email, asked, answer } = holdingProvider();
    return world.play({ recipient: recipients.email, wait: 0, email }, async ({ handle, emails }) => {
      await asked.opened;
      await assert.rejects(
        handle.executeUpdate(reschedule, { args: [{ message: 'Feed Whiskers' }] }),
        (error: WorkflowUpdateFailedError) => {
          assert.ok(error.cause instanceof ApplicationFailure);
          assert.equal(error.cause.type, 'NotWaiting');
          return true;
        },
      );
      assert.equal((await handle.query(status)).state, 'sending');
      answer.open();

      await handle.result();
      assert.match(emails[0]?.text ?? '', /Cuddle Whiskers/);
    });
  });

  test('that is cancelled while it waits sends nothing', () =>
    world.play({ wait: DAY }, async ({ handle, emails, texts }) => {
      await handle.cancel();
      await assert.rejects(handle.result(), (error: WorkflowFailedError) => error.cause instanceof CancelledFailure);

      const { state, path, deliveries } = await handle.query(status);
      assert.equal(state, 'cancelled');
      assert.deepEqual(
        path.map((step) => step.state),
        ['Timer', 'Cancelled'],
      );
      assert.deepEqual(
        deliveries.map((delivery) => delivery.status),
        ['skipped', 'skipped'],
      );
      assert.equal((await handle.describe()).status.name, 'CANCELLED');
      assert.deepEqual([emails.length, texts.length], [0, 0]);
    }));

  test('that is cancelled while an attempt is in flight tells what that attempt did', () => {
    const { email, asked, answer } = holdingProvider();
    return world.play({ recipient: recipients.email, wait: 0, email }, async ({ handle, emails }) => {
      await asked.opened;
      await handle.cancel();
      await eventually(async () => (await attemptOf(handle))?.state === PENDING_ACTIVITY_STATE_CANCEL_REQUESTED);
      answer.open();

      const { state } = await handle.result();
      assert.equal(state, 'succeeded');
      assert.equal(emails.length, 1);
    });
  });

  test('that is cancelled before a worker has begun an attempt sends nothing', () => {
    const { email, asked, answer } = holdingProvider();
    const options = { recipient: recipients.email, wait: 0, attemptsAtATime: 1, email };
    return world.play(options, async ({ handle, emails, startAnother }) => {
      await asked.opened;
      const another = await startAnother();
      await eventually(async () => (await attemptOf(another)) !== undefined);
      await another.cancel();

      await assert.rejects(another.result(), (error: WorkflowFailedError) => error.cause instanceof CancelledFailure);
      const { state, deliveries } = await another.query(status);
      assert.equal(state, 'cancelled');
      assert.deepEqual([deliveries[0]?.status, deliveries[0]?.attempts], ['skipped', 0]);
      answer.open();
      assert.equal((await handle.result()).state, 'succeeded');
      assert.equal(emails.length, 1);
    });
  });

  test('that is cancelled between two attempts is not tried again', () => {
    const email = () => {
      throw new SendError('Unauthorized', 'The key was refused.');
    };
    return world.play({ recipient: recipients.email, wait: 0, email }, async ({ handle, emails }) => {
      await eventually(async () => (await handle.query(status)).deliveries[0]?.error !== undefined);
      await handle.cancel();
      await assert.rejects(handle.result(), (error: WorkflowFailedError) => error.cause instanceof CancelledFailure);

      const { state, deliveries } = await handle.query(status);
      assert.equal(state, 'cancelled');
      assert.equal(deliveries[0]?.status, 'skipped');
      assert.equal(emails.length, 0);
    });
  });

  test('that was sent on one channel before it was cancelled is partly sent', () => {
    const email = () => {
      throw new SendError('Unauthorized', 'The key was refused.');
    };
    return world.play({ wait: 0, email }, async ({ handle, texts }) => {
      await eventually(async () => (await handle.query(status)).deliveries[1]?.status === 'sent');
      await eventually(async () => (await handle.query(status)).deliveries[0]?.error !== undefined);
      await handle.cancel();

      const { state, deliveries } = await handle.result();
      assert.equal(state, 'partial');
      assert.deepEqual(
        deliveries.map((delivery) => delivery.status),
        ['skipped', 'sent'],
      );
      assert.equal(texts.length, 1);
    });
  });

  for (const [what, input] of Object.entries({
    'a due time that is no time': { dueAt: 'soon' },
    'no due time': { dueAt: null },
    'a due time without a time zone': { dueAt: '2027-02-14T09:00:00' },
    'a due time that is only a year': { dueAt: '2027' },
    'a due time of five digits': { dueAt: '+012345-01-01T00:00:00.000Z' },
    'a due time after the end of time': { dueAt: '9999-12-31T23:59:59-23:59' },
    'no time of making': { createdAt: undefined },
    'an unknown preference': { preference: 'carrier pigeon' },
    'a preference that every object has': { preference: 'toString' },
    'no message': { message: '' },
    'no email address': { email: undefined },
    'no phone number': { phone: undefined },
  })) {
    test(`with ${what} fails at once and sends nothing`, () =>
      world.play({ input }, async ({ handle, emails, texts }) => {
        await assert.rejects(handle.result(), (error: WorkflowFailedError) => {
          assert.ok(error.cause instanceof ApplicationFailure);
          assert.equal(error.cause.type, 'InvalidReminder');
          return true;
        });
        assert.deepEqual([emails.length, texts.length], [0, 0]);
      }));
  }

  test('shows no contact and no message where the Web UI shows it to everyone', () =>
    world.play({ wait: 0 }, async ({ handle }) => {
      await handle.result();

      const { events } = await handle.fetchHistory();
      const open = JSON.stringify({
        id: handle.workflowId,
        summaries: events?.map((event) => decode(event.userMetadata?.summary?.data)),
        searchAttributes: events?.map((event) => [
          Object.values(event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields ?? {}).map(
            (payload) => decode(payload.data),
          ),
        ]),
      });
      assert.match(open, /Send the email/);
      for (const secret of [bob.email, bob.phone, 'Cuddle'])
        assert.ok(!open.includes(secret), `${secret} is in ${open}`);
    }));
});

function decode(data: Uint8Array | null | undefined): string | undefined {
  return data ? Buffer.from(data).toString() : undefined;
}
