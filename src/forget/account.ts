import type { Channel } from '../reminder';
import type { Forgotten } from '../temporal/forgetting';

/** What was done, in words for a person; nothing in it tells whom it was done for. */
export function accountOf(channel: Channel, { reminders, running, shared }: Forgotten, messages: number): string {
  return [
    `This ${channel === 'email' ? 'email address' : 'phone number'} is forgotten.`,
    '  Kept: a keyed hash of it, and nothing else, so that no message goes there any more.',
    `  Removed from Temporal: ${reminders} ${reminders === 1 ? 'reminder' : 'reminders'}, ${running} of which had not ended yet.`,
    ...(shared > 0
      ? [
          `  Of these, ${shared} went to another contact as well, which does not get ${shared === 1 ? 'it' : 'them'} either.`,
        ]
      : []),
    `  Removed from the outbox in DATA_DIR: ${messages} ${messages === 1 ? 'message' : 'messages'}.`,
    'Out of reach: what is in mailboxes and on phones, what the providers have recorded, the outboxes of workers elsewhere,',
    'backups, and the texts of reminders to others. Logs hold no contacts; the history of your shell, and npm’s, may.',
  ].join('\n');
}
