/**
 * The reminder, as its picture shows it:
 *
 *     start ─► Timer ─► Preference ─┬─ email ─► EmailReminder ─┐
 *                                   ├─ sms ───► SmsReminder ───┼─► Succeeded | Failed
 *                                   └─ both ──► both at once ──┘
 *              (at any time: reschedule; cancel ─► Cancelled)
 *
 * With a fallback, "both" is SmsReminder and, only if that does not arrive, EmailReminder.
 */
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  makeContinueAsNewFunc,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Receipt, ReminderChange, ReminderInput, ReminderStatus } from '../reminder';
import { deliver, sending, type News } from './delivery';
import { hasArrived, nextReceipt, noteReceipt } from './receipts';
import { reminderDueAt } from './searchAttributes';
import { begin, enter, isInstant, nothingToWaitFor, outcomeOf, record } from './status';

/** How the reminder fares: asked while it runs, and after it has ended. */
export const status = defineQuery<ReminderStatus>('status');

/** Changes when a waiting reminder is due, or what it says. Refused with `NotWaiting` once it is being sent. */
export const reschedule = defineUpdate<ReminderStatus, [ReminderChange]>('reschedule');

/** What a provider reports of a message, in any order, and maybe more than once. */
export const receipt = defineSignal<[Receipt]>('receipt');

/** Tells a reminder that one of its contacts has agreed to get messages, or refused, so that it looks again. */
export const consentChanged = defineSignal('consentChanged');

/** How long a text message is given to arrive before the email is sent in its place, in milliseconds. */
const FALLBACK_AFTER = 10 * 60 * 1_000;

/**
 * Waits until the reminder is due, then sends it, and stays as long as its providers may report what became of it.
 *
 * @returns how it went, when at least one message was sent.
 * @throws ApplicationFailure `ReminderFailed` when no message is known to have been sent, `InvalidReminder` when the input
 *   makes no reminder; CancelledFailure when it was cancelled before anything was sent.
 */
export async function reminder(input: ReminderInput): Promise<ReminderStatus> {
  const current = begin(input);
  const news: News = { consents: 0 };
  setHandler(status, () => current);
  setHandler(receipt, (receipt) => {
    noteReceipt(current, receipt);
  });
  setHandler(consentChanged, () => {
    news.consents++;
  });
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
        await emailReminder(current, news, input, input.email);
        break;
      case 'sms':
        await smsReminder(current, news, input, input.phone);
        break;
      case 'both':
        if (input.fallback) await smsOrElseEmail(current, news, input);
        else
          await Promise.all([
            emailReminder(current, news, input, input.email),
            smsReminder(current, news, input, input.phone),
          ]);
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    for (const { channel, status } of current.deliveries)
      if (status === 'pending') record(current, channel, { status: 'skipped', ...nothingToWaitFor });
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

async function emailReminder(current: ReminderStatus, news: News, input: ReminderInput, to: string): Promise<void> {
  enter(current, 'EmailReminder');
  const letter = letterOf(current, input, to);
  await deliver(current, 'email', news, (doubt) => sending('email').sendEmail({ ...letter, doubt }));
}

async function smsReminder(current: ReminderStatus, news: News, input: ReminderInput, to: string): Promise<void> {
  enter(current, 'SmsReminder');
  const letter = letterOf(current, input, to);
  await deliver(current, 'sms', news, (doubt) => sending('sms').sendSms({ ...letter, doubt }));
}

function letterOf({ message }: ReminderStatus, { timeZone }: ReminderInput, to: string) {
  return { reminderId: workflowInfo().workflowId, to, message, timeZone };
}

/** The email goes out as soon as the text message has failed or takes too long, which may still arrive, and first. */
async function smsOrElseEmail(
  current: ReminderStatus,
  news: News,
  input: Extract<ReminderInput, { preference: 'both' }>,
): Promise<void> {
  const sms = smsReminder(current, news, input, input.phone);
  try {
    const isKnown = () => hasArrived(current, 'sms') !== undefined;
    await condition(isKnown, FALLBACK_AFTER, { summary: 'Until the text message has arrived' });
    if (hasArrived(current, 'sms')) record(current, 'email', { status: 'skipped', at: new Date().toISOString() });
    else await emailReminder(current, news, input, input.email);
  } finally {
    await sms;
  }
}

async function end(current: ReminderStatus): Promise<ReminderStatus> {
  const cancelled = CancellationScope.current().consideredCancelled;
  let outcome = enterOutcome(current, cancelled);
  while (!cancelled && (await nextReceipt(current))) outcome = enterOutcome(current, cancelled);
  for (const { channel } of current.deliveries) record(current, channel, nothingToWaitFor);

  switch (outcome) {
    case 'succeeded':
    case 'partial':
      return current;
    case 'cancelled':
      throw new CancelledFailure('The reminder was cancelled');
    case 'failed':
      throw ApplicationFailure.nonRetryable(
        'No message is known to have been sent',
        'ReminderFailed',
        current.deliveries,
      );
  }
}

const lastSteps = { succeeded: 'Succeeded', partial: 'Succeeded', cancelled: 'Cancelled', failed: 'Failed' } as const;

function enterOutcome(current: ReminderStatus, cancelled: boolean) {
  const outcome = outcomeOf(current, cancelled);
  enter(current, lastSteps[outcome], outcome);
  return outcome;
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
