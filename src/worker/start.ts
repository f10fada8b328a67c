import { createActivities } from '../activities';
import { createTransports } from '../activities/providers';
import type { Program } from '../program';
import { connectWorker, type Temporal } from '../temporal/connection';
import { howToRegister, registerSearchAttributes } from '../temporal/searchAttributes';
import { installRuntime, runWorker } from './worker';
import { workflowBundle } from './workflowBundle';

/** Starts a worker, as soon as Temporal is there. */
export async function startWorker({ config, logger, signal, started }: Program, temporal: Temporal): Promise<void> {
  installRuntime(logger);
  const bundle = workflowBundle();
  const connection = await connectWorker(temporal, signal, ({ message }) => {
    logger.warn(`Temporal is not there yet: ${message}`);
  });
  started({ stop: () => connection.close() });
  await registerSearchAttributes(connection, temporal.namespace).catch((cause: unknown) => {
    logger.warn(`The search attributes could not be registered: ${(cause as Error).message}. ${howToRegister}`);
  });
  const activities = createActivities(createTransports(config));
  started(await runWorker({ connection, namespace: temporal.namespace, activities, workflowBundle: await bundle }));
}
