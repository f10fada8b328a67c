import type { Client } from '@temporalio/client';
import { reminderContact, reminderDueAt } from '../../workflows/searchAttributes';
import { endState, queryFor } from '../execution';
import { LimitReached, type DueLimit, type DueWish } from './limit';

const DAY_MS = 24 * 3_600_000;

/** Visibility learns of a start or a change within seconds, by far. */
const REMEMBERED_MS = 30_000;

/** Only a cancellation makes room, and nobody knows when there is one. An hour is worth another try. */
const RETRY_AFTER_SECONDS = 3_600;

/** When a reminder is due, in milliseconds since 1970. */
interface DueTime {
  id: string;
  dueAt: number;
}

/** What this process has let through of late, and at which moment. */
interface Claim extends DueTime {
  contactIds: string[];
  madeAt: number;
}

/**
 * At most so many reminders are due to one contact within any 24 hours. All count that visibility knows, except for those
 * that were cancelled, and those that this process has started or moved lately, of which visibility may not know yet. One
 * that was just moved away counts at both times, as changes under way may overtake each other.
 */
export function createDueLimit(client: Client, perDay: number): DueLimit {
  const recent = new Set<Claim>();

  const limit: DueLimit = async (wish, act) => {
    const at = Date.parse(wish.dueAt);
    const known = await Promise.all(wish.contactIds.map((contactId) => knownAround(contactId, at)));
    // Nothing waits from the look to the entry, so that of many wishes at once only so many pass as may.
    forgetOld();
    if (wish.contactIds.some((contactId, index) => isFull(at, othersOf(wish, contactId, known[index] ?? []))))
      throw new LimitReached({ kind: 'due' }, RETRY_AFTER_SECONDS);
    const claim = { id: wish.id, contactIds: wish.contactIds, dueAt: at, madeAt: Date.now() };
    recent.add(claim);
    try {
      return await act();
    } catch (error) {
      recent.delete(claim);
      throw error;
    }
  };

  /** What visibility knows to be due to a contact less than a day before or after a time. */
  async function knownAround(contactId: string, at: number): Promise<(DueTime & { cancelled: boolean })[]> {
    const [from, until] = [at - DAY_MS, at + DAY_MS].map((time) => new Date(time).toISOString());
    const query =
      `${queryFor(undefined)} AND ${reminderContact.name} = '${contactId}'` +
      ` AND ${reminderDueAt.name} > '${from}' AND ${reminderDueAt.name} < '${until}'`;
    const known = [];
    for await (const execution of client.workflow.list({ query })) {
      const dueAt = execution.typedSearchAttributes.get(reminderDueAt) ?? execution.startTime;
      known.push({
        id: execution.workflowId,
        dueAt: dueAt.getTime(),
        cancelled: endState(execution) === 'cancelled',
      });
    }
    return known;
  }

  /** The wish itself does not count: it may be moved a little, or be a repeated one. */
  function othersOf(wish: DueWish, contactId: string, known: Awaited<ReturnType<typeof knownAround>>): DueTime[] {
    const passedOver = new Set([wish.id, ...known.flatMap(({ id, cancelled }) => (cancelled ? [id] : []))]);
    const claims = [...recent].filter(({ contactIds }) => contactIds.includes(contactId));
    return [...known, ...claims].filter(({ id }) => !passedOver.has(id));
  }

  /** Whether there is a day around a time in which as many others are due as may be. */
  function isFull(at: number, others: DueTime[]): boolean {
    const beginnings = [at, ...others.map(({ dueAt }) => dueAt)].filter((from) => from <= at && at < from + DAY_MS);
    return beginnings.some((from) => {
      const within = others.filter(({ dueAt }) => from <= dueAt && dueAt < from + DAY_MS);
      return new Set(within.map(({ id }) => id)).size >= perDay;
    });
  }

  function forgetOld(): void {
    for (const claim of recent) {
      if (claim.madeAt >= Date.now() - REMEMBERED_MS) return; // The others were made later.
      recent.delete(claim);
    }
  }

  return limit;
}
