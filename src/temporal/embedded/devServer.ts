/**
 * Temporal's development server, as a child of this program: one process, one SQLite file, one Web UI.
 */
import { once } from 'node:events';
import { open, readFile, rename } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { beginDatabase } from './database';
import { spawnLeashed } from './leash';
import { holdPort } from './ports';
import { hideWebUi, openWebUiDoor, type HiddenWebUi } from './webUi';
import { StartError } from '../../startError';

/** The types of search attributes, by the names that the Temporal CLI knows them by. */
export type SearchAttributeTypeName = 'Text' | 'Keyword' | 'Int' | 'Double' | 'Bool' | 'Datetime' | 'KeywordList';

export interface DevServerOptions {
  /** Absolute path of the `temporal` executable. */
  cli: string;
  /** The folder that holds the database and the log. It must exist, and belong to this program alone. */
  dataDir: string;
  /** The gRPC port; 0 means any that is free. */
  port: number;
  /** The port of the Web UI; 0 means any that is free. */
  uiPort: number;
  /** What a new database is made with. One that is there keeps the search attributes that it has. */
  searchAttributes: Readonly<Record<string, SearchAttributeTypeName>>;
  /** Where the Web UI has payloads decrypted, if they are encrypted. */
  codecEndpoint?: string | undefined;
}

export interface DevServer {
  port: number;
  uiPort: number;
  /** The gRPC address, as `host:port`. */
  address: string;
  /** Where people reach the Web UI, without a trailing slash. */
  uiUrl: string;
  /** Resolves when the server is gone, for whatever reason, to words such as "by signal SIGKILL". */
  exited: Promise<string>;
  /** Lets the server finish what it is doing, for at most 10 seconds, and resolves when it is gone. */
  stop: () => Promise<void>;
}

/** How long finished workflows can be looked at. */
const retention = '30 days';

/** A start takes about a second; a slow disk and a large database may take longer. */
const startLimitMs = 30_000;

/** How often a start is tried in all when a port is taken away from it. */
const maxTries = 3;

const stopLimitMs = 10_000;

const DATABASE = 'temporal.db';

/**
 * Starts the server over the database in the folder, and resolves when it answers.
 *
 * It does not get the terminal's Ctrl-C, because it has to stop last; and it does not outlive this program, however that
 * one ends.
 *
 * @throws {StartError} when a port is taken, or the server does not start.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  for (let tries = 1; ; tries++) {
    try {
      return await tryToStart(options);
    } catch (error) {
      if (!(error instanceof PortLost) || tries === maxTries) throw error;
    }
  }
}

/**
 * A port was free a moment ago, and is no longer. The system lends out ports for a moment, to this server as well, which
 * takes a handful for itself before it listens on ours. The next try tells whether the port is free or taken for good.
 */
class PortLost extends StartError {}

async function tryToStart(options: DevServerOptions): Promise<DevServer> {
  const held = await holdPort(options.port, 'TEMPORAL_PORT');
  const hidden = await hideWebUi().finally(held.release);
  const door = await openWebUiDoor(options.uiPort, hidden);
  try {
    const server = await startServer({ ...options, port: held.port }, hidden);
    const exited = server.exited.finally(door.close);
    const stop = async () => {
      await server.stop();
      await exited;
    };
    const { port: uiPort } = door;
    const address = `127.0.0.1:${held.port}`;
    return { port: held.port, uiPort, address, uiUrl: `http://127.0.0.1:${uiPort}`, exited, stop };
  } catch (error) {
    await door.close();
    throw error;
  }
}

/** Starts the server itself, whose Web UI listens where nobody finds it. */
async function startServer(
  options: DevServerOptions,
  hidden: HiddenWebUi,
): Promise<Pick<DevServer, 'exited' | 'stop'>> {
  const finishDatabase = await beginDatabase(join(options.dataDir, DATABASE));
  const logPath = join(options.dataDir, 'temporal.log');
  await rename(logPath, join(options.dataDir, 'temporal.previous.log')).catch(() => undefined);
  const log = await open(logPath, 'w', 0o600);
  const server = spawnLeashed(options.cli, serverArguments(options, hidden), {
    cwd: options.dataDir,
    // None of our settings: no provider's key, and none of the TEMPORAL_* variables that the CLI would read.
    env: { TEMPORAL_DISABLE_VERSION_CHECK: 'true' },
    output: log.fd,
  });
  await log.close();

  const { exited } = server;
  const stop = async () => {
    server.signal('SIGTERM');
    await Promise.race([exited, setTimeout(stopLimitMs, undefined, { ref: false })]);
    server.signal('SIGKILL');
    await exited;
  };
  const failed = new AbortController();
  void exited.then((how) => {
    failed.abort(new Error(`it ended ${how}`));
  });
  void setTimeout(startLimitMs, undefined, { ref: false }).then(() => {
    failed.abort(new Error(`it did not answer within ${startLimitMs / 1000} seconds`));
  });
  try {
    await untilReady(options.port, failed.signal);
    await finishDatabase();
  } catch (cause) {
    await stop();
    const lines = (await readFile(logPath, 'utf8')).trimEnd().split('\n');
    const why = `${(cause as Error).message}; the last line of ${logPath} is "${lines.at(-1) ?? ''}"`;
    // It may say so first, and then panic.
    const Kind = lines.some((line) => line.includes('address already in use')) ? PortLost : StartError;
    throw new Kind(`The Temporal server did not start: ${why}`, { cause });
  }
  return { exited, stop };
}

function serverArguments(
  { port, searchAttributes, codecEndpoint }: DevServerOptions,
  { ip, port: uiPort }: HiddenWebUi,
): string[] {
  const dynamicConfig = {
    // Otherwise any web page can start workflows through the HTTP API, with a POST that browsers send without asking. The
    // Web UI does not use that API.
    'frontend.httpAllowedHosts': ['disabled.invalid'],
    // One worker polls: more partitions than pollers only add a hop to every task.
    'matching.numTaskqueueReadPartitions': 1,
    'matching.numTaskqueueWritePartitions': 1,
    // What has just ended is deleted only after the server has noted that: half a minute later, by default.
    'history.transferProcessorUpdateAckInterval': '2s',
    'history.visibilityProcessorUpdateAckInterval': '2s',
  };
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port)],
    ...['--ui-ip', ip, '--ui-port', String(uiPort)],
    ...(codecEndpoint === undefined ? [] : ['--ui-codec-endpoint', codecEndpoint]),
    // Without the folder: the server takes what it is given for a part of an address, where "#", "?" and "%" mean something.
    ...['--db-filename', DATABASE, '--log-level', 'warn'],
    // A write-ahead log takes more than twice as many writes a second, and loses none when the server is killed.
    ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
    // What is deleted is overwritten, and not only free to be.
    ...['--sqlite-pragma', 'secure_delete=ON'],
    ...Object.entries(dynamicConfig).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${JSON.stringify(value)}`,
    ]),
    ...searchAttributeFlags(searchAttributes),
  ];
}

/** @throws the signal's reason when it is aborted first. */
async function untilReady(port: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      await knock(port);
      await keepFinishedWorkflows(`127.0.0.1:${port}`);
      return;
    } catch {
      await setTimeout(25);
    }
  }
}

/** Finds out that a port is closed faster than a gRPC connection, which waits a second before its next try. */
async function knock(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect').finally(() => socket.destroy());
}

/** A new server forgets workflows a day after they finished. It is set through the API because there is no flag for it. */
async function keepFinishedWorkflows(address: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.updateNamespace({
      namespace: 'default',
      config: { workflowExecutionRetentionTtl: msToTs(retention) },
    });
  } finally {
    await connection.close();
  }
}

/** What makes the Temporal CLI register search attributes in a new database. */
export function searchAttributeFlags(searchAttributes: DevServerOptions['searchAttributes']): string[] {
  return Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]);
}
