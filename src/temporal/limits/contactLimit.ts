import type { Client } from '@temporalio/client';
import { reminder } from '../../workflows/reminder';
import { reminderContact } from '../../workflows/searchAttributes';
import { LimitReached, type Contact, type Limit } from './limit';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Visibility learns of a start within seconds. So many others are written to meanwhile at most, by far. */
const MAX_REMEMBERED_CONTACTS = 10_000;

/** Starts of reminders: when, in milliseconds since 1970, by the id of the reminder. */
type Starts = Map<string, number>;

/**
 * At most so many reminders are started to one contact within 24 hours. All count that visibility knows, whichever process
 * has started them, and those that this process has started or is starting, of which visibility may not know yet.
 */
export function createContactLimit(client: Client, perDay: number): Limit {
  /** By the folded id of a contact, the one that was last written to at the end. */
  const recent = new Map<string, Starts>();

  const limit: Limit = async (wish, start) => {
    const known = await Promise.all(wish.contacts.map(({ foldedId }) => knownStarts(foldedId)));
    // Nothing waits from the look to the entry, so that of many wishes at once only so many pass as may.
    refuseIfFull(wish.id, wish.contacts, known);
    const entered = wish.contacts.filter(({ foldedId }) => !recent.get(foldedId)?.has(wish.id));
    for (const { foldedId } of entered) remember(foldedId, wish.id, Date.now());
    try {
      const started = await start();
      for (const { foldedId } of wish.contacts) remember(foldedId, wish.id, started.startedAt.getTime());
      return started;
    } catch (error) {
      for (const { foldedId } of entered) recent.get(foldedId)?.delete(wish.id);
      throw error;
    }
  };

  /** The starts of the last day that visibility knows. */
  async function knownStarts(foldedId: string): Promise<Starts> {
    const since = new Date(Date.now() - DAY_MS).toISOString();
    const query = `WorkflowType = '${reminder.name}' AND ${reminderContact.name} = '${foldedId}' AND StartTime > '${since}'`;
    const starts: Starts = new Map();
    for await (const { workflowId, startTime } of client.workflow.list({ query })) {
      starts.set(workflowId, startTime.getTime());
    }
    return starts;
  }

  /** The wish itself does not count: it may be a repeated one. */
  function refuseIfFull(id: string, contacts: Contact[], known: Starts[]): void {
    const full = contacts.flatMap(({ channel, foldedId }, index) => {
      const starts: Starts = new Map([...(recent.get(foldedId) ?? []), ...(known[index] ?? [])]);
      starts.delete(id);
      const wait = waitOf([...starts.values()], Date.now());
      return wait > 0 ? [{ channel, wait }] : [];
    });
    if (full.length === 0) return;
    // In whole hours, so that nobody learns at which moment someone else wrote.
    const hours = Math.ceil(Math.max(...full.map(({ wait }) => wait)) / HOUR_MS);
    const channels = full.map(({ channel }) => channel);
    throw new LimitReached({ kind: 'started', channels }, hours * (HOUR_MS / 1_000));
  }

  /** Milliseconds until there is room for one more: until the start leaves that, of those that would be left, is the first. */
  function waitOf(starts: number[], now: number): number {
    const last = starts.sort((one, other) => other - one)[perDay - 1];
    return last === undefined ? 0 : Math.max(0, last + DAY_MS - now);
  }

  function remember(foldedId: string, id: string, at: number): void {
    const starts = (recent.get(foldedId) ?? new Map<string, number>()).set(id, at);
    for (const [other, since] of starts) if (since <= Date.now() - DAY_MS) starts.delete(other);
    recent.delete(foldedId);
    recent.set(foldedId, starts);
    if (recent.size <= MAX_REMEMBERED_CONTACTS) return;
    const [oldest] = recent.keys();
    if (oldest !== undefined) recent.delete(oldest);
  }

  return limit;
}
