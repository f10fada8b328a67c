/** How every program here begins and ends. */
import { once } from 'node:events';
import { constants } from 'node:os';
import { inspect } from 'node:util';
import type { Logger } from 'pino';
import { loadDotEnv, readConfig, type Config } from './config';
import { createLogger, trace } from './logger';
import { createRedaction } from './redaction';
import { StartError } from './startError';

/** A part of a program that is running, such as the API. */
export interface Part {
  stop(): Promise<void>;
  /** Rejects when the part cannot go on, and the program with it. */
  ended?: Promise<void>;
}

/** What a program is started with. */
export interface Program {
  config: Config;
  logger: Logger;
  /** Aborted when the program is told to stop, maybe while it still starts. */
  signal: AbortSignal;
  /** Takes note of a part that has started, to be stopped before those that started earlier. */
  started: <P extends Part>(part: P) => P;
}

/**
 * Runs a program: starts it, waits until it is told to stop (Ctrl-C, SIGTERM, or its terminal is closed; a second time ends
 * it at once) or a part of it fails, and stops its parts one after the other.
 *
 * A program that cannot start says why in one line, and exits with code 1.
 */
export async function run(start: (program: Program) => Promise<void>): Promise<void> {
  const parts: Part[] = [];
  const signal = toldToStop();
  const told = once(signal, 'abort');
  // It goes on when nobody reads what it says any more, such as a terminal that was closed.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  let redact = createRedaction([]);
  const fail = (error: unknown) => {
    process.exitCode = 1;
    console.error(redact(error instanceof StartError ? error.message : inspect(trace(error), { depth: Infinity })));
  };
  // By itself, Node.js would say all that such an error holds.
  process.on('uncaughtException', (error) => {
    fail(error);
    process.exit();
  });
  const started = <P extends Part>(part: P): P => {
    parts.unshift(part);
    signal.throwIfAborted();
    return part;
  };

  try {
    loadDotEnv();
    const config = readConfig(process.env);
    redact = createRedaction(config.secrets);
    await Promise.race([told, start({ config, logger: createLogger(config), signal, started })]);
    await Promise.race([told, ...parts.flatMap(({ ended }) => ended ?? [])]);
  } catch (error) {
    if (!signal.aborted) fail(error);
  }
  for (const part of parts) await part.stop().catch(fail);
  // Told to stop while it still starts, it does not wait for what that is waiting for.
  process.exit();
}

/** A Ctrl-C comes twice within a moment: from the terminal, and from npm, which passes on its own. */
const ECHO_MS = 500;

/** Aborted when this process is told to stop. Told again, other than by an echo, it ends at once. */
function toldToStop(): AbortSignal {
  const stopping = new AbortController();
  let toldAt: number | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      toldAt ??= performance.now();
      if (performance.now() - toldAt > ECHO_MS) process.exit(128 + constants.signals[name]);
      stopping.abort();
    });
  }
  return stopping.signal;
}
