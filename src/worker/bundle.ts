/** The last step of `npm run build`: writes the workflow bundle, so that workers need not make it at each start. */
import { writeFile } from 'node:fs/promises';
import { buildWorkflowBundle, prebuiltBundle } from './workflowBundle';

void buildWorkflowBundle().then(({ code }) => writeFile(prebuiltBundle, code));
