/** Puts the words and stacks of failures where the payload codec encrypts them. Workflows load this in their sandbox, too. */
import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
