import type { Client } from '@temporalio/client';
import { reminder } from '../../workflows/reminder';
import { LimitReached, type Limit } from './limit';

/** How old a count may be, in milliseconds, and how old before anyone is refused because of it. */
const FRESH_MS = 5_000;
const FRESH_ENOUGH_TO_REFUSE_MS = 1_000;

/** Nobody knows when those that wait will be sent or cancelled. A minute is worth another try. */
const RETRY_AFTER_SECONDS = 60;

/**
 * At most so many reminders wait at a time: those that visibility counts, and those that this process has started since.
 * Of those that other processes have started within the last few seconds it does not know, so it keeps a cluster from being
 * filled up, and does not keep to the last one.
 */
export function createWaitingLimit(client: Client, most: number): Limit {
  let counted = 0;
  let countedAt = -Infinity;
  let counting: Promise<void> | undefined;
  /** What this process starts, by id, and has started since the count began. */
  const since = new Map<string, 'starting' | 'started'>();

  const limit: Limit = async (wish, start) => {
    await countUnlessYoungerThan(FRESH_MS);
    if (isFull(wish.id)) await countUnlessYoungerThan(FRESH_ENOUGH_TO_REFUSE_MS);
    if (isFull(wish.id)) throw new LimitReached({ kind: 'waiting' }, RETRY_AFTER_SECONDS);
    const entered = !since.has(wish.id);
    if (entered) since.set(wish.id, 'starting');
    const begunAt = Date.now();
    try {
      const started = await start();
      if (started.startedAt.getTime() >= begunAt) since.set(wish.id, 'started');
      else if (entered) since.delete(wish.id); // It is a repeated wish, and was counted when it was first made.
      return started;
    } catch (error) {
      if (entered) since.delete(wish.id);
      throw error;
    }
  };

  const isFull = (id: string) => counted + since.size - Number(since.has(id)) >= most;

  async function countUnlessYoungerThan(age: number): Promise<void> {
    if (performance.now() - countedAt < age) return;
    counting ??= count().finally(() => (counting = undefined));
    await counting;
  }

  async function count(): Promise<void> {
    const begunAt = performance.now();
    const startedBefore = [...since].flatMap(([id, state]) => (state === 'started' ? [id] : []));
    const result = await client.workflow.count(`WorkflowType = '${reminder.name}' AND ExecutionStatus = 'Running'`);
    counted = result.count;
    countedAt = begunAt;
    for (const id of startedBefore) since.delete(id);
  }

  return limit;
}
