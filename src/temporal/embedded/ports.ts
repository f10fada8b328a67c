import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { StartError } from '../../startError';

export interface HeldPort {
  port: number;
  /** Frees it for the program that is to have it. */
  release: () => Promise<void>;
}

/** How long to wait for a taken port: a server whose program was killed a moment ago is still going. */
const patienceMs = 2_000;

/**
 * Takes hold of a port of the loopback interface; 0 means any that is free.
 *
 * @param setting - the setting that chooses the port, for the message.
 * @throws {StartError} naming the port and the setting when another program has it.
 */
export async function holdPort(port: number, setting: string): Promise<HeldPort> {
  const server = createServer();
  return {
    port: await listen(server, port, setting),
    release: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * Lets a server listen on a port of the loopback interface; 0 means any that is free.
 *
 * @param setting - the setting that chooses the port, for the message.
 * @returns the port.
 * @throws {StartError} naming the port and the setting when another program has it.
 */
export async function listen(server: Server, port: number, setting: string): Promise<number> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
      return (server.address() as AddressInfo).port; // It listens on a port, not on a path.
    } catch (cause) {
      const taken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (taken && Date.now() < deadline) {
        await setTimeout(100);
        continue;
      }
      const why = taken ? 'is taken by another program' : `cannot be used (${(cause as Error).message})`;
      throw new StartError(`Port ${port} ${why}: set ${setting} to another one, or to 0 for any that is free.`, {
        cause,
      });
    }
  }
}
