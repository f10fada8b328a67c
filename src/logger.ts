import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config';
import { createRedaction } from './redaction';

/** Where the program says what happens: on standard error, as JSON lines, or in words when that is a terminal. */
export function createLogger({ logLevel: level, secrets }: Pick<Config, 'logLevel' | 'secrets'>): Logger {
  const terminal = process.stderr.isTTY;
  const destination = terminal ? pretty({ destination: 2, ignore: 'pid,hostname', sync: true }) : pino.destination(2);
  return pino(
    { level, serializers: { error: summarise, err: trace }, hooks: { streamWrite: createRedaction(secrets) } },
    destination,
  );
}

/**
 * What is said of an error: its kind and its sentence, and those of its causes. Never what else it holds: the errors of HTTP
 * clients have the request, those of parsers the body.
 */
export function summarise(error: unknown): object | string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : typeof error;
  const { name, message, cause } = error;
  const type = 'type' in error && typeof error.type === 'string' ? error.type : name;
  return { type, message, ...(cause !== undefined && { cause: summarise(cause) }) };
}

/** What is said of an error that nobody expected: also where it comes from. */
export function trace(error: unknown): object | string {
  return error instanceof Error ? { ...(summarise(error) as object), stack: error.stack } : summarise(error);
}
