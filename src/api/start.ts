import type { Program } from '../program';
import { listOutbox, outboxDir } from '../outbox';
import { createClient, type Temporal } from '../temporal/connection';
import { createContactIds } from '../temporal/contactIds';
import { createReminders } from '../temporal/reminders';
import { createRootKey } from '../temporal/rootKey';
import { createApp } from './app';
import { listen, type RunningServer } from './server';

/** Starts the API and the page. */
export async function startApi({ config, logger, started }: Program, temporal: Temporal): Promise<RunningServer> {
  const { host, port, publicUrl, defaultCountry, dataDir } = config;
  const client = createClient(temporal);
  const reminders = createReminders(client, createContactIds(createRootKey(client)), temporal.uiUrl);
  started({ stop: () => reminders.close() });
  const app = createApp({
    reminders,
    listOutbox: (filter) => listOutbox(outboxDir(dataDir), filter),
    logger,
    defaultCountry,
    host,
    publicUrl,
  });
  const server = started(await listen(app, { host, port }));
  if (!isLoopback(host)) {
    logger.warn(
      `HOST is ${host}: whoever reaches this address can see and change every reminder. There is no login (ACCESS_TOKEN) yet.`,
    );
  }
  return server;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
