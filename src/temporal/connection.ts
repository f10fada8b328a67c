import { setTimeout } from 'node:timers/promises';
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { ClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import type { EncryptionKey, TemporalConfig } from '../config';
import { createDataConverter } from './dataConverter';

/** The task queue that reminder workflows and their activities run on. */
export const reminderTaskQueue = 'reminders';

/** A Temporal to use. */
export interface Temporal {
  connectionOptions: ClientConnectConfig['connectionOptions'];
  namespace: string;
  /** Where its Web UI is, without a trailing slash, if that is known. */
  uiUrl: string | undefined;
}

/** The Temporal that is there already: the one that the settings name, or the embedded one of a running `npm start`. */
export function existingTemporal(config: TemporalConfig): Temporal {
  switch (config.kind) {
    case 'embedded':
      return embeddedTemporal(config);
    case 'external': {
      const { connectionOptions, namespace = 'default' } = config.connect;
      return { connectionOptions, namespace, uiUrl: config.uiUrl };
    }
  }
}

/** The embedded server at these ports. */
export function embeddedTemporal({ port, uiPort }: { port: number; uiPort: number }): Temporal {
  return {
    connectionOptions: { address: `127.0.0.1:${port}` },
    namespace: 'default',
    uiUrl: `http://127.0.0.1:${uiPort}`,
  };
}

/** A caller waits for the answer: what cannot be had within about two seconds of trying is told to be away. */
const retries = defaultGrpcRetryOptions({ maxAttempts: 6, maxIntervalMs: () => 500 });

/**
 * A client that connects at its first call, so that the API can start, and say that Temporal is away, before Temporal is
 * there.
 *
 * @param encryptionKeys - what it sends is encrypted with the first, if there is one.
 */
export function createClient(
  { connectionOptions, namespace }: Temporal,
  encryptionKeys: readonly EncryptionKey[],
): Client {
  const connection = Connection.lazy({ ...connectionOptions, interceptors: [makeGrpcRetryInterceptor(retries)] });
  return new Client({ connection, namespace, dataConverter: createDataConverter(encryptionKeys) });
}

/**
 * Connects a worker, trying again every two seconds until Temporal is there.
 *
 * @param tell - told why a try failed.
 * @throws the signal's reason when it is aborted meanwhile.
 */
export async function connectWorker(
  { connectionOptions }: Temporal,
  signal: AbortSignal,
  tell: (cause: Error) => void,
): Promise<NativeConnection> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await NativeConnection.connect(connectionOptions);
    } catch (cause) {
      tell(cause as Error);
      await setTimeout(2_000, undefined, { signal });
    }
  }
}
