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
 * @throws {StartError} when the folder or a port is in use, or there is no Temporal to start.
 */
export async function startEmbeddedTemporal(
  { config: { dataDir }, logger, started }: Program,
  { cli, port, uiPort }: Extract<TemporalConfig, { kind: 'embedded' }>,
): Promise<Temporal> {
  started({ stop: await lockDataDir(dataDir) });
  const path = await findBinary(temporalCli, { path: cli });
  const options = { cli: path, dataDir, port, uiPort, searchAttributes };
  const server = started(
    await superviseDevServer(options, (message) => {
      logger.warn(message);
    }),
  );
  return embeddedTemporal(server);
}
