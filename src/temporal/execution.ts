/** What a workflow execution tells of its reminder without being asked: its status, memo and search attributes. */
import type { WorkflowExecutionInfo } from '@temporalio/client';
import type { Channel, DeliveryStatus, ReminderState, ReminderStatus } from '../reminder';
import { reminder } from '../workflows/reminder';
import { reminderDueAt, reminderState } from '../workflows/searchAttributes';
import { nothingToWaitFor } from '../workflows/status';

/** An execution, described or listed: those two differ only in their raw form. */
export type Execution = Omit<WorkflowExecutionInfo, 'raw'>;

/** What a reminder's workflow carries for lists. Memos go through the payload codec; search attributes do not. */
export interface Memo extends Pick<ReminderStatus, 'message' | 'preference' | 'fallback' | 'createdAt'> {
  /** The workflows of its contacts. */
  contacts?: Partial<Record<Channel, string>>;
  /** A digest of what was asked for, by which a repeated request is told from another one with the same key. */
  fingerprint?: string;
}

/**
 * Whether an execution is a reminder. One that was started elsewhere writes its memo itself, in its first moment; one that
 * never does was started with what makes no reminder.
 */
export function isReminder({ type, memo }: Execution): boolean {
  return type === reminder.name && memo?.message !== undefined;
}

export function memoOf({ memo }: Execution): Memo {
  return memo as unknown as Memo; // Only this program and the workflow write it.
}

export function summaryOf(execution: Execution) {
  const { message, preference, fallback, createdAt } = memoOf(execution);
  return {
    id: execution.workflowId,
    state: endState(execution) ?? lastState(execution),
    dueAt: (execution.typedSearchAttributes.get(reminderDueAt) ?? execution.startTime).toISOString(),
    preference,
    ...(fallback && { fallback }),
    message,
    createdAt,
  };
}

/** The state of an execution that was ended from outside: the workflow itself had no chance to record it. */
export function endState({ status }: Execution): ReminderState | undefined {
  switch (status.name) {
    case 'CANCELLED':
    case 'TERMINATED':
      return 'cancelled';
    case 'FAILED':
    case 'TIMED_OUT':
      return 'failed';
    default:
      return undefined;
  }
}

/** The last state that the workflow itself recorded. */
export function lastState(execution: Execution): ReminderState {
  return (execution.typedSearchAttributes.get(reminderState) ?? 'waiting') as ReminderState;
}

/**
 * A status, as the workflow last recorded it, of a reminder that may have been terminated since: then what was waiting is
 * skipped, and what was under way is unknown.
 */
export function afterTermination(status: ReminderStatus, { status: { name }, closeTime }: Execution): ReminderStatus {
  if (name !== 'TERMINATED' || !closeTime) return status;
  const fates: Partial<Record<DeliveryStatus, DeliveryStatus>> = { pending: 'skipped', sending: 'unknown' };
  return {
    ...status,
    path: [...status.path, { state: 'Cancelled', enteredAt: closeTime.toISOString() }],
    deliveries: status.deliveries.map((delivery) => ({
      ...delivery,
      ...nothingToWaitFor,
      status: fates[delivery.status] ?? delivery.status,
    })),
  };
}

/** The visibility query for reminders in a state, or for all of them. */
export function queryFor(state: ReminderState | undefined): string {
  const query = `WorkflowType = '${reminder.name}' AND ExecutionStatus != 'ContinuedAsNew'`;
  switch (state) {
    case undefined:
      return query;
    case 'waiting':
    case 'sending':
      return `${query} AND ${reminderState.name} = '${state}' AND ExecutionStatus = 'Running'`;
    case 'succeeded':
    case 'partial':
      return `${query} AND ${reminderState.name} = '${state}'`;
    case 'failed':
      // One that nobody knows of stays open for its receipts.
      return `${query} AND (ExecutionStatus IN ('Failed', 'TimedOut') OR (${reminderState.name} = 'failed' AND ExecutionStatus = 'Running'))`;
    case 'cancelled':
      return `${query} AND ExecutionStatus IN ('Canceled', 'Terminated')`;
  }
}
