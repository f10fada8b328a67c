import {
  ApplicationFailure,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  Channel,
  Delivery,
  PathState,
  Preference,
  ReminderInput,
  ReminderState,
  ReminderStatus,
} from '../reminder';
import { reminderState, whileWaiting } from './searchAttributes';

const channels: Record<Preference, Channel[]> = { email: ['email'], sms: ['sms'], both: ['email', 'sms'] };

/**
 * The status of a reminder whose timer has just started.
 *
 * The API validates before it starts a workflow, but anyone may start one: a wait until no valid time would never end.
 *
 * @throws ApplicationFailure `InvalidReminder`, which fails the workflow at once.
 */
export function begin(input: ReminderInput): ReminderStatus {
  const problem = problemOf(input);
  if (problem) throw ApplicationFailure.nonRetryable(problem, 'InvalidReminder');
  if (workflowInfo().memo?.message === undefined) introduce(input);
  const status = waiting(input);
  setCurrentDetails(describe(status));
  return status;
}

/** The status of a reminder that is waiting. */
export function waiting({
  dueAt,
  createdAt,
  preference,
  message,
}: Omit<ReminderInput, 'email' | 'phone'>): ReminderStatus {
  return {
    state: 'waiting',
    dueAt,
    createdAt,
    preference,
    message,
    path: [{ state: 'Timer', enteredAt: createdAt }],
    deliveries: channels[preference].map((channel) => ({ channel, status: 'pending', attempts: 0 })),
  };
}

/** Lets a reminder that was not started by the API, but by any Temporal client, be seen in the lists all the same. */
function introduce({ message, preference, createdAt, dueAt }: ReminderInput): void {
  upsertMemo({ message, preference, createdAt });
  upsertSearchAttributes(whileWaiting(dueAt));
}

/** Records that a state of the picture was entered, where the API and the Web UI can see it. */
export function enter(status: ReminderStatus, step: PathState, state: ReminderState = status.state): void {
  status.path.push({ state: step, enteredAt: new Date().toISOString() });
  if (state !== status.state) {
    status.state = state;
    upsertSearchAttributes([{ key: reminderState, value: state }]);
  }
  setCurrentDetails(describe(status));
}

/** What becomes of a reminder whose deliveries have all ended. */
export function outcomeOf(deliveries: Delivery[]): 'succeeded' | 'partial' | 'failed' | 'cancelled' {
  const sent = deliveries.filter((delivery) => delivery.status === 'sent').length;
  if (sent === deliveries.length) return 'succeeded';
  if (sent > 0) return 'partial';
  return deliveries.every((delivery) => delivery.status === 'skipped') ? 'cancelled' : 'failed';
}

/** One line for the Web UI, without contacts or message. */
export function describe({ state, dueAt, deliveries }: ReminderStatus): string {
  const each = deliveries.map(({ channel, status }) => `${channel} ${status}`).join(', ');
  return `**${state}**, due ${dueAt}: ${each}`;
}

function problemOf(input: ReminderInput): string | undefined {
  // Input from outside this program may be anything, whatever its type says.
  const { preference, message, dueAt, createdAt, email, phone } = input as Partial<
    Record<keyof ReminderInput | 'email' | 'phone', unknown>
  >;
  if (typeof preference !== 'string' || !Object.hasOwn(channels, preference))
    return 'preference must be email, sms or both.';
  if (typeof message !== 'string' || message === '') return 'message must be a text.';
  if (!isInstant(dueAt)) return 'dueAt must be an RFC 3339 instant.';
  if (!isInstant(createdAt)) return 'createdAt must be an RFC 3339 instant.';
  if (preference !== 'sms' && typeof email !== 'string') return 'email is missing.';
  if (preference !== 'email' && typeof phone !== 'string') return 'phone is missing.';
  return undefined;
}

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** The last moment that a search attribute can hold. */
const END_OF_TIME = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether a value is an RFC 3339 instant since 1970, which a reminder can wait for. */
export function isInstant(value: unknown): value is string {
  if (typeof value !== 'string' || !DATE_TIME.test(value)) return false;
  const instant = Date.parse(value);
  return instant >= 0 && instant <= END_OF_TIME;
}
