import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** What reminders can be found by. Neither holds a contact or a message: search attributes are never encrypted. */
export const reminderState = defineSearchAttributeKey('ReminderState', SearchAttributeType.KEYWORD);
export const reminderDueAt = defineSearchAttributeKey('ReminderDueAt', SearchAttributeType.DATETIME);
