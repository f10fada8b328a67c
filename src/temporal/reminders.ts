/**
 * Reminders as their callers see them. Temporal is the only store: a reminder is a workflow, its id the workflow's; lists
 * come from visibility, details from a query, changes go through an update, and cancelling is Temporal's own.
 */
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers';
import type { ReminderChange, ReminderInput, ReminderState, ReminderStatus } from '../reminder';
import { reminder as reminderWorkflow, reschedule, status as statusQuery } from '../workflows/reminder';
import { reminderContact, whileWaiting } from '../workflows/searchAttributes';
import { waiting } from '../workflows/status';
import { reminderTaskQueue } from './connection';
import type { ContactIds } from './contactIds';
import {
  afterTermination,
  endState,
  isReminder,
  lastState,
  memoOf,
  queryFor,
  summaryOf,
  type Execution,
  type Memo,
} from './execution';
import { createCaller, PATIENCE_MS } from './failure';
import { decodePageToken, encodePageToken } from './pageToken';

/** A reminder, with everything known of it. */
export interface Reminder extends ReminderStatus {
  id: string;
  /** Its execution in the Temporal Web UI, where one is known. */
  webUiUrl?: string;
}

/** A reminder in a list: without the path and the deliveries, which only its workflow knows. */
export type ReminderSummary = Omit<Reminder, 'path' | 'deliveries'>;

export interface ReminderPage {
  reminders: ReminderSummary[];
  /** Absent on the last page. */
  nextPageToken?: string;
}

/** There is no reminder of this id. */
export class ReminderNotFound extends Error {
  override name = 'ReminderNotFound';
}

/** The reminder is no longer in a state in which it can be changed or cancelled. */
export class ReminderNotWaiting extends Error {
  override name = 'ReminderNotWaiting';
  constructor(readonly state: ReminderState) {
    super(`The reminder is ${state}`);
  }
}

/** The id is taken by a reminder that was asked for in other words. */
export class ReminderDiffers extends Error {
  override name = 'ReminderDiffers';
}

export interface Reminders {
  /**
   * Starts a reminder, at most one for each id.
   *
   * @param fingerprint - a digest of what was asked for: the same id with another one is refused.
   * @throws {ReminderDiffers}
   */
  start(id: string, input: ReminderInput, fingerprint: string): Promise<{ reminder: Reminder; created: boolean }>;
  /** @throws {ReminderNotFound} */
  get(id: string): Promise<Reminder>;
  /**
   * Running reminders first, the latest started of them on top; then those that have ended, the latest on top.
   *
   * @throws {InvalidPageToken}
   */
  list(options: { state?: ReminderState; pageSize: number; pageToken?: string }): Promise<ReminderPage>;
  /** @throws {ReminderNotFound}, {ReminderNotWaiting} */
  change(id: string, change: ReminderChange): Promise<Reminder>;
  /**
   * Cancels a reminder. It may take a moment, as an attempt in flight is let end, and workers may be away: until then its
   * state is still `waiting` or `sending`.
   *
   * @throws {ReminderNotFound}, {ReminderNotWaiting} when it has ended already, other than by a cancellation.
   */
  cancel(id: string): Promise<Reminder>;
  /** @throws {TemporalUnavailable} while Temporal is away, or has no such namespace. */
  check(): Promise<void>;
  /** Closes the connection of the client, once the calls under way have ended. */
  close(): Promise<void>;
}

const staticSummaries = {
  email: 'Reminder by email',
  sms: 'Reminder by text message',
  both: 'Reminder by email and text message',
};

/** How long a cancellation is given to come true before the answer is sent, in milliseconds. */
const cancellationPatience = 2_000;

/**
 * @param client - of the Temporal that the reminders live in. Every function throws `TemporalUnavailable` or
 *   `TemporalOverloaded` when that does not answer within 4 s, or refuses more load.
 * @param contactIds - by which a contact's reminders are found.
 * @param webUiUrl - of the Temporal Web UI, without a trailing slash, where there is one.
 */
export function createReminders(client: Client, contactIds: ContactIds, webUiUrl: string | undefined): Reminders {
  const { namespace } = client.options;
  const { call, close } = createCaller(client);
  const asked = new Map<string, Promise<ReminderStatus>>();

  async function start(id: string, input: ReminderInput, fingerprint: string) {
    const { message, preference, createdAt, dueAt } = input;
    const memo: Memo = { message, preference, createdAt, fingerprint };
    try {
      const { firstExecutionRunId } = await client.workflow.start(reminderWorkflow, {
        workflowId: id,
        taskQueue: reminderTaskQueue,
        args: [input],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: staticSummaries[preference],
        memo: { ...memo },
        typedSearchAttributes: [...whileWaiting(dueAt), { key: reminderContact, value: await contactIdsOf(input) }],
      });
      return { reminder: { id, ...waiting(input), ...linkTo(id, firstExecutionRunId) }, created: true };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const execution = await find(id);
      if (memoOf(execution).fingerprint !== fingerprint) throw new ReminderDiffers();
      return { reminder: await read(execution), created: false };
    }
  }

  function contactIdsOf(input: ReminderInput): Promise<string[]> {
    return Promise.all([
      ...('email' in input ? [contactIds.idOf('email', input.email)] : []),
      ...('phone' in input ? [contactIds.idOf('sms', input.phone)] : []),
    ]);
  }

  async function list({ state, pageSize, pageToken }: Parameters<Reminders['list']>[0]): Promise<ReminderPage> {
    const query = queryFor(state);
    const page = await client.workflowService.listWorkflowExecutions({
      namespace,
      query,
      pageSize,
      ...(pageToken !== undefined && { nextPageToken: decodePageToken(pageToken, query) }),
    });
    const executions = await Promise.all(
      page.executions.map((raw) => executionInfoFromRaw(raw, client.options.loadedDataConverter, raw, namespace)),
    );
    return {
      reminders: executions.filter(isReminder).map(summarise),
      ...(page.nextPageToken.length > 0 && { nextPageToken: encodePageToken(page.nextPageToken, query) }),
    };
  }

  async function change(id: string, wish: ReminderChange): Promise<Reminder> {
    const summary = summarise(await find(id));
    if (summary.state !== 'waiting') throw new ReminderNotWaiting(summary.state);
    try {
      return { ...summary, ...(await client.workflow.getHandle(id).executeUpdate(reschedule, { args: [wish] })) };
    } catch (error) {
      // It became due, or was cancelled, between the look and the change.
      if (!(error instanceof WorkflowUpdateFailedError || error instanceof WorkflowNotFoundError)) throw error;
      throw new ReminderNotWaiting(summarise(await find(id)).state);
    }
  }

  async function cancel(id: string): Promise<Reminder> {
    const deadline = Date.now() + PATIENCE_MS;
    const { state } = summarise(await find(id));
    if (state === 'waiting' || state === 'sending') {
      await client.workflow.getHandle(id).cancel();
      await settled(id, Math.min(Date.now() + cancellationPatience, deadline));
    }
    const reminder = await get(id);
    if (!['waiting', 'sending', 'cancelled'].includes(reminder.state)) throw new ReminderNotWaiting(reminder.state);
    return reminder;
  }

  /** Waits a moment for an execution to end: how it ends is for the next look at it to tell. */
  async function settled(id: string, deadline: number): Promise<void> {
    await client.connection.withDeadline(deadline, () => client.workflow.getHandle(id).result()).catch(() => undefined);
  }

  async function get(id: string): Promise<Reminder> {
    return read(await find(id));
  }

  async function find(id: string): Promise<WorkflowExecutionDescription> {
    try {
      const execution = await client.workflow.getHandle(id).describe();
      if (isReminder(execution)) return execution;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
    throw new ReminderNotFound();
  }

  async function read(execution: WorkflowExecutionDescription): Promise<Reminder> {
    const summary = summarise(execution);
    const status = afterTermination(await statusOf(execution, summary), execution);
    return { ...summary, ...status, state: endState(execution) ?? status.state };
  }

  /** What waits, and what was sent, can be told without a worker; the others are asked. */
  async function statusOf(execution: WorkflowExecutionDescription, summary: ReminderSummary): Promise<ReminderStatus> {
    if (lastState(execution) === 'waiting') return waiting(summary);
    const handle = client.workflow.getHandle<typeof reminderWorkflow>(execution.workflowId);
    return execution.status.name === 'COMPLETED' ? handle.result() : ask(execution.runId, handle);
  }

  /** Those who ask at the same time share the answer: of a busy workflow, the server takes one question at a time. */
  function ask(runId: string, handle: WorkflowHandle): Promise<ReminderStatus> {
    const answer = asked.get(runId) ?? handle.query(statusQuery).finally(() => asked.delete(runId));
    asked.set(runId, answer);
    return answer;
  }

  function summarise(execution: Execution): ReminderSummary {
    return { ...summaryOf(execution), ...linkTo(execution.workflowId, execution.runId) };
  }

  function linkTo(id: string, runId: string) {
    return webUiUrl && { webUiUrl: `${webUiUrl}/namespaces/${namespace}/workflows/${id}/${runId}` };
  }

  return {
    start: (...args) => call(() => start(...args)),
    get: (...args) => call(() => get(...args)),
    list: (...args) => call(() => list(...args)),
    change: (...args) => call(() => change(...args)),
    cancel: (...args) => call(() => cancel(...args)),
    check: () => call(() => client.workflowService.describeNamespace({ namespace })).then(() => undefined),
    close,
  };
}
