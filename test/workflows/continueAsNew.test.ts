import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, type WorkflowBundle } from '@temporalio/worker';
import { reschedule, status } from '../../src/workflows/reminder';
import { buildWorkflowBundle } from '../../src/worker/workflowBundle';
import { temporalCliPath } from '../binaries';
import { play } from './scene';

const YEAR = 365 * 24 * 60 * 60 * 1_000;

let environment: TestWorkflowEnvironment;
let bundle: WorkflowBundle;
before(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  bundle = await buildWorkflowBundle();
  environment = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: await temporalCliPath() },
      extraArgs: [
        ...['--search-attribute', 'ReminderState=Keyword', '--search-attribute', 'ReminderDueAt=Datetime'],
        // Otherwise it takes some five hundred changes.
        ...['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=20'],
      ],
    },
  });
});
after(() => environment.teardown());

test('a reminder that is changed without end begins a new history, and goes on where it was', () =>
  play(environment, bundle, { wait: YEAR }, async ({ handle, emails, texts, now }) => {
    const latest = environment.client.workflow.getHandle(handle.workflowId);
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
  play(environment, bundle, { wait: YEAR }, async ({ handle }) => {
    const latest = environment.client.workflow.getHandle(handle.workflowId);
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
