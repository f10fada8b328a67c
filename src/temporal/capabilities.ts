import type { Client } from '@temporalio/client';
import { createCaller } from './failure';
import type { RootKey } from './rootKey';

/**
 * Tells the key that the link to something holds: whoever has it may do what the link is for. It is derived from the id, so
 * that none is stored, and there is one for any id, whether there is anything of that id or not.
 *
 * @throws {TemporalUnavailable}, {TemporalOverloaded} while the root key cannot be read.
 */
export type CapabilityOf = (id: string) => Promise<string>;

/** @param purpose - of the links: to see and change a reminder, or to stop messages to a contact. */
export function createCapabilities(client: Client, rootKey: RootKey, purpose: 'reminder' | 'stop'): CapabilityOf {
  const { call } = createCaller(client);
  return (id) => call(() => rootKey.mark(`capability: ${purpose}`, id));
}
