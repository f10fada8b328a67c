import type { Client } from '@temporalio/client';
import { createActivities, type Activities } from '../activities';
import { createAdmission, createQuestionAdmission } from '../activities/admission';
import { createTransports } from '../activities/providers';
import type { Config } from '../config';
import type { Channel } from '../reminder';
import { createCapabilities } from '../temporal/capabilities';
import { createContactIds } from '../temporal/contactIds';
import { createContacts } from '../temporal/contacts';
import type { RootKey } from '../temporal/rootKey';

/** The activities that the settings ask for, which look up contacts through `client`. */
export function activitiesFor(config: Config, client: Client, rootKey: RootKey): Activities {
  const contacts = createContacts(client, createContactIds(rootKey));
  const stopKeyOf = createCapabilities(client, rootKey, 'stop');
  const { pagesUrl } = config;

  async function stopPage(channel: Channel, address: string): Promise<string | undefined> {
    if (pagesUrl === undefined) return undefined;
    const id = await contacts.idOf(channel, address);
    return `${pagesUrl}/stop/${id}?key=${await stopKeyOf(id)}`;
  }

  return createActivities({
    ...createTransports(config),
    admit: createAdmission(contacts, config),
    admitQuestion: createQuestionAdmission(contacts, config),
    stopPage,
    confirmPage: (contactId, secret) => `${pagesUrl ?? ''}/confirm/${contactId}?key=${secret}`,
    optOut: (...args) => contacts.stop(...args),
  });
}
