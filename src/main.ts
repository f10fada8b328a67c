/** `npm start`: the whole system on this machine. */
import { settlePort, urlOf } from './api/server';
import { startApi } from './api/start';
import { run } from './program';
import { codecPath } from './temporal/codecEndpoint';
import { existingTemporal, type Temporal } from './temporal/connection';
import { startEmbeddedTemporal } from './temporal/embedded/start';
import { startWorker } from './worker/start';

void run(async (program) => {
  const { temporal: config, publicUrl, host, encryptionKeys } = program.config;
  const path = codecPath(encryptionKeys);
  // The Web UI is told where the API decrypts payloads for it, before there is an API.
  const port = path ? await settlePort(program.config) : program.config.port;
  const codecEndpoint = path && urlOf({ host, port }) + path;

  const temporal =
    config.kind === 'embedded' ? await startEmbeddedTemporal(program, config, codecEndpoint) : existingTemporal(config);
  await startWorker(program, temporal);
  // The last to start is the first to stop.
  const { url } = await startApi({ ...program, config: { ...program.config, port } }, temporal);
  announce(publicUrl ?? url, temporal, codecEndpoint);
});

function announce(url: string, { uiUrl, connectionOptions }: Temporal, codecEndpoint: string | undefined): void {
  const cli = `temporal workflow show --address ${connectionOptions.address} --codec-endpoint ${codecEndpoint} --workflow-id <id>`;
  console.log(`
  Cuddle-a-tron is ready.

    The page           ${url}/
    The API            ${url}/api/docs
    Temporal Web UI    ${uiUrl ?? 'see TEMPORAL_UI_URL'}
${codecEndpoint === undefined ? '' : `    Temporal CLI       ${cli}\n`}`);
}
