/** `npm run forget -- <contact>`: stops a contact, and removes what is known of it, from a Temporal that is there already. */
import { outboxDir, removeFromOutbox } from '../outbox';
import { run } from '../program';
import { StartError } from '../startError';
import { createClient, existingTemporal } from '../temporal/connection';
import { forget } from '../temporal/forgetting';
import { accountOf } from './account';
import { readRecipient } from './recipient';

const USAGE = 'Say whom to forget, by one email address or one phone number in quotes: npm run forget -- "<contact>"';

void run(async ({ config, started }) => {
  const [text, ...more] = process.argv.slice(2);
  const recipient = text === undefined ? undefined : readRecipient(text, config.defaultCountry);
  if (!recipient || more.length > 0) throw new StartError(USAGE);

  process.exitCode = 1; // Until all is done, however it ends.
  const client = createClient(existingTemporal(config.temporal), config.encryptionKeys);
  started({ stop: () => client.connection.close(), ended: Promise.resolve() });
  try {
    const forgotten = await forget(client, recipient, () => {
      console.log('Stopped: no new message goes there. Temporal may take some minutes to delete the rest.');
    });
    // Last, when nothing that was under way can put a message there.
    const { channel, isAt } = recipient;
    const messages = await removeFromOutbox(outboxDir(config.dataDir), (message) => isAt(message.channel, message.to));
    const { unreadable, undeleted } = forgotten;
    if (undeleted > 0) throw new Error(`Temporal has not deleted ${undeleted} of the workflows that it was asked to`);
    if (unreadable > 0)
      throw new Error(`some reminders, which may be to this contact, could not be read (${unreadable})`);
    console.log(accountOf(channel, forgotten, messages));
  } catch (cause) {
    throw new StartError(`Not all is forgotten: ${(cause as Error).message}. It does no harm to run it again.`, {
      cause,
    });
  }
  process.exitCode = 0;
});
