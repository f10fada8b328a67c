import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { startApi } from '../src/api/start';
import { readConfig } from '../src/config';
import type { Part } from '../src/program';
import { createClient, embeddedTemporal, type Temporal } from '../src/temporal/connection';
import { createDataConverter } from '../src/temporal/dataConverter';
import { startDevServer } from '../src/temporal/embedded/devServer';
import { searchAttributes } from '../src/temporal/searchAttributes';
import { createRootKey } from '../src/temporal/rootKey';
import { activitiesFor } from '../src/worker/activities';
import { runWorker, type RunningWorker } from '../src/worker/worker';
import { workflowBundle } from '../src/worker/workflowBundle';
import { temporalCliPath } from './binaries';

export interface System {
  /** Where the API is, without a trailing slash. */
  url: string;
  client: Client;
  temporal: Temporal;
  /**
   * Starts an API that remembers nothing, as another process does, or one that was started again.
   *
   * @param settings - that are other for it.
   * @returns where it is.
   */
  startAnotherApi: (settings?: Record<string, string>) => Promise<string>;
  /** Starts a worker beside the one that is there, as another process does. */
  startAnotherWorker: () => Promise<void>;
  stopTemporal: () => Promise<void>;
  stopWorkers: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Whoever a test sends to has agreed, unless it says otherwise. */
const defaults = { PORT: '0', REQUIRE_CONSENT: 'false' };

/** Starts all of it on free ports and in a folder of its own: a real server, a worker, and the API. */
export async function startSystem(settings: Record<string, string> = {}): Promise<System> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const dataDir = await mkdtemp(join(tmpdir(), 'cuddle-'));
  const config = readConfig({ ...defaults, DATA_DIR: dataDir, ...settings });
  const temporal = await startDevServer({
    cli: await temporalCliPath(),
    dataDir,
    port: 0,
    uiPort: 0,
    searchAttributes,
  });
  const target = embeddedTemporal(temporal);
  const client = createClient(target, config.encryptionKeys);
  const dataConverter = createDataConverter(config.encryptionKeys);
  const bundle = await workflowBundle(dataConverter);
  const workers: RunningWorker[] = [];
  const natives: NativeConnection[] = [];
  const startAnotherWorker = async () => {
    const native = await NativeConnection.connect(target.connectionOptions);
    natives.push(native);
    const worker = await runWorker({
      connection: native,
      namespace: target.namespace,
      activities: activitiesFor(config, client, createRootKey(client)),
      dataConverter,
      workflowBundle: bundle,
      perSecond: config.sendsPerSecond,
    });
    workers.push(worker);
  };
  const stopWorkers = async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
  };
  await startAnotherWorker();
  const parts: Part[] = [];
  const started = <P extends Part>(part: P): P => {
    parts.unshift(part);
    return part;
  };
  const { signal } = new AbortController();
  const logger = pino({ level: 'silent' });
  const api = await startApi({ config, logger, signal, started }, target);
  return {
    url: api.url,
    client,
    temporal: target,
    startAnotherApi: async (changed = {}) => {
      const config = readConfig({ ...defaults, DATA_DIR: dataDir, ...settings, ...changed });
      return (await startApi({ config, logger, signal, started }, target)).url;
    },
    stopTemporal: () => temporal.stop(),
    startAnotherWorker,
    stopWorkers,
    stop: async () => {
      for (const part of parts) await part.stop();
      await stopWorkers();
      for (const native of natives) await native.close();
      await client.connection.close();
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
