import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StartError } from '../startError';

export interface RunningServer {
  /** Where it is reached from this machine, without a trailing slash. */
  url: string;
  /** Takes no new requests, answers those under way, and resolves when they are. */
  stop(): Promise<void>;
}

/** How long requests under way are given when the server stops, in milliseconds. */
const STOP_PATIENCE_MS = 10_000;

/**
 * Serves an application.
 *
 * @param port - 0 means any that is free.
 * @throws {StartError} when the port is taken or the address is not one of this machine.
 */
export async function listen(
  app: RequestListener,
  { host, port }: { host: string; port: number },
): Promise<RunningServer> {
  const server = createServer(app);
  try {
    await once(server.listen(port, host), 'listening');
  } catch (cause) {
    throw new StartError(reasonOf(cause as NodeJS.ErrnoException, host, port), { cause });
  }
  return {
    url: urlOf({ host, port: (server.address() as AddressInfo).port }),
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      setTimeout(() => {
        server.closeAllConnections();
      }, STOP_PATIENCE_MS).unref();
      await closed;
    },
  };
}

/** Where a server that listens there is reached from this machine, without a trailing slash. */
export function urlOf({ host, port }: { host: string; port: number }): string {
  return `http://${nameOf(host)}:${port}`;
}

/** The port that a server is going to listen on: if any will do, one that is free now. */
export async function settlePort({ host, port }: { host: string; port: number }): Promise<number> {
  if (port !== 0) return port;
  const server = await listen(() => undefined, { host, port });
  await server.stop();
  return Number(new URL(server.url).port);
}

function reasonOf({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken by another program: set PORT to another one, or to 0 for any that is free.`;
    case 'EACCES':
      return `Port ${port} may not be used by this user: set PORT to one above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST is ${host}, which is not an address of this machine.`;
    default:
      return `Port ${port} cannot be used: ${message}.`;
  }
}

/** A name to call the server by: one that listens everywhere is called by its loopback name. */
function nameOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
