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
import type { ConfirmationOutcome, ContactState } from '../contact';
import type {
  Channel,
  Delivery,
  Receipt,
  ReminderChange,
  ReminderInput,
  ReminderState,
  ReminderStatus,
} from '../reminder';
import { receipt, reminder as reminderWorkflow, reschedule, status as statusQuery } from '../workflows/reminder';
import { reminderContact, whileWaiting } from '../workflows/searchAttributes';
import { waiting } from '../workflows/status';
import { reminderTaskQueue } from './connection';
import type { ContactIds } from './contactIds';
import { ContactNotFound, contactWorkflowId, type Contacts } from './contacts';
import { LimitReached, type Contact, type Limits } from './limits/limit';
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
import { createRuns } from './runs';

/** A reminder, with everything known of it. */
export interface Reminder extends Omit<ReminderStatus, 'deliveries'> {
  id: string;
  deliveries: (Delivery & {
    /** Where its contact stands, if it has to agree first. */
    consent?: ContactState;
  })[];
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
   * @throws {ReminderDiffers}, {LimitReached} unless there is a reminder of this id already.
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
  /** @throws {ReminderNotFound}, {ReminderNotWaiting}, {LimitReached} */
  change(id: string, change: ReminderChange): Promise<Reminder>;
  /**
   * Cancels a reminder. It may take a moment, as an attempt in flight is let end, and workers may be away: until then its
   * state is still `waiting` or `sending`.
   *
   * @throws {ReminderNotFound}, {ReminderNotWaiting} when it has ended already, other than by a cancellation.
   */
  cancel(id: string): Promise<Reminder>;
  /** Takes the six digits that a contact got by text message. @throws {ReminderNotFound}, {ContactNotFound} */
  confirm(id: string, code: string): Promise<ConfirmationOutcome>;
  /**
   * Asks the contact of a reminder once more for its consent.
   *
   * @returns false when it was asked too often lately, or has answered.
   * @throws {ReminderNotFound}, {ReminderNotWaiting} when the reminder has ended, {ContactNotFound}
   */
  askAgain(id: string, channel: Channel): Promise<boolean>;
  /** Tells a reminder what a provider reports of it; one that is not there any more is passed over. */
  record(id: string, receipt: Receipt): Promise<void>;
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

export interface ReminderDependencies {
  /** By which a contact's reminders are found. */
  contactIds: ContactIds;
  contacts: Contacts;
  /** Whether the contacts of a channel have to agree before they get anything. */
  requireConsent: Record<Channel, boolean>;
  /** Where the Temporal Web UI is, without a trailing slash, if it is anywhere. */
  webUiUrl: string | undefined;
  limits: Limits;
}

/**
 * @param client - of the Temporal that the reminders live in. Every function throws `TemporalUnavailable` or
 *   `TemporalOverloaded` when that does not answer within 4 s, or refuses more load.
 */
export function createReminders(
  client: Client,
  { contactIds, contacts, requireConsent, webUiUrl, limits }: ReminderDependencies,
): Reminders {
  const { namespace } = client.options;
  const { call, close } = createCaller(client);
  const runs = createRuns(client);
  const asked = new Map<string, Promise<ReminderStatus>>();

  async function start(id: string, input: ReminderInput, fingerprint: string) {
    const ids = await idsOf(input);
    const dueWish = { id, contactIds: ids.map(({ foldedId }) => foldedId), dueAt: input.dueAt };
    const begin = () => limits.due(dueWish, () => startOrFind(id, input, fingerprint, ids));
    const withinLimits = limits.starts.reduceRight((next, limit) => () => limit({ id, contacts: ids }, next), begin);
    try {
      const started = await withinLimits();
      // When this fails, the reminder asks by itself once it is due.
      if (isUnderWay(started.reminder)) await askContacts(id, input);
      return started;
    } catch (error) {
      if (!(error instanceof LimitReached)) throw error;
      // A repeated request starts nothing, and gets the answer that it got before.
      const execution = await find(id).catch((cause: unknown) => {
        throw cause instanceof ReminderNotFound ? error : cause;
      });
      return repeated(execution, fingerprint);
    }
  }

  async function startOrFind(id: string, input: ReminderInput, fingerprint: string, ids: Contact[]) {
    const { message, preference, fallback, createdAt, dueAt } = input;
    const workflows = Object.fromEntries(ids.map(({ channel, id }) => [channel, contactWorkflowId(id)]));
    const memo: Memo = {
      message,
      preference,
      createdAt,
      fingerprint,
      contacts: workflows,
      ...(fallback && { fallback }),
    };
    try {
      const { firstExecutionRunId } = await client.workflow.start(reminderWorkflow, {
        workflowId: id,
        taskQueue: reminderTaskQueue,
        args: [input],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: staticSummaries[preference],
        memo: { ...memo },
        typedSearchAttributes: [
          ...whileWaiting(dueAt),
          { key: reminderContact, value: ids.flatMap(({ id, foldedId }) => [id, foldedId]) },
        ],
      });
      const reminder = { id, ...waiting(input), ...linkTo(id, firstExecutionRunId) };
      return { reminder, created: true, startedAt: new Date() };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      return repeated(await find(id), fingerprint);
    }
  }

  /** What the reminder has become that a request with this id has started before. */
  async function repeated(execution: WorkflowExecutionDescription, fingerprint: string) {
    if (memoOf(execution).fingerprint !== fingerprint) throw new ReminderDiffers();
    return { reminder: await read(execution), created: false, startedAt: execution.startTime };
  }

  function idsOf(input: ReminderInput): Promise<Contact[]> {
    return Promise.all([
      ...('email' in input ? [idsAt('email', input.email)] : []),
      ...('phone' in input ? [idsAt('sms', input.phone)] : []),
    ]);
  }

  async function idsAt(channel: Channel, address: string): Promise<Contact> {
    const [id, foldedId] = await Promise.all([
      contactIds.idOf(channel, address),
      contactIds.foldedIdOf(channel, address),
    ]);
    return { channel, id, foldedId };
  }

  /** Once for each reminder: a contact that it knows is not asked again. */
  async function askContacts(id: string, input: ReminderInput): Promise<void> {
    const request = { reminderId: id, timeZone: input.timeZone };
    await Promise.all([
      'email' in input && requireConsent.email && contacts.ask('email', { ...request, to: input.email }),
      'phone' in input && requireConsent.sms && contacts.ask('sms', { ...request, to: input.phone }),
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
    const execution = await find(id);
    const summary = summarise(execution);
    if (summary.state !== 'waiting') throw new ReminderNotWaiting(summary.state);
    const { dueAt } = wish;
    const contactIds = execution.typedSearchAttributes.get(reminderContact) ?? [];
    const apply = () => client.workflow.getHandle(id).executeUpdate(reschedule, { args: [wish] });
    try {
      const status = await (dueAt === undefined ? apply() : limits.due({ id, contactIds, dueAt }, apply));
      return { ...summary, ...status };
    } catch (error) {
      // It became due, or was cancelled, between the look and the change.
      if (!(error instanceof WorkflowUpdateFailedError || error instanceof WorkflowNotFoundError)) throw error;
      throw new ReminderNotWaiting(summarise(await find(id)).state);
    }
  }

  async function cancel(id: string): Promise<Reminder> {
    const deadline = Date.now() + PATIENCE_MS;
    if (isUnderWay(summarise(await find(id)))) {
      await client.workflow.getHandle(id).cancel();
      await settled(id, Math.min(Date.now() + cancellationPatience, deadline));
    }
    const reminder = await get(id);
    if (!isUnderWay(reminder) && reminder.state !== 'cancelled') throw new ReminderNotWaiting(reminder.state);
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
    const deliveries = await withConsent(status.deliveries, memoOf(execution));
    return { ...summary, ...status, deliveries, state: endState(execution) ?? status.state };
  }

  /** Where the contacts stand that have to agree before a message is sent. */
  function withConsent(deliveries: Delivery[], { contacts: workflows = {} }: Memo): Promise<Reminder['deliveries']> {
    return Promise.all(
      deliveries.map(async (delivery) => {
        const contact = workflows[delivery.channel];
        if (contact === undefined || delivery.status !== 'pending' || !requireConsent[delivery.channel])
          return delivery;
        return { ...delivery, consent: (await contacts.standingOf(contact)).state };
      }),
    );
  }

  /** The workflow of the contact that a reminder goes to over a channel. */
  async function contactOf(execution: WorkflowExecutionDescription, channel: Channel): Promise<string> {
    const { contacts: workflows } = memoOf(execution);
    const contact = workflows ? workflows[channel] : await contactOfInput(execution.workflowId, channel);
    if (contact === undefined) throw new ContactNotFound();
    return contact;
  }

  /** Nobody is asked on behalf of a reminder that has ended. */
  async function contactToAsk(id: string, channel: Channel): Promise<string> {
    const execution = await find(id);
    const summary = summarise(execution);
    if (!isUnderWay(summary)) throw new ReminderNotWaiting(summary.state);
    return contactOf(execution, channel);
  }

  /** Of a reminder that was started elsewhere, or by an earlier version, only the input tells. */
  async function contactOfInput(id: string, channel: Channel): Promise<string | undefined> {
    const started = await runs.inputOf({ workflowId: id });
    if (started?.kind !== 'read') return undefined;
    const { email, phone } = started.input as { email?: string; phone?: string }; // The workflow has checked it.
    const address = channel === 'email' ? email : phone;
    return address === undefined ? undefined : contacts.idOf(channel, address);
  }

  async function record(id: string, wish: Receipt): Promise<void> {
    try {
      const execution = await find(id);
      if (execution.status.name === 'RUNNING') await client.workflow.getHandle(id).signal(receipt, wish);
    } catch (error) {
      if (!(error instanceof ReminderNotFound || error instanceof WorkflowNotFoundError)) throw error;
    }
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
    confirm: async (id, code) => contacts.confirm(await call(async () => contactOf(await find(id), 'sms')), code),
    askAgain: async (id, channel) => contacts.askAgain(await call(() => contactToAsk(id, channel)), channel),
    record: (...args) => call(() => record(...args)),
    check: () => call(() => client.workflowService.describeNamespace({ namespace })).then(() => undefined),
    close,
  };
}

function isUnderWay({ state }: { state: ReminderState }): boolean {
  return state === 'waiting' || state === 'sending';
}
