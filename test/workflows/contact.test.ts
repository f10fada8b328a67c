import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { SendError, type FailureKind } from '../../src/activities/failure';
import { ask, askAgain, confirm, resume, stop } from '../../src/workflows/contact';
import { contactState } from '../../src/workflows/searchAttributes';
import { eventually } from '../system';
import { askBob, bob, recipients, type Scene } from './scene';
import { startTimeSkipping } from './timeSkipping';

describe('a contact', () => {
  let world: Awaited<ReturnType<typeof startTimeSkipping>>;
  before(async () => {
    world = await startTimeSkipping();
  });
  after(() => world.stop());

  /** Asks the contact of a reminder that is due in a year, over a provider that behaves so. */
  function play(sms: (attempt: number) => void, scene: (contact: WorkflowHandle, scene: Scene) => Promise<void>) {
    return world.play({ recipient: recipients.sms, wait: 365 * 24 * 3_600_000, sms }, async (each) => {
      const contact = await askBob(each, 'one');
      await scene(contact, each);
      await contact.terminate();
      await each.handle.terminate();
    });
  }

  const stateOf = async (contact: WorkflowHandle) =>
    (await contact.describe()).typedSearchAttributes.get(contactState) ?? 'unconfirmed';
  const codeIn = ({ texts }: Scene) => /\b\d{6}\b/.exec(texts.at(-1)?.text ?? '')?.[0] ?? '';

  function failing(kind: FailureKind) {
    const calls = { count: 0 };
    const sms = () => {
      calls.count++;
      throw new SendError(kind, 'It did not go well.');
    };
    return { calls, sms };
  }

  test('whose question may have been sent is not bothered with it again', () => {
    const { calls, sms } = failing('MaybeSent');
    return play(sms, async (contact) => {
      await eventually(() => Promise.resolve(calls.count === 1));
      await world.environment.sleep('2 days');
      assert.equal(calls.count, 1);
      assert.equal(await stateOf(contact), 'unconfirmed');
    });
  });

  test('that cannot be asked for a day is asked for the next reminder, and none is given up', () => {
    const { calls, sms } = failing('Unavailable');
    return play(sms, async (contact) => {
      await world.environment.sleep('3 days');
      const tried = calls.count;
      assert.ok(tried > 10);
      assert.equal(await stateOf(contact), 'unconfirmed');
      await contact.signal(ask, { address: bob.phone, reminderId: 'one' });
      await eventually(() => Promise.resolve(calls.count > tried));
    });
  });

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

  test('is asked three times in a day, and again the next day', () =>
    play(
      () => undefined,
      async (contact, scene) => {
        await eventually(() => Promise.resolve(scene.texts.length === 1));
        assert.equal(await contact.executeUpdate(askAgain), true);
        assert.equal(await contact.executeUpdate(askAgain), true);
        assert.equal(await contact.executeUpdate(askAgain), false);
        await eventually(() => Promise.resolve(scene.texts.length === 3));
        await world.environment.sleep('25 hours');
        await contact.signal(ask, { address: bob.phone, reminderId: 'another' });
        await eventually(() => Promise.resolve(scene.texts.length === 4));
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
