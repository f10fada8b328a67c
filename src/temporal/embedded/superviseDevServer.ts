import { setTimeout } from 'node:timers/promises';
import { startDevServer, type DevServer, type DevServerOptions } from './devServer';

/** How long to wait before the server is started again; doubled after each try that fails. */
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/**
 * Starts the server and keeps it going: when it ends by itself, another takes its place on the same ports and the same
 * database, so that clients and workers, which try again by themselves, go on.
 *
 * @param tell - told what happened, in a sentence for the log.
 * @throws {StartError} when the first start fails.
 */
export async function superviseDevServer(
  options: DevServerOptions,
  tell: (message: string) => void,
): Promise<Omit<DevServer, 'exited'>> {
  let server = await startDevServer(options);
  const { port, uiPort, address, uiUrl } = server;
  const stopping = new AbortController();
  const isStopping = () => stopping.signal.aborted;

  const startAgain = async () => {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      await setTimeout(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (isStopping()) return server;
      try {
        return await startDevServer({ ...options, port, uiPort });
      } catch (error) {
        tell((error as Error).message);
      }
    }
  };
  const keepGoing = async () => {
    for (;;) {
      const how = await server.exited;
      if (isStopping()) return;
      tell(`The Temporal server ended ${how}, and is started again.`);
      server = await startAgain();
      if (isStopping()) await server.stop();
      else tell('The Temporal server is back.');
    }
  };
  const kept = keepGoing();

  const stop = async () => {
    stopping.abort();
    await server.stop();
    await kept;
  };
  return { port, uiPort, address, uiUrl, stop };
}
