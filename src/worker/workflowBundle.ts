import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  bundleWorkflowCode,
  DefaultLogger,
  type DataConverter,
  type WorkflowBundle,
  type WorkflowBundleOption,
} from '@temporalio/worker';

/** Where `npm run build` puts a bundle, one for each failure converter: beside the compiled worker. */
export function prebuiltBundle(failureConverterPath?: string): string {
  return resolve(__dirname, failureConverterPath ? 'workflow-bundle.encrypting.js' : 'workflow-bundle.js');
}

/** The code that runs in the workflow sandbox: built ahead where there is a build, otherwise now, in a few seconds. */
export async function workflowBundle({ failureConverterPath }: DataConverter): Promise<WorkflowBundleOption> {
  const codePath = prebuiltBundle(failureConverterPath);
  return existsSync(codePath) ? { codePath } : buildWorkflowBundle(failureConverterPath);
}

/** Builds the bundle; of the builder's words only warnings are logged. */
export function buildWorkflowBundle(failureConverterPath?: string): Promise<WorkflowBundle> {
  const workflowsPath = require.resolve('../workflows');
  const logger = new DefaultLogger('WARN');
  return bundleWorkflowCode({ workflowsPath, logger, ...(failureConverterPath && { failureConverterPath }) });
}
