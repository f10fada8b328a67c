/**
 * One program per data folder: two Temporal servers over one database would take each other's work.
 *
 * The lock is a Unix socket that its holder listens on. The system closes it with its process, however that one ends, so a
 * lock cannot outlive its holder, as a file with a process id could.
 *
 * Sockets lie in `DATA_DIR/lock` and have numbers for names; only the one with the highest number can be alive. Who finds
 * that one dead makes the next. Numbers are taken by a hard link, which fails if the name exists, to a socket that listens
 * already: so of two programs that start at the same time only one gets the number, and the other finds it alive. The
 * highest number is never removed, so that a program that has looked at the folder a while ago cannot take an old one.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, link, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from '../../startError';

/** Gives the folder back. */
export type Release = () => Promise<void>;

/**
 * Makes sure that the folder is there, that it can be written to, and that no other program uses it.
 *
 * @param dir - an absolute path. What is missing of it is made, for this user only.
 * @throws {StartError} when one of these is not so.
 */
export async function lockDataDir(dir: string): Promise<Release> {
  const sockets = join(dir, 'lock');
  let release: Release | undefined;
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await access(dir, constants.W_OK);
    await mkdir(sockets, { recursive: true, mode: 0o700 });
    release = await withShortName(sockets, claim);
  } catch (cause) {
    throw new StartError(
      `DATA_DIR must be a folder that this program can write to, and ${dir} is not: ${(cause as Error).message}.`,
      { cause },
    );
  }
  if (!release) throw new StartError(`DATA_DIR is ${dir}, which is already in use by another Cuddle-a-tron.`);
  return release;
}

/** Resolves to undefined when another program has the lock. */
async function claim(sockets: string): Promise<Release | undefined> {
  const mine = join(sockets, `claim-${randomBytes(4).toString('hex')}`);
  const server = createServer((visitor) => visitor.destroy()).listen(mine);
  await once(server, 'listening');
  const close = async () => {
    server.close();
    await once(server, 'close');
  };
  try {
    const holding = await takeNextNumber(sockets, mine);
    if (!holding) await close();
    else server.unref();
    return holding ? close : undefined;
  } catch (error) {
    await close();
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
}

/** @returns whether `mine` is the lock now; if not, another program holds it. */
async function takeNextNumber(sockets: string, mine: string): Promise<boolean> {
  for (;;) {
    const newest = Math.max(0, ...(await numbers(sockets)));
    if (newest > 0 && (await isAlive(join(sockets, String(newest))))) return false;
    const next = join(sockets, String(newest + 1));
    if (!(await tryLink(mine, next))) continue;
    const all = await numbers(sockets);
    if (Math.max(...all) > newest + 1) {
      // The number was an old one, taken and removed since we looked.
      await rm(next, { force: true });
      continue;
    }
    for (const old of all) if (old <= newest) await rm(join(sockets, String(old)), { force: true });
    return true;
  }
}

async function numbers(sockets: string): Promise<number[]> {
  const names = await readdir(sockets);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

async function isAlive(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return false;
    if (code === 'EAGAIN') return true; // Too many are knocking.
    throw error;
  } finally {
    socket.destroy();
  }
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A socket's address holds about 100 bytes. A folder that leaves no room for a name gets a short one while we need it. */
async function withShortName<T>(folder: string, work: (folder: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(folder) < 80) return work(folder);
  const beside = await mkdtemp(join(tmpdir(), 'cuddle-a-tron-'));
  try {
    const short = join(beside, 'lock');
    await symlink(folder, short);
    return await work(short);
  } finally {
    await rm(beside, { recursive: true });
  }
}
