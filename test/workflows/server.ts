import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { searchAttributeFlags } from '../../src/temporal/embedded/devServer';
import { addSearchAttributes, searchAttributes } from '../../src/temporal/searchAttributes';
import { buildWorkflowBundle } from '../../src/worker/workflowBundle';
import { temporalCliPath, testServerPath } from '../binaries';
import { play, type Scene, type SceneOptions } from './scene';

/**
 * A server that skips time while nothing happens, so that a year's wait takes a moment. It is not quite a real one: after
 * several updates without a pause between them, it skips no more.
 */
export async function startTimeSkipping() {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: await testServerPath() } },
  });
  // This server cannot list search attributes, so they are not registered in the way that other servers' are.
  await addSearchAttributes(environment.nativeConnection, 'default');
  return worldOf(environment);
}

/** A real server. @param dynamicConfig - of the server, such as `limit.historyCount.suggestContinueAsNew=20`. */
export async function startLocal(...dynamicConfig: string[]) {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const environment = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: await temporalCliPath() },
      extraArgs: [
        ...searchAttributeFlags(searchAttributes),
        ...dynamicConfig.flatMap((setting) => ['--dynamic-config-value', setting]),
      ],
    },
  });
  return worldOf(environment);
}

async function worldOf(environment: TestWorkflowEnvironment) {
  const workflowBundle = await buildWorkflowBundle();
  return {
    environment,
    stop: () => environment.teardown(),
    play: (options: SceneOptions, scene: (scene: Scene) => Promise<void>) =>
      play(environment, workflowBundle, options, scene),
  };
}
