import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { buildWorkflowBundle } from '../../src/worker/workflowBundle';

const histories = join(__dirname, '../histories');
const files = readdirSync(histories).filter((name) => name.endsWith('.json'));

const DAY = 24 * 60 * 60 * 1_000;

/** A history, as far as this test looks into it. */
interface History {
  events: { eventType: string; eventTime: string }[];
}

function read(file: string): History {
  return JSON.parse(readFileSync(join(histories, file), 'utf8')) as History; // That is what was recorded.
}

describe('reminders that began under an earlier version go on as they began', () => {
  let workflowBundle: WorkflowBundle;
  before(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    workflowBundle = await buildWorkflowBundle();
  });

  test('there are histories to replay', () => {
    assert.ok(files.length > 0);
  });

  const replay = (history: History) => Worker.runReplayHistory({ workflowBundle }, historyFromJSON(history));

  for (const file of files) {
    test(`replays ${file}`, () => replay(read(file)));
  }

  test('an attempt whose worker was lost is made once more, though every worker was away for two days', async () => {
    const { events } = read('sent-after-a-lost-worker.json');
    const lost = events.findIndex(({ eventType }) => eventType === 'EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT');
    assert.ok(lost > 0);
    for (const event of events.slice(lost + 1)) {
      event.eventTime = new Date(Date.parse(event.eventTime) + 2 * DAY).toISOString();
    }
    await replay({ events });
  });
});
