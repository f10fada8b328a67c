import type { Client } from '@temporalio/client';
import { createContactIds } from '../src/temporal/contactIds';
import { createContacts } from '../src/temporal/contacts';
import { createReminders, type Reminders } from '../src/temporal/reminders';
import { createRootKey } from '../src/temporal/rootKey';

/** Reminders without limits, whose contacts need not agree, at a Temporal that may not be there. */
export function remindersOver(client: Client): Reminders {
  const contactIds = createContactIds(createRootKey(client));
  const contacts = createContacts(client, contactIds);
  const requireConsent = { email: false, sms: false };
  return createReminders(client, {
    contactIds,
    contacts,
    requireConsent,
    webUiUrl: undefined,
    limits: { starts: [], due: (_wish, act) => act() },
  });
}
