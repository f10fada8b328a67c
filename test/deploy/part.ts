import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { eventually } from '../system';

/** Workers that start at the same time, each building its bundle, wait for each other. */
const START_MS = 60_000;

/** A part of the system in a process of its own. */
export interface Part {
  child: ChildProcess;
  /** Waits until it has said this, on standard error. */
  says: (words: string) => Promise<unknown>;
  /** The exit code; null when it was killed. */
  ended: Promise<number | null>;
}

/** Starts the API or a worker, with these settings and no others. */
export function startPart(part: 'api' | 'worker', settings: Record<string, string>): Part {
  const child = spawn(process.execPath, ['--require', 'tsx/cjs', `src/${part}/main.ts`], {
    cwd: resolve(__dirname, '../..'),
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, ...settings },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, ended, says: (words) => eventually(() => Promise.resolve(said.includes(words)), START_MS) };
}
