import type { DataConverter } from '@temporalio/common';
import type { EncryptionKey } from '../config';
import { createPayloadCodec } from './codec';

/** The file of the failure converter that goes with encryption. */
export const failureConverterPath = require.resolve('./failureConverter');

/**
 * What clients and workers send to Temporal goes through this, and what they get. Without keys nothing is encrypted, and
 * failures keep their words where Temporal's tools look for them; what is encrypted is refused with a clear error.
 */
export function createDataConverter(keys: readonly EncryptionKey[]): DataConverter {
  return {
    payloadCodecs: [createPayloadCodec(keys)],
    ...(keys.length > 0 && { failureConverterPath }),
  };
}
