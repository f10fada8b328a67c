import { createHmac } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { createCaller } from './failure';
import type { RootKey } from './rootKey';

/** 128 bits, as 22 characters that are safe in an address. */
const KEY_BYTES = 16;

/**
 * Tells the key of a reminder, which its link holds: whoever has it may see and change the reminder. It is derived from the
 * reminder's id, so that none is stored, and there is one for any id, whether there is such a reminder or not.
 *
 * @throws {TemporalUnavailable}, {TemporalOverloaded} while the root key cannot be read.
 */
export type CapabilityOf = (reminderId: string) => Promise<string>;

export function createCapabilities(client: Client, rootKey: RootKey): CapabilityOf {
  const { call } = createCaller(client);
  return async (reminderId) => {
    const key = await call(() => rootKey.derive('capability'));
    return createHmac('sha256', key).update(reminderId).digest().subarray(0, KEY_BYTES).toString('base64url');
  };
}
