import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test, type TestContext } from 'node:test';
import { lockDataDir } from '../../../src/temporal/embedded/dataDirLock';
import { StartError } from '../../../src/startError';

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'lock-'));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}

/** A program of its own that will take the folder when it is told to. */
async function program(t: TestContext, dir: string) {
  const child = spawn(process.execPath, ['--require', 'tsx/cjs', require.resolve('./holdDataDir'), dir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  t.after(kill);
  const lines: AsyncIterator<string> = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async () => String((await lines.next()).value);
  assert.equal(await line(), 'ready');
  return {
    lock: () => {
      child.stdin.end();
      return line();
    },
    kill,
  };
}

const inUse = (dir: string) => `StartError: DATA_DIR is ${dir}, which is already in use by another Cuddle-a-tron.`;

describe('The lock of a data folder', () => {
  test('makes the folder, for this user only', async (t) => {
    const dir = join(await folder(t), 'deep', 'data');
    const release = await lockDataDir(dir);
    assert.equal((await stat(dir)).mode & 0o777, 0o700);
    await release();
  });

  test('keeps a second program out until the first gives it back', async (t) => {
    const dir = await folder(t);
    const release = await lockDataDir(dir);
    const refused = await program(t, dir);
    assert.equal(await refused.lock(), inUse(dir));
    await release();
    const next = await program(t, dir);
    assert.equal(await next.lock(), 'locked');
    await assert.rejects(lockDataDir(dir), new StartError(inUse(dir).replace('StartError: ', '')));
  });

  test('is gone when its holder was killed', async (t) => {
    const dir = await folder(t);
    for (let round = 0; round < 3; round++) {
      const holder = await program(t, dir);
      assert.equal(await holder.lock(), 'locked');
      await holder.kill();
    }
    await (
      await lockDataDir(dir)
    )();
    assert.deepEqual(await readdir(join(dir, 'lock')), ['4']);
  });

  test('goes to one of many that start at the same time, whether or not one was killed before', async (t) => {
    const dir = await folder(t);
    for (let round = 0; round < 3; round++) {
      const programs = await Promise.all(Array.from({ length: 5 }, () => program(t, dir)));
      const outcomes = await Promise.all(programs.map(({ lock }) => lock()));
      assert.deepEqual(outcomes.sort(), [...Array<string>(4).fill(inUse(dir)), 'locked']);
      await Promise.all(programs.map(({ kill }) => kill()));
    }
  });

  test('goes to one of many within a program too', async (t) => {
    const dir = await folder(t);
    for (let round = 0; round < 30; round++) {
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataDir(dir)));
      const releases = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      assert.equal(releases.length, 1);
      await releases[0]?.();
    }
  });

  test('works in a folder whose path is longer than the address of a socket', async (t) => {
    const dir = join(await folder(t), 'a'.repeat(120), 'b'.repeat(120));
    const release = await lockDataDir(dir);
    const refused = await program(t, dir);
    assert.equal(await refused.lock(), inUse(dir));
    await release();
    await (
      await lockDataDir(dir)
    )();
  });

  test('works in folders at the limit of what fits', async (t) => {
    const root = await folder(t);
    for (let length = 1; length < 100; length++) {
      const dir = join(root, 'x'.repeat(length));
      const release = await lockDataDir(dir);
      await assert.rejects(lockDataDir(dir), StartError);
      await release();
    }
  });

  test('tells in one line that the folder is none', async (t) => {
    const root = await folder(t);
    const file = join(root, 'file');
    await writeFile(file, 'kept');
    for (const dir of [file, join(file, 'below'), '/dev/null/data']) {
      await assert.rejects(lockDataDir(dir), (error) => {
        assert(error instanceof StartError);
        const start = `DATA_DIR must be a folder that this program can write to, and ${dir} is not: `;
        assert(error.message.startsWith(start), error.message);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      });
    }
  });

  const skip = process.getuid?.() === 0 && 'root may write anywhere';
  test('tells in one line that the folder cannot be written to', { skip }, async (t) => {
    const dir = join(await folder(t), 'data');
    await mkdir(join(dir, 'lock'), { recursive: true });
    await chmod(dir, 0o500);
    await assert.rejects(lockDataDir(dir), /^StartError: DATA_DIR must be a folder .* EACCES: .*$/);
    await chmod(dir, 0o700);
  });
});
