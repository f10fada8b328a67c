import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { SendError, type FailureKind } from '../../src/activities/failure';
import { ask, askAgain, confirm, reopen, resume, stop } from '../../src/workflows/contact';
import { contactAskedAt, contactState } from '../../src/workflows/searchAttributes';
import { eventually } from '../system';
import { askBob, askFor, recipients, type Scene } from './scene';
import { startLocal, startTimeSkipping } from './server';

type World = Awaited<ReturnType<typeof startLocal>>;

/** What the provider does with its n-th message. */
type Provider = (attempt: number) => void;
type Act = (contact: WorkflowHandle, scene: Scene) => Promise<void>;

/** Asks the contact of a reminder that is due in a year, over a provider that behaves so. */
function playIn(world: World, sms: Provider, act: Act): Promise<void> {
  return world.play({ recipient: recipients.sms, wait: 365 * 24 * 3_600_000, sms }, async (each) => {
    const contact = await askBob(each, 'one');
    await act(contact, each);
    await contact.terminate();
    await each.handle.terminate();
  });
}

const stateOf = async (contact: WorkflowHandle) =>
  (await contact.describe()).typedSearchAttributes.get(contactState) ?? 'unconfirmed';
const again = (contact: WorkflowHandle, secret = '654321') => contact.executeUpdate(askAgain, { args: [secret] });
const codeIn = ({ texts }: Scene) => /\b\d{6}\b/.exec(texts.at(-1)?.text ?? '')?.[0] ?? '';

/** Waits until a contact was asked so many times, and its workflow knows that. */
async function untilAsked(contact: WorkflowHandle, { texts }: Scene, times: number): Promise<void> {
  await eventually(async () => {
    const { events } = await contact.fetchHistory();
    const counted = events?.filter(
      ({ upsertWorkflowSearchAttributesEventAttributes: upserted }) =>
        upserted?.searchAttributes?.indexedFields?.[contactAskedAt.name],
    );
    return counted?.length === times;
  });
  assert.equal(texts.length, times);
}

function failing(kind: FailureKind) {
  const calls = { count: 0 };
  const sms = () => {
    calls.count++;
    throw new SendError(kind, 'It did not go well.');
  };
  return { calls, sms };
}

describe('a contact', () => {
  let world: World;
  before(async () => {
    world = await startLocal();
  });
  after(() => world.stop());
  const play = (sms: Provider, act: Act) => playIn(world, sms, act);

  test('to whom nothing can be sent is unreachable', () => {
    const { sms } = failing('Rejected');
    return play(sms, async (contact) => {
      await eventually(async () => (await stateOf(contact)) === 'unreachable');
    });
  });

  test('that stops is not brought back by the code it got before', () =>
    play(
      () => undefined,
      async (contact, scene) => {
        const code = await eventually(() => Promise.resolve(codeIn(scene)));
        await contact.signal(stop, 'The person has replied STOP.');
        assert.equal(await contact.executeUpdate(confirm, { args: [code] }), 'expired');
        assert.equal(await stateOf(contact), 'stopped');
        await contact.signal(resume);
        await eventually(async () => (await stateOf(contact)) === 'confirmed');
      },
    ));

  test('gets the same code again while it is good, so that nobody makes useless what another has got', () =>
    play(
      () => undefined,
      async (contact, scene) => {
        await untilAsked(contact, scene, 1);
        const code = codeIn(scene);
        assert.equal(await contact.executeUpdate(confirm, { args: ['000000'] }), 'wrong');
        assert.equal(await again(contact), true);
        await untilAsked(contact, scene, 2);
        assert.equal(codeIn(scene), code);
        for (let tried = 2; tried < 5; tried++)
          assert.equal(await contact.executeUpdate(confirm, { args: ['000000'] }), 'wrong');
        assert.equal(await contact.executeUpdate(confirm, { args: ['000000'] }), 'exhausted', 'the tries go on');

        assert.equal(await again(contact, '765432'), true);
        await untilAsked(contact, scene, 3);
        assert.equal(await contact.executeUpdate(confirm, { args: [code] }), 'wrong');
        assert.equal(await contact.executeUpdate(confirm, { args: ['765432'] }), 'confirmed');
      },
    ));

  test('that is being asked is not asked once more because somebody is impatient', () => {
    const { calls, sms } = failing('Unavailable');
    return play(
      (attempt) => {
        if (attempt === 1) sms();
      },
      async (contact, scene) => {
        await eventually(() => Promise.resolve(calls.count > 0));
        assert.equal(await again(contact), true);
        await untilAsked(contact, scene, 1);
        assert.equal(await again(contact), true, 'only what was sent counts for the day');
        await untilAsked(contact, scene, 2);
      },
    );
  });

  test('that wants messages again says so once with one message: a STOP that came after it holds', () =>
    play(
      () => undefined,
      async (contact) => {
        await contact.signal(resume, 'SM1');
        await eventually(async () => (await stateOf(contact)) === 'confirmed');
        await contact.signal(stop, 'The person has replied STOP.');
        await eventually(async () => (await stateOf(contact)) === 'stopped');
        await contact.signal(resume, 'SM1');
        await contact.signal(reopen); // Only one that is stopped is opened.
        await eventually(async () => (await stateOf(contact)) === 'unconfirmed');
        await contact.signal(resume, 'SM2');
        await eventually(async () => (await stateOf(contact)) === 'confirmed');
      },
    ));

  test('that was stopped can be opened to questions, which gives no consent', () =>
    play(
      () => undefined,
      async (contact, scene) => {
        const code = await eventually(() => Promise.resolve(codeIn(scene)));
        assert.equal(await contact.executeUpdate(confirm, { args: [code] }), 'confirmed');
        await contact.signal(stop, 'The person has replied STOP.');
        await contact.signal(reopen);
        await eventually(async () => (await stateOf(contact)) === 'unconfirmed');
        assert.equal(await contact.executeUpdate(confirm, { args: [code] }), 'expired');
        await contact.signal(ask, askFor('another', '765432'));
        await eventually(() => Promise.resolve(codeIn(scene) === '765432'));
      },
    ));
});

describe('as days go by, a contact', () => {
  let world: World;
  before(async () => {
    world = await startTimeSkipping();
  });
  after(() => world.stop());
  const play = (sms: Provider, act: Act) => playIn(world, sms, act);

  test('whose question may have been sent is not bothered with it again', () => {
    const { calls, sms } = failing('MaybeSent');
    return play(sms, async (contact) => {
      await eventually(() => Promise.resolve(calls.count === 1));
      await world.environment.sleep('2 days');
      assert.equal(calls.count, 1);
      assert.equal(await stateOf(contact), 'unconfirmed');
    });
  });

  test('that cannot be asked for two days is asked for the next reminder, and none is given up', () => {
    const { calls, sms } = failing('Unavailable');
    return play(sms, async (contact) => {
      await world.environment.sleep('3 days');
      const tried = calls.count;
      assert.ok(tried > 10);
      assert.equal(await stateOf(contact), 'unconfirmed');
      await contact.signal(ask, askFor('one'));
      await eventually(() => Promise.resolve(calls.count > tried));
    });
  });

  test('is not asked less because it could not be asked before', () => {
    let isAway = true;
    const sms = () => {
      if (isAway) throw new SendError('Unavailable', 'It did not go well.');
    };
    return play(sms, async (contact, scene) => {
      await world.environment.sleep('3 days');
      isAway = false;
      await contact.signal(ask, askFor('another'));
      for (let times = 1; times <= 3; times++) {
        await untilAsked(contact, scene, times);
        assert.equal(await again(contact), times < 3);
      }
    });
  });

  test('is asked three times in a day, and again the next day', () =>
    play(
      () => undefined,
      async (contact, scene) => {
        await untilAsked(contact, scene, 1);
        assert.equal(await again(contact), true);
        await untilAsked(contact, scene, 2);
        assert.equal(await again(contact), true);
        await untilAsked(contact, scene, 3);
        assert.equal(await again(contact), false);
        await world.environment.sleep('25 hours');
        await contact.signal(ask, askFor('another'));
        await untilAsked(contact, scene, 4);
      },
    ));

  test('is asked six times in a month, and again the next one', () =>
    play(
      () => undefined,
      async (contact, scene) => {
        for (let day = 1; day <= 6; day++) {
          await untilAsked(contact, scene, day);
          await world.environment.sleep('25 hours');
          assert.equal(await again(contact), day < 6, `on day ${day}`);
        }
        await world.environment.sleep('25 days');
        await contact.signal(ask, askFor('another'));
        await untilAsked(contact, scene, 7);
      },
    ));

  test('whose code is a quarter of an hour old is asked for another', () =>
    play(
      () => undefined,
      async (contact, scene) => {
        const code = await eventually(() => Promise.resolve(codeIn(scene)));
        await world.environment.sleep('16 minutes');
        assert.equal(await contact.executeUpdate(confirm, { args: [code] }), 'expired');
      },
    ));
});

test('a contact that cannot be asked once more can still answer the question that it got', async (t) => {
  // A server of its own: what comes after an update that was tried for long does not skip time any more.
  const world = await startTimeSkipping();
  t.after(() => world.stop());
  const email = (attempt: number) => {
    if (attempt > 1) throw new SendError('Unavailable', 'It did not go well.');
  };
  await world.play({ recipient: recipients.email, wait: 365 * 24 * 3_600_000, email }, async (scene) => {
    const contact = await askBob(scene, 'one', 'email');
    await eventually(() => Promise.resolve(scene.emails.length === 1));
    await world.environment.sleep('1 hour');
    assert.equal(await again(contact), true);
    await world.environment.sleep('3 days');
    assert.equal(await contact.executeUpdate(confirm, { args: ['123456'] }), 'confirmed');
    await contact.terminate();
    await scene.handle.terminate();
  });
});
