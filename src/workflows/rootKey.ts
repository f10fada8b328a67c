import { condition } from '@temporalio/workflow';

/**
 * Keeps the root key of this installation, in its memo, as long as it runs: for good. Temporal is the only store, so what is
 * derived from that key is lost only with everything that it is for.
 */
export async function rootKey(): Promise<void> {
  await condition(() => false);
}
