import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config';

/** Where the program says what happens: on standard error, as JSON lines, or in words when that is a terminal. */
export function createLogger({ logLevel: level }: Pick<Config, 'logLevel'>): Logger {
  const terminal = process.stderr.isTTY;
  const destination = terminal ? pretty({ destination: 2, ignore: 'pid,hostname', sync: true }) : pino.destination(2);
  return pino(
    { level, serializers: { error: summarise }, redact: { paths: ['taskToken'], remove: true } },
    destination,
  );
}

/** What the SDK logs of an error: its kind and its sentence, which say enough without a stack. */
function summarise(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return { type: 'type' in error ? error.type : error.name, message: error.message };
}
