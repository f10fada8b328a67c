import type { Client } from '@temporalio/client';
import { createActivities, type Activities } from '../activities';
import { createAdmission } from '../activities/admission';
import { createTransports } from '../activities/providers';
import type { Config } from '../config';
import { createContactIds } from '../temporal/contactIds';
import { createContacts } from '../temporal/contacts';
import { createRootKey } from '../temporal/rootKey';

/** The activities that the settings ask for, which look up contacts through `client`. */
export function activitiesFor(config: Config, client: Client): Activities {
  const contacts = createContacts(client, createContactIds(createRootKey(client)));
  const { pagesUrl } = config;
  return createActivities({
    ...createTransports(config),
    admit: createAdmission(contacts, config),
    stopPage: async (channel, address) =>
      pagesUrl === undefined ? undefined : `${pagesUrl}/stop/${await contacts.idOf(channel, address)}`,
    confirmPage: (contactId, secret) => `${pagesUrl ?? ''}/confirm/${contactId}?key=${secret}`,
    optOut: (...args) => contacts.stop(...args),
  });
}
