/** `npm start`: the whole system on this machine. */
import { startApi } from './api/start';
import { run } from './program';
import { existingTemporal, type Temporal } from './temporal/connection';
import { startEmbeddedTemporal } from './temporal/embedded/start';
import { startWorker } from './worker/start';

void run(async (program) => {
  const { temporal: config, publicUrl } = program.config;
  const temporal = config.kind === 'embedded' ? await startEmbeddedTemporal(program, config) : existingTemporal(config);
  await startWorker(program, temporal);
  const { url } = await startApi(program, temporal); // The last to start is the first to stop.
  announce(publicUrl ?? url, temporal);
});

function announce(url: string, { uiUrl }: Temporal): void {
  console.log(`
  Cuddle-a-tron is ready.

    The page           ${url}/
    The API            ${url}/api/docs
    Temporal Web UI    ${uiUrl ?? 'see TEMPORAL_UI_URL'}
`);
}
