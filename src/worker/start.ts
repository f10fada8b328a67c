import type { Program } from '../program';
import { StartError } from '../startError';
import { connectWorker, createClient, type Temporal } from '../temporal/connection';
import { createDataConverter } from '../temporal/dataConverter';
import { createRootKey } from '../temporal/rootKey';
import { howToRegister, registerSearchAttributes } from '../temporal/searchAttributes';
import { activitiesFor } from './activities';
import { installRuntime, runWorker } from './worker';
import { workflowBundle } from './workflowBundle';

/** Starts a worker, as soon as Temporal is there. */
export async function startWorker({ config, logger, signal, started }: Program, temporal: Temporal): Promise<void> {
  installRuntime(logger);
  const dataConverter = createDataConverter(config.encryptionKeys);
  const { namespace } = temporal;
  const [bundle, connection] = await Promise.all([
    workflowBundle(dataConverter),
    connectWorker(temporal, signal, ({ message }) => {
      logger.warn(`Temporal is not there yet: ${message}`);
    }),
  ]);
  started({ stop: () => connection.close() });
  await registerSearchAttributes(connection, namespace).catch((cause: unknown) => {
    logger.warn(`The search attributes could not be registered (${(cause as Error).message}). ${howToRegister}`);
  });
  const client = createClient(temporal, config.encryptionKeys);
  started({ stop: () => client.connection.close() });
  const rootKey = createRootKey(client);
  const activities = activitiesFor(config, client, rootKey);
  const perSecond = config.sendsPerSecond;
  try {
    // Encrypted like everything else, it tells whether ENCRYPTION_KEY is the right one before there is anything to do.
    await rootKey.derive('check of the encryption');
    started(await runWorker({ connection, namespace, activities, dataConverter, workflowBundle: bundle, perSecond }));
  } catch (cause) {
    throw new StartError(`The worker cannot start: ${(cause as Error).message}`, { cause });
  }
}
