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
  fallback,
  message,
}: Omit<ReminderInput, 'email' | 'phone'>): ReminderStatus {
  return {
    state: 'waiting',
    dueAt,
    createdAt,
    preference,
    ...(fallback && { fallback }),
    message,
    path: [{ state: 'Timer', enteredAt: createdAt }],
    deliveries: channels[preference].map((channel) => ({ channel, status: 'pending', attempts: 0 })),
  };
}

/** Lets a reminder that was not started by the API, but by any Temporal client, be seen in the lists all the same. */
function introduce({ message, preference, fallback, createdAt, dueAt }: ReminderInput): void {
  upsertMemo({ message, preference, createdAt, ...(fallback && { fallback }) });
  upsertSearchAttributes(whileWaiting(dueAt));
}

/** Records that a state of the picture was entered, where the API and the Web UI can see it. */
export function enter(status: ReminderStatus, step: PathState, state: ReminderState = status.state): void {
  if (status.path.at(-1)?.state !== step) status.path.push({ state: step, enteredAt: new Date().toISOString() });
  if (state !== status.state) {
    status.state = state;
    upsertSearchAttributes([{ key: reminderState, value: state }]);
  }
  setCurrentDetails(describe(status));
}

/** The delivery over a channel that the reminder's preference has. */
export function deliveryOf({ deliveries }: ReminderStatus, channel: Channel): Delivery {
  const delivery = deliveries.find((delivery) => delivery.channel === channel);
  if (!delivery) throw new TypeError(`The reminder does not go out by ${channel}`);
  return delivery;
}

/** Records how a delivery goes, where the API and the Web UI can see it. */
export function record(current: ReminderStatus, channel: Channel, change: Partial<Delivery>): void {
  current.deliveries = current.deliveries.map((delivery) =>
    delivery.channel === channel ? { ...delivery, ...change } : delivery,
  );
  setCurrentDetails(describe(current));
}

/** What a delivery that waits for nothing has recorded. */
export const nothingToWaitFor = { waitsFor: undefined, waitsUntil: undefined };

/** The instant so many milliseconds from now: RFC 3339, UTC. */
export function fromNow(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

/**
 * What becomes of a reminder whose deliveries have all ended. With a fallback one message is enough.
 *
 * @param cancelled - whether the reminder was cancelled.
 */
export function outcomeOf(
  { deliveries, fallback }: ReminderStatus,
  cancelled: boolean,
): 'succeeded' | 'partial' | 'failed' | 'cancelled' {
  const sent = deliveries.filter(({ status }) => status === 'sent' || status === 'delivered').length;
  if (sent === deliveries.length || (fallback && sent > 0)) return 'succeeded';
  if (sent > 0) return 'partial';
  return cancelled && deliveries.every(({ status }) => status === 'skipped') ? 'cancelled' : 'failed';
}

/** One line for the Web UI, without contacts or message. */
export function describe({ state, dueAt, deliveries }: ReminderStatus): string {
  const each = deliveries.map(({ channel, status }) => `${channel} ${status}`).join(', ');
  return `**${state}**, due ${dueAt}: ${each}`;
}

function problemOf(input: ReminderInput): string | undefined {
  // Input from outside this program may be anything, whatever its type says.
  const { preference, message, dueAt, createdAt, email, phone, fallback } = input as Partial<
    Record<keyof ReminderInput | 'email' | 'phone', unknown>
  >;
  if (typeof preference !== 'string' || !Object.hasOwn(channels, preference))
    return 'preference must be email, sms or both.';
  if (typeof message !== 'string' || message === '') return 'message must be a text.';
  if (!isInstant(dueAt)) return 'dueAt must be an RFC 3339 instant.';
  if (!isInstant(createdAt)) return 'createdAt must be an RFC 3339 instant.';
  if (preference !== 'sms' && typeof email !== 'string') return 'email is missing.';
  if (preference !== 'email' && typeof phone !== 'string') return 'phone is missing.';
  if (fallback !== undefined && (fallback !== true || preference !== 'both')) return 'fallback needs two channels.';
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
