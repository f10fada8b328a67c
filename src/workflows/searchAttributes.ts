import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';

/** What workflows can be found by. None holds a contact or a message: search attributes are never encrypted. */
export const reminderState = defineSearchAttributeKey('ReminderState', SearchAttributeType.KEYWORD);
export const reminderDueAt = defineSearchAttributeKey('ReminderDueAt', SearchAttributeType.DATETIME);
/** The ids of its contacts, which are keyed hashes: of a reminder, the folded ones as well, and of a contact only that. */
export const reminderContact = defineSearchAttributeKey('ReminderContact', SearchAttributeType.KEYWORD_LIST);
/** Where a contact stands, so that it can be seen without asking a worker. */
export const contactState = defineSearchAttributeKey('ContactState', SearchAttributeType.KEYWORD);
/** When a question for consent was last sent to a contact, and how. */
export const contactAskedAt = defineSearchAttributeKey('ContactAskedAt', SearchAttributeType.DATETIME);
export const contactChannel = defineSearchAttributeKey('ContactChannel', SearchAttributeType.KEYWORD);

/** What a reminder is found by while it waits until `dueAt`. */
export function whileWaiting(dueAt: string): SearchAttributePair[] {
  return [
    { key: reminderState, value: 'waiting' },
    { key: reminderDueAt, value: new Date(dueAt) },
  ];
}
