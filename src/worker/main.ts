/** `npm run worker`: a worker alone, over a Temporal that is there already. Run as many as there is work for. */
import { run } from '../program';
import { existingTemporal } from '../temporal/connection';
import { startWorker } from './start';

void run(async (program) => {
  await startWorker(program, existingTemporal(program.config.temporal));
  program.logger.info('The worker waits for work');
});
