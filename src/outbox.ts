/**
 * The outbox: a folder of messages that take the place of sent ones while no provider is set up.
 *
 * One JSON file a message, written whole or not at all, so that it can be read at any moment.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Channel, OutboxMessage } from './reminder';

export interface OutboxFilter {
  /** Only the messages of this reminder. */
  reminderId?: string;
  /** At most so many messages: 100 by default. */
  limit?: number;
}

const storedMessage: z.ZodType<OutboxMessage> = z.object({
  id: z.string(),
  reminderId: z.string(),
  channel: z.enum(['email', 'sms']),
  to: z.string(),
  subject: z.string().optional(),
  text: z.string(),
  html: z.string().optional(),
  at: z.iso.datetime(),
});

const FILE_NAME = /^[0-9a-f]{32}\.json$/;

/** What a process that was killed while it wrote may have left. */
const LEFT_BEHIND = /^[0-9a-f]{32}\.json\.[0-9a-f-]{36}\.tmp$/;

/** The folder of the outbox below the data folder. */
export function outboxDir(dataDir: string): string {
  return join(dataDir, 'outbox');
}

/**
 * Puts a message into the outbox at `dir`, which is made if it is not there. A reminder has one message a channel:
 * putting it again overwrites it, so that an attempt that is repeated after a crash leaves one message.
 *
 * @returns the id of the message.
 * @throws a Node.js system error if the folder cannot be written.
 */
export async function putInOutbox(dir: string, message: Omit<OutboxMessage, 'id'>): Promise<string> {
  const id = messageId(message.reminderId, message.channel);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeAtomically(dir, fileName(id), JSON.stringify({ ...message, id } satisfies OutboxMessage));
  return id;
}

/**
 * The messages in the outbox at `dir`, newest first; none if the folder is not there yet. Files that are not whole
 * messages are passed over.
 */
export async function listOutbox(
  dir: string,
  { reminderId, limit = 100 }: OutboxFilter = {},
): Promise<OutboxMessage[]> {
  const names = reminderId === undefined ? await latestFileNames(dir, limit) : fileNamesOf(reminderId);
  const messages = await Promise.all(names.map((name) => readMessage(join(dir, name))));
  return messages
    .filter((message) => message !== undefined)
    .sort((a, b) => b.at.localeCompare(a.at) || a.id.localeCompare(b.id))
    .slice(0, limit);
}

/**
 * Removes messages from the outbox at `dir`.
 *
 * @returns how many.
 * @throws a Node.js system error if the folder cannot be read or written.
 */
export async function removeFromOutbox(dir: string, isUnwanted: (message: OutboxMessage) => boolean): Promise<number> {
  let removed = 0;
  for (const name of await fileNames(dir, FILE_NAME, LEFT_BEHIND)) {
    const message = await readMessage(join(dir, name));
    if (!message || !isUnwanted(message)) continue;
    await rm(join(dir, name), { force: true });
    removed++;
  }
  return removed;
}

/** The same for each attempt of a delivery, and a safe file name whatever the reminder's id. */
function messageId(reminderId: string, channel: Channel): string {
  return createHash('sha256').update(`${channel} ${reminderId}`).digest('hex').slice(0, 32);
}

function fileName(id: string): string {
  return `${id}.json`;
}

function fileNamesOf(reminderId: string): string[] {
  return (['email', 'sms'] as const).map((channel) => fileName(messageId(reminderId, channel)));
}

/** The names of the files that were written last: what lies there for long need not be read to be passed over. */
async function latestFileNames(dir: string, limit: number): Promise<string[]> {
  const files = await Promise.all(
    (await fileNames(dir, FILE_NAME)).map(async (name) => {
      const file = await stat(join(dir, name)).catch(() => undefined); // It may have been removed meanwhile.
      return { name, writtenAt: file?.isFile() ? file.mtimeMs : 0 };
    }),
  );
  return files
    .sort((a, b) => b.writtenAt - a.writtenAt)
    .slice(0, limit)
    .map(({ name }) => name);
}

async function fileNames(dir: string, ...kinds: RegExp[]): Promise<string[]> {
  try {
    return (await readdir(dir)).filter((name) => kinds.some((kind) => kind.test(name)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** What is not a message is nothing: the folder is also open to other hands than ours. */
async function readMessage(path: string): Promise<OutboxMessage | undefined> {
  try {
    return storedMessage.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

async function writeAtomically(dir: string, name: string, content: string): Promise<void> {
  const temporary = join(dir, `${name}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(dir, name));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
