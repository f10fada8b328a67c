import type { TemporalConfig } from '../../config';
import type { Program } from '../../program';
import { findBinary, temporalCli } from './binary';
import { embeddedTemporal, type Temporal } from '../connection';
import { lockDataDir } from './dataDirLock';
import { searchAttributes } from '../searchAttributes';
import { superviseDevServer } from './superviseDevServer';

/**
 * Starts a Temporal of our own, whose database is in `DATA_DIR`.
 *
 * @param codecEndpoint - where its Web UI has payloads decrypted, if they are encrypted.
 * @throws {StartError} when the folder or a port is in use, or there is no Temporal to start.
 */
export async function startEmbeddedTemporal(
  { config: { dataDir }, logger, signal, started }: Program,
  { cli, port, uiPort }: Extract<TemporalConfig, { kind: 'embedded' }>,
  codecEndpoint: string | undefined,
): Promise<Temporal> {
  started({ stop: await lockDataDir(dataDir) });
  const finding = findBinary(temporalCli, { path: cli, signal });
  // Told to stop while it fetches, it leaves nothing of it behind.
  started({
    stop: async () => {
      await finding.catch(() => undefined);
    },
  });
  const options = { cli: await finding, dataDir, port, uiPort, searchAttributes, codecEndpoint };
  const server = started(
    await superviseDevServer(options, (message) => {
      logger.warn(message);
    }),
  );
  return embeddedTemporal(server);
}
