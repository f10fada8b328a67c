import type { Program } from '../program';
import { listOutbox, outboxDir } from '../outbox';
import { createCodecEndpoint } from '../temporal/codecEndpoint';
import { isLoopback } from '../loopback';
import { createClient, type Temporal } from '../temporal/connection';
import { createCapabilities } from '../temporal/capabilities';
import { createContactIds } from '../temporal/contactIds';
import { createContacts } from '../temporal/contacts';
import { createLimits } from '../temporal/limits';
import { createReminders } from '../temporal/reminders';
import { createRootKey } from '../temporal/rootKey';
import { createApp } from './app';
import { listen, type RunningServer } from './server';

/** Starts the API and the page. */
export async function startApi({ config, logger, started }: Program, temporal: Temporal): Promise<RunningServer> {
  const { host, port, publicUrl, trustProxy, access, limits, defaultCountry, smsCountries, dataDir } = config;
  const client = createClient(temporal, config.encryptionKeys);
  const rootKey = createRootKey(client);
  const contactIds = createContactIds(rootKey);
  // The Web UI shows every reminder: where nobody may see all of them, nobody is told where it is.
  const webUiUrl = access.kind === 'capability' ? undefined : temporal.uiUrl;
  const contacts = createContacts(client, contactIds);
  const { requireConsent } = config;
  const reminders = createReminders(client, {
    contactIds,
    contacts,
    requireConsent,
    webUiUrl,
    limits: createLimits(client, limits),
  });
  started({ stop: () => reminders.close() });
  const app = createApp({
    reminders,
    listOutbox: (filter) => listOutbox(outboxDir(dataDir), filter),
    access,
    capabilityOf: createCapabilities(client, rootKey, 'reminder'),
    logger,
    codec: createCodecEndpoint(config.encryptionKeys, temporal.uiUrl),
    defaultCountry,
    smsCountries,
    host,
    publicUrl,
    trustProxy,
    requestsPerMinute: limits.requestsPerMinute,
    contacts,
    stopKeyOf: createCapabilities(client, rootKey, 'stop'),
    webhooks: config.webhooks,
  });
  const server = started(await listen(app, { host, port }));
  if (access.kind === 'capability') {
    logger.warn(
      'Others can reach this address: anyone may start a reminder, which only its own link shows, and nobody sees a list. With ACCESS_TOKEN, only those who have it may do anything.',
    );
  }
  if (trustProxy === undefined && isBehindProxy(config)) {
    logger.warn('TRUST_PROXY is not set: all who come through the proxy of PUBLIC_URL count as one visitor.');
  }
  if (linksEndHere(config)) {
    logger.warn(`PUBLIC_URL is not set: emails link to ${config.pagesUrl}, which nobody opens from elsewhere.`);
  }
  return server;
}

/** Only a proxy on this machine brings others to a loopback address. */
function isBehindProxy({ host, publicUrl }: Program['config']): boolean {
  return isLoopback(host) && publicUrl !== undefined && !isLoopback(new URL(publicUrl).hostname);
}

/** Others reach this machine, and its emails link to a name by which each of them calls a machine of their own. */
function linksEndHere({ host, email, pagesUrl }: Program['config']): boolean {
  const isLocalLink = pagesUrl !== undefined && isLoopback(new URL(pagesUrl).hostname);
  return email.kind !== 'outbox' && isLocalLink && !isLoopback(host);
}
