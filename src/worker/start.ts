import type { Program } from '../program';
import { StartError } from '../startError';
import { connectWorker, createClient, type Temporal } from '../temporal/connection';
import { howToRegister, registerSearchAttributes } from '../temporal/searchAttributes';
import { activitiesFor } from './activities';
import { installRuntime, runWorker } from './worker';
import { workflowBundle } from './workflowBundle';

/** Starts a worker, as soon as Temporal is there. */
export async function startWorker({ config, logger, signal, started }: Program, temporal: Temporal): Promise<void> {
  installRuntime(logger);
  const [bundle, connection] = await Promise.all([
    workflowBundle(),
    connectWorker(temporal, signal, ({ message }) => {
      logger.warn(`Temporal is not there yet: ${message}`);
    }),
  ]);
  started({ stop: () => connection.close() });
  await registerSearchAttributes(connection, temporal.namespace).catch((cause: unknown) => {
    logger.warn(`The search attributes could not be registered (${(cause as Error).message}). ${howToRegister}`);
  });
  const client = createClient(temporal);
  started({ stop: () => client.connection.close() });
  const activities = activitiesFor(config, client);
  const { namespace } = temporal;
  try {
    started(
      await runWorker({ connection, namespace, activities, workflowBundle: bundle, perSecond: config.sendsPerSecond }),
    );
  } catch (cause) {
    throw new StartError(`The worker cannot start: ${(cause as Error).message}`, { cause });
  }
}
