import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';

/** What reminders can be found by. Neither holds a contact or a message: search attributes are never encrypted. */
export const reminderState = defineSearchAttributeKey('ReminderState', SearchAttributeType.KEYWORD);
export const reminderDueAt = defineSearchAttributeKey('ReminderDueAt', SearchAttributeType.DATETIME);

/** What a reminder is found by while it waits until `dueAt`. */
export function whileWaiting(dueAt: string): SearchAttributePair[] {
  return [
    { key: reminderState, value: 'waiting' },
    { key: reminderDueAt, value: new Date(dueAt) },
  ];
}
