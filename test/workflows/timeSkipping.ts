import { temporal } from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { buildWorkflowBundle } from '../../src/worker/workflowBundle';
import { testServerPath } from '../binaries';
import { play, type Scene, type SceneOptions } from './scene';

const { INDEXED_VALUE_TYPE_DATETIME, INDEXED_VALUE_TYPE_KEYWORD } = temporal.api.enums.v1.IndexedValueType;

/** A server that skips time while nothing happens, so that a year's wait takes a moment. */
export async function startTimeSkipping() {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: await testServerPath() } },
  });
  // This server cannot list search attributes, so they are not registered in the way that other servers' are.
  await environment.nativeConnection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: {
      ReminderState: INDEXED_VALUE_TYPE_KEYWORD,
      ReminderDueAt: INDEXED_VALUE_TYPE_DATETIME,
      ContactState: INDEXED_VALUE_TYPE_KEYWORD,
    },
  });
  const workflowBundle = await buildWorkflowBundle();
  return {
    environment,
    stop: () => environment.teardown(),
    play: (options: SceneOptions, scene: (scene: Scene) => Promise<void>) =>
      play(environment, workflowBundle, options, scene),
  };
}
