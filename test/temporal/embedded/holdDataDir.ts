/** A program that takes the folder it is given as soon as its input ends, says so, and holds it until it is killed. */
import { text } from 'node:stream/consumers';
import { lockDataDir } from '../../../src/temporal/embedded/dataDirLock';

async function main(dir: string): Promise<void> {
  process.stdout.write('ready\n');
  await text(process.stdin);
  try {
    await lockDataDir(dir);
    process.stdout.write('locked\n');
    setInterval(() => undefined, 1_000_000);
  } catch (error) {
    process.stdout.write(`${String(error)}\n`);
  }
}

void main(process.argv[2] ?? '');
