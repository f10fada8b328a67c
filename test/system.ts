import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { createApp } from '../src/api/app';
import { listen } from '../src/api/server';
import { readConfig } from '../src/config';
import { listOutbox, outboxDir } from '../src/outbox';
import { createClient, embeddedTemporal } from '../src/temporal/connection';
import { startDevServer } from '../src/temporal/embedded/devServer';
import { createContactIds } from '../src/temporal/contactIds';
import { createReminders } from '../src/temporal/reminders';
import { createRootKey } from '../src/temporal/rootKey';
import { searchAttributes } from '../src/temporal/searchAttributes';
import { activitiesFor } from '../src/worker/activities';
import { runWorker } from '../src/worker/worker';
import { workflowBundle } from '../src/worker/workflowBundle';
import { temporalCliPath } from './binaries';

export interface System {
  /** Where the API is, without a trailing slash. */
  url: string;
  client: Client;
  stopTemporal: () => Promise<void>;
  stopWorker: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Starts all of it on free ports and in a folder of its own: a real server, a worker, and the API. */
export async function startSystem(settings: Record<string, string> = {}): Promise<System> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const dataDir = await mkdtemp(join(tmpdir(), 'cuddle-'));
  const config = readConfig({ DATA_DIR: dataDir, ...settings });
  const temporal = await startDevServer({
    cli: await temporalCliPath(),
    dataDir,
    port: 0,
    uiPort: 0,
    searchAttributes,
  });
  const target = embeddedTemporal(temporal);
  const client = createClient(target);
  const reminders = createReminders(client, createContactIds(createRootKey(client)), target.uiUrl);
  const native = await NativeConnection.connect(target.connectionOptions);
  const worker = await runWorker({
    connection: native,
    namespace: target.namespace,
    activities: activitiesFor(config, client),
    workflowBundle: await workflowBundle(),
    perSecond: config.sendsPerSecond,
  });
  const app = createApp({
    reminders,
    listOutbox: (filter) => listOutbox(outboxDir(dataDir), filter),
    logger: pino({ level: 'silent' }),
    defaultCountry: config.defaultCountry,
    host: config.host,
    publicUrl: config.publicUrl,
  });
  const server = await listen(app, { host: config.host, port: 0 });
  return {
    url: server.url,
    client,
    stopTemporal: () => temporal.stop(),
    stopWorker: () => worker.stop(),
    stop: async () => {
      await server.stop();
      await worker.stop();
      await native.close();
      await reminders.close();
      await temporal.stop();
      await rm(dataDir, { recursive: true });
    },
  };
}

/** Waits until `look` finds something, for at most a time, in milliseconds, in which it has long happened. */
export async function eventually<T>(look: () => Promise<T | undefined | false>, within = 30_000): Promise<T> {
  const deadline = Date.now() + within;
  while (Date.now() < deadline) {
    const found = await look();
    if (found) return found;
    await setTimeout(50);
  }
  throw new Error(`It did not come true: ${look.toString()}`);
}
