import { existsSync } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * A server that is killed while it makes its database leaves a half of it, over which no server starts again. So a new
 * database is marked as unfinished until its server has answered for the first time; one that still is holds nothing, and
 * is made anew.
 *
 * @returns what takes the mark away, once the server has answered.
 */
export async function beginDatabase(path: string): Promise<() => Promise<void>> {
  const mark = `${path}.unfinished`;
  if (existsSync(mark)) for (const part of ['', '-wal', '-shm']) await rm(path + part, { force: true });
  if (!existsSync(path)) await writeFile(mark, '');
  return async () => {
    await rm(mark, { force: true });
    await syncFolder(dirname(path));
  };
}

/** After a power cut the mark must not be there again, over a database in use. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
