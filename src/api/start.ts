import type { Program } from '../program';
import { listOutbox, outboxDir } from '../outbox';
import { isLoopback } from '../loopback';
import { createClient, type Temporal } from '../temporal/connection';
import { createContactIds } from '../temporal/contactIds';
import { createLimits } from '../temporal/limits';
import { createReminders } from '../temporal/reminders';
import { createRootKey } from '../temporal/rootKey';
import { createApp } from './app';
import { listen, type RunningServer } from './server';

/** Starts the API and the page. */
export async function startApi({ config, logger, started }: Program, temporal: Temporal): Promise<RunningServer> {
  const { host, port, publicUrl, trustProxy, limits, defaultCountry, smsCountries, dataDir } = config;
  const client = createClient(temporal);
  const reminders = createReminders(
    client,
    createContactIds(createRootKey(client)),
    temporal.uiUrl,
    createLimits(client, limits),
  );
  started({ stop: () => reminders.close() });
  const app = createApp({
    reminders,
    listOutbox: (filter) => listOutbox(outboxDir(dataDir), filter),
    logger,
    defaultCountry,
    smsCountries,
    host,
    publicUrl,
    trustProxy,
    requestsPerMinute: limits.requestsPerMinute,
  });
  const server = started(await listen(app, { host, port }));
  if (!isLoopback(host)) {
    logger.warn(
      `HOST is ${host}: whoever reaches this address can see and change every reminder. There is no login (ACCESS_TOKEN) yet.`,
    );
  }
  if (trustProxy === undefined && isBehindProxy(config)) {
    logger.warn('TRUST_PROXY is not set: all who come through the proxy of PUBLIC_URL count as one visitor.');
  }
  return server;
}

/** Only a proxy on this machine brings others to a loopback address. */
function isBehindProxy({ host, publicUrl }: Program['config']): boolean {
  return isLoopback(host) && publicUrl !== undefined && !isLoopback(new URL(publicUrl).hostname);
}
