import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundle, type WorkflowBundleOption } from '@temporalio/worker';

/** Where `npm run build` puts the bundle: beside the compiled worker. */
export const prebuiltBundle = resolve(__dirname, 'workflow-bundle.js');

/** The code that runs in the workflow sandbox: built ahead where there is a build, otherwise now, in a few seconds. */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  return existsSync(prebuiltBundle) ? { codePath: prebuiltBundle } : buildWorkflowBundle();
}

/** Builds the bundle; of the builder's words only warnings are logged. */
export function buildWorkflowBundle(): Promise<WorkflowBundle> {
  return bundleWorkflowCode({ workflowsPath: require.resolve('../workflows'), logger: new DefaultLogger('WARN') });
}
