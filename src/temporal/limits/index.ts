import type { Client } from '@temporalio/client';
import type { LimitsConfig } from '../../config';
import { createContactLimit } from './contactLimit';
import { createDueLimit } from './dueLimit';
import type { Limits } from './limit';
import { createWaitingLimit } from './waitingLimit';

/** The limits that are set. */
export function createLimits(client: Client, { waiting, perContactPerDay }: LimitsConfig): Limits {
  const inAll = createWaitingLimit(client, waiting);
  if (perContactPerDay === undefined) return { starts: [inAll], due: (_wish, act) => act() };
  return {
    starts: [inAll, createContactLimit(client, perContactPerDay)],
    due: createDueLimit(client, perContactPerDay),
  };
}
