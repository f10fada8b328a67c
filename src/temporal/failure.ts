import { status } from '@grpc/grpc-js';
import {
  isGrpcServiceError,
  NamespaceNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';

/** Temporal, or every worker, is away. Trying again later is safe. */
export class TemporalUnavailable extends Error {
  override name = 'TemporalUnavailable';
}

/** Temporal is asked for more than it takes on. Trying again later is safe. */
export class TemporalOverloaded extends Error {
  override name = 'TemporalOverloaded';
}

/** How long a caller waits for Temporal, in milliseconds. */
const PATIENCE_MS = 4_000;

/**
 * Calls Temporal with a deadline, so that a Temporal that is away is told as that and never hangs.
 *
 * @throws {TemporalUnavailable}, {TemporalOverloaded}, or whatever else the call throws.
 */
export async function withinDeadline<Result>(client: Client, call: () => Promise<Result>): Promise<Result> {
  try {
    return await client.connection.withDeadline(Date.now() + PATIENCE_MS, call);
  } catch (error) {
    switch (grpcStatusOf(error)) {
      case status.UNAVAILABLE:
      case status.DEADLINE_EXCEEDED:
      case status.CANCELLED:
        throw new TemporalUnavailable('Temporal does not answer', { cause: error });
      case status.FAILED_PRECONDITION:
        throw new TemporalUnavailable('No worker answers', { cause: error });
      case status.NOT_FOUND:
        throw new TemporalUnavailable('The namespace does not exist', { cause: error });
      case status.UNAUTHENTICATED:
      case status.PERMISSION_DENIED:
        throw new TemporalUnavailable('Temporal refuses the credentials', { cause: error });
      case status.INVALID_ARGUMENT:
        throw new TemporalUnavailable('Temporal refuses the call: are the search attributes registered?', {
          cause: error,
        });
      case status.RESOURCE_EXHAUSTED:
        throw new TemporalOverloaded('Temporal is overloaded', { cause: error });
      default:
        throw error;
    }
  }
}

function grpcStatusOf(error: unknown): status | undefined {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return status.DEADLINE_EXCEEDED;
  if (error instanceof NamespaceNotFoundError) return status.NOT_FOUND;
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  return isGrpcServiceError(cause) ? cause.code : undefined;
}
