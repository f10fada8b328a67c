/** Runs of workflows, as those handle them who remove them: by what Temporal itself knows, whether they can be read or not. */
import { status } from '@grpc/grpc-js';
import { isGrpcServiceError, type Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import { temporal } from '@temporalio/proto';
import { createCaller } from './failure';

const { PENDING_ACTIVITY_STATE_STARTED } = temporal.api.enums.v1.PendingActivityState;
const { WORKFLOW_EXECUTION_STATUS_RUNNING } = temporal.api.enums.v1.WorkflowExecutionStatus;

const PAGE_SIZE = 50;

export interface Run {
  workflowId: string;
  /** Without it, the latest run is meant. */
  runId?: string;
}

/** All throw `TemporalUnavailable` or `TemporalOverloaded` when Temporal does not answer, or refuses more load. */
export interface Runs {
  /** The runs that a visibility query finds, by pages. */
  find(query: string): AsyncGenerator<Required<Run>[]>;
  exists(run: Run): Promise<boolean>;
  /** Whether one of its activities is being attempted. */
  isAttempting(run: Run): Promise<boolean>;
  /** The first argument that it was started with; nothing when there is no such run. */
  inputOf(run: Run): Promise<{ kind: 'read'; input: unknown } | { kind: 'unreadable' } | undefined>;
  /**
   * Has it deleted, and terminated before if it still runs. That one is gone at once; one that ended within the last minute or
   * so takes as long as that. Resolves to whether it still ran.
   */
  remove(run: Required<Run>): Promise<boolean>;
}

export function createRuns(client: Client): Runs {
  const { call } = createCaller(client);
  const { workflowService } = client;
  const { namespace, loadedDataConverter } = client.options;

  const describe = (execution: Run) =>
    call(() => workflowService.describeWorkflowExecution({ namespace, execution }).catch(nothingIfNotFound));

  return {
    async *find(query) {
      let nextPageToken: Uint8Array = Buffer.alloc(0);
      do {
        const wish = { namespace, query, pageSize: PAGE_SIZE, nextPageToken };
        const page = await call(() => workflowService.listWorkflowExecutions(wish));
        yield page.executions.flatMap(({ execution }) =>
          execution?.workflowId && execution.runId
            ? [{ workflowId: execution.workflowId, runId: execution.runId }]
            : [],
        );
        ({ nextPageToken } = page);
      } while (nextPageToken.length > 0);
    },

    exists: async (run) => (await describe(run)) !== undefined,

    isAttempting: async (run) => {
      const { pendingActivities = [] } = (await describe(run)) ?? {};
      return pendingActivities.some(({ state }) => state === PENDING_ACTIVITY_STATE_STARTED);
    },

    inputOf: async (execution) => {
      const wish = { namespace, execution, maximumPageSize: 1 };
      const answer = await call(() => workflowService.getWorkflowExecutionHistory(wish).catch(nothingIfNotFound));
      if (!answer) return undefined;
      const { input } = answer.history?.events?.[0]?.workflowExecutionStartedEventAttributes ?? {};
      try {
        const [first] = await decodeArrayFromPayloads(loadedDataConverter, input?.payloads);
        return { kind: 'read', input: first };
      } catch {
        return { kind: 'unreadable' };
      }
    },

    remove: async ({ workflowId, runId }) => {
      const execution = { workflowId, runId };
      const { workflowExecutionInfo } = (await describe(execution)) ?? {};
      await call(() =>
        workflowService.deleteWorkflowExecution({ namespace, workflowExecution: execution }).catch(nothingIfNotFound),
      );
      return workflowExecutionInfo?.status === WORKFLOW_EXECUTION_STATUS_RUNNING;
    },
  };
}

function nothingIfNotFound(error: unknown): undefined {
  if (!isGrpcServiceError(error) || error.code !== status.NOT_FOUND) throw error;
}
