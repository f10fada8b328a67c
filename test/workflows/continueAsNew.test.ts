import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { reschedule, status } from '../../src/workflows/reminder';
import { startLocal } from './server';

const YEAR = 365 * 24 * 60 * 60 * 1_000;

let world: Awaited<ReturnType<typeof startLocal>>;
before(async () => {
  world = await startLocal('limit.historyCount.suggestContinueAsNew=20'); // Otherwise it takes some five hundred changes.
});
after(() => world.stop());

test('a reminder that is changed without end begins a new history, and goes on where it was', () =>
  world.play({ wait: YEAR }, async ({ handle, emails, texts, now }) => {
    const latest = world.environment.client.workflow.getHandle(handle.workflowId);
    const first = await handle.describe();
    for (let change = 1; change <= 12; change++) {
      const dueAt = new Date(now.getTime() + YEAR + change).toISOString();
      await latest.executeUpdate(reschedule, { args: [{ dueAt, message: `Cuddle Whiskers, ${change}` }] });
    }
    const current = await latest.query(status);
    const { runId, memo } = await latest.describe();
    assert.notEqual(runId, first.runId);
    assert.equal(current.state, 'waiting');
    assert.equal(current.dueAt, new Date(now.getTime() + YEAR + 12).toISOString());
    assert.deepEqual(current.path, [{ state: 'Timer', enteredAt: now.toISOString() }]);
    assert.equal(memo?.message, 'Cuddle Whiskers, 12');

    await latest.executeUpdate(reschedule, { args: [{ dueAt: now.toISOString() }] });
    await latest.result();
    assert.equal(emails.length, 1);
    assert.deepEqual(
      texts.map(({ text }) => text),
      ['Cuddle Whiskers, 12'],
    );
  }));

test('a reminder that is only reworded without end begins new histories too, and its memo has the last words', () =>
  world.play({ wait: YEAR }, async ({ handle }) => {
    const latest = world.environment.client.workflow.getHandle(handle.workflowId);
    const runs = new Set<string>();
    for (let change = 1; change <= 20; change++) {
      const message = `Cuddle Whiskers, ${change}`;
      await latest.executeUpdate(reschedule, { args: [{ message }] });
      const { runId, memo } = await latest.describe();
      runs.add(runId);
      assert.equal(memo?.message, message);
    }
    assert.ok(runs.size > 2, `there were ${runs.size} runs`);
    await latest.cancel();
  }));
