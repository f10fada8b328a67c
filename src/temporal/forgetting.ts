/**
 * Forgetting a contact: it is stopped, and all that Temporal holds of it is removed but the keyed hash of its address, by
 * which it stays stopped. Doing it again does no harm, and goes on where it was broken off.
 */
import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Channel } from '../reminder';
import { reminder } from '../workflows/reminder';
import { reminderContact } from '../workflows/searchAttributes';
import { createContactIds } from './contactIds';
import { contactWorkflowId, createContacts } from './contacts';
import { createCaller } from './failure';
import { createRootKey } from './rootKey';
import { createRuns, type Run } from './runs';

/** Whom to forget. */
export interface Forgettable {
  channel: Channel;
  /** An email address, or a phone number in E.164 format. */
  address: string;
  /** Whether this is the same address, however it is written. */
  isAt: (channel: Channel, address: string) => boolean;
}

export interface Forgotten {
  /** How many reminders were removed. */
  reminders: number;
  /** How many of them had not ended yet. */
  running: number;
  /** How many of them went to another contact as well. */
  shared: number;
  /** How many reminders could not be read, and may be to this contact. */
  unreadable: number;
  /** How many executions Temporal was asked to delete, and has not. */
  undeleted: number;
}

const REASON = 'The person is not to be written to.';

/** After this time, in milliseconds, Temporal lists what was started or has ended. */
const VISIBILITY_LAG = 5_000;

/** A send takes 30 seconds at most; then Temporal gives it up. */
const LONGEST_SEND = 35_000;

/** How long Temporal is given to delete one more of what it was asked to, in milliseconds. */
const PATIENCE = 180_000;

/** How often is looked whether something has come true, in milliseconds. */
const LOOK = 250;

/**
 * Forgets a contact. From the first moment no new message goes there; those under way are let end. A reminder that goes to
 * another contact as well is removed whole.
 *
 * Reminders are found by the ids of their contacts. Those without, which were started elsewhere or by an earlier version, are
 * read.
 *
 * @param tell - told once the contact is stopped.
 * @throws {TemporalUnavailable}, {TemporalOverloaded} when it is to be done again; UnreadablePayload, before anything is done,
 *   when the key is missing that Temporal's own was encrypted with.
 */
export async function forget(
  client: Client,
  { channel, address, isAt }: Forgettable,
  tell: () => void,
): Promise<Forgotten> {
  const { call } = createCaller(client);
  const runs = createRuns(client);
  const contactIds = createContactIds(createRootKey(client));
  const contacts = createContacts(client, contactIds);

  const id = await call(() => contactIds.idOf(channel, address));
  const workflowId = contactWorkflowId(id);
  if (await runs.exists({ workflowId })) {
    await contacts.stop(channel, address, REASON);
    await untilNothingIsSent({ workflowId }); // It may be asking for consent.
  }
  await contacts.stopAnew(channel, address, REASON);
  tell();

  const removed = { reminders: new Set<string>(), running: new Set<string>(), shared: new Set<string>() };
  const unreadable = new Set<string>();
  /** Of each run that was looked at, whether it is to this contact and its deletion was asked for. */
  const verdicts = new Map<string, boolean>();
  /** Of those, the ones that are still there. */
  const leaving = new Map<string, Required<Run>>();

  async function untilNothingIsSent(run: Run): Promise<void> {
    const deadline = Date.now() + LONGEST_SEND;
    while ((await runs.isAttempting(run)) && Date.now() < deadline) await setTimeout(LOOK);
  }

  async function remove(run: Required<Run>): Promise<boolean> {
    const wasRunning = await runs.remove(run);
    verdicts.set(run.runId, true);
    leaving.set(run.runId, run);
    return wasRunning;
  }

  async function removeReminder(run: Required<Run>, isKnown: boolean): Promise<void> {
    const started = await runs.inputOf(run);
    if (!started) return;
    if (started.kind === 'unreadable' && !isKnown) unreadable.add(run.workflowId);
    const to = started.kind === 'read' ? addressesIn(started.input) : [];
    if (!isKnown && !to.some(([channel, address]) => isAt(channel, address))) {
      verdicts.set(run.runId, false);
      return;
    }
    // From here on no attempt to send to this contact begins, but one may have begun before.
    await untilNothingIsSent(run);
    if (await remove(run)) removed.running.add(run.workflowId);
    removed.reminders.add(run.workflowId);
    if (to.length > 1) removed.shared.add(run.workflowId);
  }

  /** Removes what a query finds. Resolves to how much of it is to this contact, or was not looked at before. */
  async function removeFound(query: string, removeOne: (run: Required<Run>) => Promise<unknown>): Promise<number> {
    let found = 0;
    for await (const page of runs.find(query)) {
      await Promise.all(
        page.map(async (run) => {
          const verdict = verdicts.get(run.runId);
          if (verdict !== false) found++;
          if (verdict === undefined) await removeOne(run);
        }),
      );
    }
    return found;
  }

  async function look(): Promise<number> {
    const ofContact = `WorkflowId = '${workflowId}' AND ExecutionStatus != 'Running'`;
    const without = `WorkflowType = '${reminder.name}' AND ${reminderContact.name} IS NULL`;
    return (
      (await removeFound(ofContact, remove)) +
      (await removeFound(`${reminderContact.name} = '${id}'`, (run) => removeReminder(run, true))) +
      (await removeFound(without, (run) => removeReminder(run, false)))
    );
  }

  const settledAt = Date.now() + VISIBILITY_LAG;
  let left = await look();
  let deadline = Date.now() + PATIENCE;
  for (;;) {
    for (const run of leaving.values()) if (!(await runs.exists(run))) leaving.delete(run.runId);
    const before = left;
    left = Math.max(await look(), leaving.size);
    if (left !== before) deadline = Date.now() + PATIENCE;
    if ((left === 0 && Date.now() > settledAt) || Date.now() > deadline) break;
    await setTimeout(LOOK);
  }

  return {
    reminders: removed.reminders.size,
    running: removed.running.size,
    shared: removed.shared.size,
    unreadable: unreadable.size,
    undeleted: left,
  };
}

/** Whom a reminder goes to by what it was started with, which may be anything. */
function addressesIn(input: unknown): [Channel, string][] {
  const { email, phone } = Object(input) as { email?: unknown; phone?: unknown };
  return [
    ...(typeof email === 'string' ? [['email', email] as [Channel, string]] : []),
    ...(typeof phone === 'string' ? [['sms', phone] as [Channel, string]] : []),
  ];
}
