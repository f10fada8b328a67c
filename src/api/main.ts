/** `npm run api`: the API and the page alone, over a Temporal that is there already. */
import { run } from '../program';
import { existingTemporal } from '../temporal/connection';
import { startApi } from './start';

void run(async (program) => {
  const { url } = await startApi(program, existingTemporal(program.config.temporal));
  program.logger.info(`The API listens at ${url}`);
});
