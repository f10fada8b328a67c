import { status } from '@grpc/grpc-js';
import {
  isGrpcServiceError,
  NamespaceNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';

/** Temporal, or every worker, did not answer. Whether a change was made is not known. */
export class TemporalUnavailable extends Error {
  override name = 'TemporalUnavailable';
}

/** Temporal is asked for more than it takes on. Nothing was changed. */
export class TemporalOverloaded extends Error {
  override name = 'TemporalOverloaded';
}

/** How long a caller waits for Temporal, in milliseconds. */
export const PATIENCE_MS = 4_000;

/**
 * How many calls wait for Temporal at a time. The embedded server starts more than 200 reminders a second: what would not
 * be answered in time is better refused at once, when it is certain that nothing was done.
 */
const MAX_CALLS_UNDER_WAY = 400;

/**
 * A way to call Temporal with a deadline, so that a Temporal that is away is told as that and never hangs. The calls throw
 * `TemporalUnavailable`, `TemporalOverloaded`, or whatever else they throw.
 */
export function createCaller(client: Client) {
  const underWay = new Set<Promise<unknown>>();

  async function call<Result>(work: () => Promise<Result>): Promise<Result> {
    if (underWay.size >= MAX_CALLS_UNDER_WAY) throw new TemporalOverloaded('Too many calls are under way');
    const result = client.connection.withDeadline(Date.now() + PATIENCE_MS, work);
    underWay.add(result);
    try {
      return await result;
    } catch (error) {
      throw translate(error);
    } finally {
      underWay.delete(result);
    }
  }

  /** Closes the connection once no call is under way: one that is tried again over a closed one ends the program. */
  async function close(): Promise<void> {
    await Promise.allSettled(underWay);
    await client.connection.close();
  }

  return { call, close };
}

function translate(error: unknown): unknown {
  switch (grpcStatusOf(error)) {
    case status.UNAVAILABLE:
    case status.DEADLINE_EXCEEDED:
    case status.CANCELLED:
      return new TemporalUnavailable('Temporal does not answer', { cause: error });
    case status.FAILED_PRECONDITION:
      return new TemporalUnavailable('No worker answers', { cause: error });
    case status.NOT_FOUND:
      return new TemporalUnavailable('The namespace does not exist', { cause: error });
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return new TemporalUnavailable('Temporal refuses the credentials', { cause: error });
    case status.RESOURCE_EXHAUSTED:
      return new TemporalOverloaded('Temporal is overloaded', { cause: error });
    default:
      return error;
  }
}

function grpcStatusOf(error: unknown): status | undefined {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return status.DEADLINE_EXCEEDED;
  if (error instanceof NamespaceNotFoundError) return status.NOT_FOUND;
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  return isGrpcServiceError(cause) ? cause.code : undefined;
}
