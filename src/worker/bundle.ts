/** The last step of `npm run build`: writes the workflow bundles, so that workers need not make them at each start. */
import { writeFile } from 'node:fs/promises';
import { failureConverterPath } from '../temporal/dataConverter';
import { buildWorkflowBundle, prebuiltBundle } from './workflowBundle';

for (const path of [undefined, failureConverterPath]) {
  void buildWorkflowBundle(path).then(({ code }) => writeFile(prebuiltBundle(path), code));
}
