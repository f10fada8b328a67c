import { randomUUID } from 'node:crypto';
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowBundle } from '@temporalio/worker';
import { activitiesOver } from '../activities/providers/provider';
import type { Admission } from '../../src/activities/admission';
import { createDataConverter } from '../../src/temporal/dataConverter';
import { runWorker } from '../../src/worker/worker';
import type { ConsentRequest } from '../../src/contact';
import type { Email, Sms } from '../../src/activities/providers/transport';
import type { Channel, Recipient, ReminderInput } from '../../src/reminder';
import type { reminder } from '../../src/workflows';
import { ask, contact } from '../../src/workflows/contact';

export const bob = { email: 'bob@example.com', phone: '+14155552671' };
export const recipients = {
  email: { preference: 'email', email: bob.email },
  sms: { preference: 'sms', phone: bob.phone },
  both: { preference: 'both', ...bob },
} satisfies Record<string, Recipient>;

/** What a transport does with its n-th message; nothing special accepts it. */
type Behaviour = (attempt: number) => void | Promise<void>;

export interface Scene {
  handle: WorkflowHandleWithFirstExecutionRunId<typeof reminder>;
  /** What the providers have accepted. */
  emails: Email[];
  texts: Sms[];
  /** When the reminder was made, in the server's time. */
  now: Date;
  /** Starts another reminder like it, on the same worker. */
  startAnother: () => Promise<Scene['handle']>;
}

export interface SceneOptions {
  recipient?: Recipient;
  /** How long after its making the reminder is due, in milliseconds. */
  wait?: number;
  email?: Behaviour;
  /** For how long the providers may report, in milliseconds; they do not, by default. */
  receiptsForMs?: number;
  /** Whether a message may be sent now: always, by default. */
  admit?: Admission;
  sms?: Behaviour;
  input?: Partial<Record<keyof ReminderInput, unknown>>;
  memo?: Record<string, unknown>;
  /** How many attempts over each channel the worker makes at a time: as many as there are, by default. */
  attemptsAtATime?: number;
}

/** Starts a reminder, and plays `scene` while a worker runs. */
export async function play(
  environment: TestWorkflowEnvironment,
  workflowBundle: WorkflowBundle,
  {
    recipient = recipients.both,
    wait = 60_000,
    email,
    sms,
    admit,
    receiptsForMs,
    input,
    memo,
    attemptsAtATime,
  }: SceneOptions,
  scene: (scene: Scene) => Promise<void>,
): Promise<void> {
  const emails: Email[] = [];
  const texts: Sms[] = [];
  const taskQueue = randomUUID();
  const worker = await runWorker({
    connection: environment.nativeConnection,
    namespace: 'default',
    taskQueue,
    workflowBundle,
    activities: activitiesOver({
      email: provider(emails, email),
      sms: provider(texts, sms),
      receiptsForMs: { email: receiptsForMs, sms: receiptsForMs },
      ...(admit && { admit }),
    }),
    dataConverter: createDataConverter([]),
    perSecond: { email: 1_000, sms: 1_000 },
    sendsAtATime: attemptsAtATime,
  });
  try {
    const now = new Date(await environment.currentTimeMs());
    const start = () =>
      environment.client.workflow.start<typeof reminder>('reminder', {
        workflowId: randomUUID(),
        taskQueue,
        ...(memo && { memo }),
        args: [
          {
            ...recipient,
            message: 'Cuddle Whiskers',
            createdAt: now.toISOString(),
            dueAt: new Date(now.getTime() + wait).toISOString(),
            ...input,
          } as ReminderInput, // Some tests start what makes no reminder.
        ],
      });
    await scene({ handle: await start(), emails, texts, now, startAnother: start });
  } finally {
    await worker.stop();
  }
}

/** What asks Bob's phone for its consent to a reminder: with a code that counts if a new question is needed. */
export function askFor(reminderId: string, secret = '123456'): ConsentRequest {
  return { person: { address: bob.phone, foldedId: 'folded' }, reminderId, secret };
}

/** Asks Bob, as a contact of which nothing is known yet, for his consent to a reminder. */
export async function askBob({ handle }: Scene, reminderId: string, channel: Channel = 'sms'): Promise<WorkflowHandle> {
  const { taskQueue } = await handle.describe();
  return handle.client.signalWithStart(contact, {
    workflowId: `contact-of-${handle.workflowId}`,
    taskQueue,
    args: [{ channel, state: 'unconfirmed', waiting: [], askedAt: [], heard: [] }],
    signal: ask,
    signalArgs: [askFor(reminderId)],
  });
}

function provider<Message>(accepted: Message[], behave: Behaviour = () => undefined) {
  let attempt = 0;
  return async (message: Message) => {
    await behave(++attempt);
    accepted.push(message);
    return { providerId: `message-${accepted.length}` };
  };
}
