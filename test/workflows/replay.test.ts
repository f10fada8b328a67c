import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { buildWorkflowBundle } from '../../src/worker/workflowBundle';

const histories = join(__dirname, '../histories');
const files = readdirSync(histories).filter((name) => name.endsWith('.json'));

describe('reminders that began under an earlier version go on as they began', () => {
  let workflowBundle: WorkflowBundle;
  before(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    workflowBundle = await buildWorkflowBundle();
  });

  test('there are histories to replay', () => {
    assert.ok(files.length > 0);
  });

  for (const file of files) {
    test(`replays ${file}`, async () => {
      const history: unknown = JSON.parse(readFileSync(join(histories, file), 'utf8'));
      await Worker.runReplayHistory({ workflowBundle }, historyFromJSON(history));
    });
  }
});
