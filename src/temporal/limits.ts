import type { Client } from '@temporalio/client';
import type { LimitsConfig } from '../config';
import { createContactLimit } from './contactLimit';
import type { Limit } from './limit';
import { createWaitingLimit } from './waitingLimit';

/** The limits on what is started that are set. */
export function createLimits(client: Client, { waiting, perContactPerDay }: LimitsConfig): Limit[] {
  return [
    createWaitingLimit(client, waiting),
    ...(perContactPerDay === undefined ? [] : [createContactLimit(client, perContactPerDay)]),
  ];
}
