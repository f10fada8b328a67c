/**
 * The reminder, as its picture shows it:
 *
 *     start ─► Timer ─► Preference ─┬─ email ─► EmailReminder ─┐
 *                                   ├─ sms ───► SmsReminder ───┼─► Succeeded | Failed
 *                                   └─ both ──► both at once ──┘
 *              (at any time: reschedule; cancel ─► Cancelled)
 */
import {
  ApplicationFailure,
  CancelledFailure,
  condition,
  defineQuery,
  defineUpdate,
  isCancellation,
  makeContinueAsNewFunc,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { ReminderChange, ReminderInput, ReminderStatus } from '../reminder';
import { deliver, sendEmail, sendSms } from './delivery';
import { reminderDueAt } from './searchAttributes';
import { begin, enter, isInstant, outcomeOf } from './status';

/** How the reminder fares: asked while it runs, and after it has ended. */
export const status = defineQuery<ReminderStatus>('status');

/** Changes when a waiting reminder is due, or what it says. Refused with `NotWaiting` once it is being sent. */
export const reschedule = defineUpdate<ReminderStatus, [ReminderChange]>('reschedule');

/**
 * Waits until the reminder is due, then sends it.
 *
 * @returns how it went, when at least one message was sent.
 * @throws ApplicationFailure `ReminderFailed` when no message is known to have been sent, `InvalidReminder` when the input
 *   makes no reminder; CancelledFailure when it was cancelled before anything was sent.
 */
export async function reminder(input: ReminderInput): Promise<ReminderStatus> {
  const current = begin(input);
  setHandler(status, () => current);
  setHandler(reschedule, (change) => apply(change, current), {
    validator: (change: ReminderChange) => {
      refuseIfLate(current);
      refuseIfInvalid(change);
    },
  });

  try {
    await timer(current, input);

    enter(current, 'Preference', 'sending');
    switch (input.preference) {
      case 'email':
        await emailReminder(current, input.email);
        break;
      case 'sms':
        await smsReminder(current, input.phone);
        break;
      case 'both':
        await Promise.all([emailReminder(current, input.email), smsReminder(current, input.phone)]);
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    for (const delivery of current.deliveries) delivery.status = 'skipped';
  }

  return end(current);
}

/** Waits until the due time has come, however often it is moved meanwhile. */
async function timer(current: ReminderStatus, input: ReminderInput): Promise<void> {
  for (;;) {
    const { dueAt } = current;
    const wait = Date.parse(dueAt) - Date.now();
    if (wait <= 0) return;
    const changed = () => current.dueAt !== dueAt || workflowInfo().continueAsNewSuggested;
    await condition(changed, wait, { summary: 'Until the reminder is due' });
    if (workflowInfo().continueAsNewSuggested) {
      // Otherwise the new run would have the memo that this one began with, and lists would show old words.
      const continueAsNew = makeContinueAsNewFunc<typeof reminder>({ memo: workflowInfo().memo });
      await continueAsNew({ ...input, dueAt: current.dueAt, message: current.message });
    }
  }
}

async function emailReminder(current: ReminderStatus, to: string): Promise<void> {
  enter(current, 'EmailReminder');
  const { message } = current;
  const { workflowId: reminderId } = workflowInfo();
  await deliver(current, 'email', (doubtfulSince) => sendEmail({ reminderId, to, message, doubtfulSince }));
}

async function smsReminder(current: ReminderStatus, to: string): Promise<void> {
  enter(current, 'SmsReminder');
  const { message } = current;
  const { workflowId: reminderId } = workflowInfo();
  await deliver(current, 'sms', (doubtfulSince) => sendSms({ reminderId, to, message, doubtfulSince }));
}

function end(current: ReminderStatus): ReminderStatus {
  const outcome = outcomeOf(current.deliveries);
  switch (outcome) {
    case 'succeeded':
    case 'partial':
      enter(current, 'Succeeded', outcome);
      return current;
    case 'cancelled':
      enter(current, 'Cancelled', outcome);
      throw new CancelledFailure('The reminder was cancelled');
    case 'failed':
      enter(current, 'Failed', outcome);
      throw ApplicationFailure.nonRetryable(
        'No message is known to have been sent',
        'ReminderFailed',
        current.deliveries,
      );
  }
}

function apply(change: ReminderChange, current: ReminderStatus): ReminderStatus {
  if (change.message !== undefined) {
    current.message = change.message;
    upsertMemo({ message: change.message });
  }
  if (change.dueAt !== undefined) {
    current.dueAt = change.dueAt;
    upsertSearchAttributes([{ key: reminderDueAt, value: new Date(change.dueAt) }]);
  }
  return current;
}

function refuseIfLate(current: ReminderStatus): void {
  if (current.state === 'waiting') return;
  throw ApplicationFailure.nonRetryable(`The reminder is ${current.state}, no longer waiting`, 'NotWaiting');
}

function refuseIfInvalid(change: ReminderChange): void {
  const valid =
    (change.dueAt === undefined || isInstant(change.dueAt)) &&
    (change.message === undefined || (typeof change.message === 'string' && change.message !== ''));
  if (!valid) throw ApplicationFailure.nonRetryable('A reminder needs a due time and a message', 'InvalidChange');
}
