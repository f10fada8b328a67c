import type { Program } from '../program';
import { listOutbox, outboxDir } from '../outbox';
import { createCodecEndpoint } from '../temporal/codecEndpoint';
import { createClient, type Temporal } from '../temporal/connection';
import { createCapabilities } from '../temporal/capabilities';
import { createContactIds } from '../temporal/contactIds';
import { createReminders } from '../temporal/reminders';
import { createRootKey } from '../temporal/rootKey';
import { createApp } from './app';
import { listen, type RunningServer } from './server';

/** Starts the API and the page. */
export async function startApi({ config, logger, started }: Program, temporal: Temporal): Promise<RunningServer> {
  const { host, port, publicUrl, access, defaultCountry, dataDir, encryptionKeys } = config;
  const client = createClient(temporal, encryptionKeys);
  const rootKey = createRootKey(client);
  const contactIds = createContactIds(rootKey);
  // The Web UI shows every reminder: where nobody may see all of them, nobody is told where it is.
  const webUiUrl = access.kind === 'capability' ? undefined : temporal.uiUrl;
  const reminders = createReminders(client, contactIds, webUiUrl);
  started({ stop: () => reminders.close() });
  const app = createApp({
    reminders,
    listOutbox: (filter) => listOutbox(outboxDir(dataDir), filter),
    access,
    capabilityOf: createCapabilities(client, rootKey),
    logger,
    codec: createCodecEndpoint(encryptionKeys, temporal.uiUrl),
    defaultCountry,
    host,
    publicUrl,
  });
  const server = started(await listen(app, { host, port }));
  if (access.kind === 'capability') {
    logger.warn(
      'Others can reach this address: anyone may start a reminder, which only its own link shows, and nobody sees a list. With ACCESS_TOKEN, only those who have it may do anything.',
    );
  }
  return server;
}
