/**
 * Contacts as their callers see them: each is a workflow that runs for good, from the first moment that something is to be
 * known of it. Its id tells nothing of its address, and nobody finds it who was not told it.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { ConfirmationOutcome, ContactInput, ContactState, Standing } from '../contact';
import type { Channel } from '../reminder';
import { ask, askAgain, confirm, contact, reopen, resume, stop } from '../workflows/contact';
import { contactAskedAt, contactChannel, contactState, reminderContact } from '../workflows/searchAttributes';
import { reminderTaskQueue } from './connection';
import type { ContactIds } from './contactIds';
import { createCaller } from './failure';

/** There is no contact of this id. */
export class ContactNotFound extends Error {
  override name = 'ContactNotFound';
}

/** A contact of which something is known. */
export interface Contact extends Standing {
  channel: Channel;
}

/** All throw `TemporalUnavailable` or `TemporalOverloaded` when Temporal does not answer, or refuses more load. */
export interface Contacts {
  /** The id of a contact, which stands in the links that it gets: whoever knows it may stop messages to it. */
  idOf(channel: Channel, address: string): Promise<string>;
  /** Where a contact stands; one of which nothing is known is unconfirmed. */
  standing(channel: Channel, address: string): Promise<Standing>;
  /** The same, for those who know the id. */
  standingOf(id: string): Promise<Standing>;
  /** @throws {ContactNotFound} */
  find(id: string): Promise<Contact>;
  /** Asks a contact for its consent, if that is still to be had, on behalf of a reminder, which is told of the answer. */
  ask(channel: Channel, request: { reminderId: string; to: string; timeZone?: string | undefined }): Promise<void>;
  /**
   * Asks once more, for someone whose question got lost.
   *
   * @returns false when it was asked too often lately, or has answered.
   * @throws {ContactNotFound}
   */
  askAgain(id: string, channel: Channel): Promise<boolean>;
  /** How many were asked over a channel within 24 hours, all or those of one folded id, of which one knows within seconds. */
  countAsked(channel: Channel, foldedId?: string): Promise<number>;
  /** Takes the answer to a question. @throws {ContactNotFound} */
  confirm(id: string, secret: string): Promise<ConfirmationOutcome>;
  /** From now on no message goes to this address. @param reason - one sentence without contacts. */
  stop(channel: Channel, address: string, reason: string): Promise<void>;
  /**
   * The same, and its workflow, whose history tells the address, gives way in the same moment to one that never knew it.
   * Those that have ended are left to be deleted.
   */
  stopAnew(channel: Channel, address: string, reason: string): Promise<void>;
  /**
   * From now on messages go to this address: its owner wants them, or wants them again.
   *
   * @param messageId - of the message that says so: the same one changes nothing again.
   */
  resume(channel: Channel, address: string, messageId?: string): Promise<void>;
  /** The same as `stop`, for those who know the id. */
  stopById(id: string, channel: Channel, reason: string): Promise<void>;
  /** One that is stopped may be asked again whether it wants messages. */
  reopenById(id: string): Promise<void>;
}

/** The workflow of a contact. */
export function contactWorkflowId(contactId: string): string {
  return `contact-${contactId}`;
}

const DAY_MS = 24 * 3_600_000;

const staticSummaries = { email: 'Consent of an email address', sms: 'Consent of a phone number' };

export function createContacts(client: Client, contactIds: ContactIds): Contacts {
  const { call } = createCaller(client);
  const idOf = async (channel: Channel, address: string) => contactWorkflowId(await contactIds.idOf(channel, address));

  const handleOf = (id: string) => client.workflow.getHandle<typeof contact>(id);

  async function find(id: string): Promise<Contact> {
    const execution = await handleOf(id).describe().catch(translateNotFound);
    const { channel, reason } = execution.memo as { channel?: Channel; reason?: string | null }; // The workflow's own memo.
    if (execution.type !== contact.name || channel === undefined) throw new ContactNotFound();
    const state = (execution.typedSearchAttributes.get(contactState) ?? 'unconfirmed') as ContactState;
    return { channel, state, ...(reason && { reason }) };
  }

  async function standingOf(id: string): Promise<Standing> {
    try {
      return await find(id);
    } catch (error) {
      if (error instanceof ContactNotFound) return { state: 'unconfirmed' };
      throw error;
    }
  }

  /** How a contact begins of which nothing is known yet. */
  function beginAs(channel: Channel, standing: Standing) {
    const input: ContactInput = { ...standing, channel, waiting: [], askedAt: [], heard: [] };
    return {
      taskQueue: reminderTaskQueue,
      args: [input] as [ContactInput],
      staticSummary: staticSummaries[channel],
      memo: { channel, reason: standing.reason ?? null },
      typedSearchAttributes: [{ key: contactState, value: standing.state }],
    };
  }

  async function send(channel: Channel, { reminderId, to, timeZone }: Parameters<Contacts['ask']>[1]): Promise<void> {
    const [id, foldedId] = await Promise.all([idOf(channel, to), contactIds.foldedIdOf(channel, to)]);
    // Nothing is to be asked, and one that was forgotten does not learn its address again.
    if ((await standingOf(id)).state === 'stopped') return;
    await client.workflow.signalWithStart(contact, {
      workflowId: id,
      ...beginAs(channel, { state: 'unconfirmed' }),
      signal: ask,
      signalArgs: [{ person: { address: to, foldedId, timeZone }, reminderId, secret: newSecret(channel) }],
    });
  }

  async function stopAnew(id: string, channel: Channel, reason: string): Promise<void> {
    await client.workflow.start(contact, {
      workflowId: id,
      workflowIdConflictPolicy: 'TERMINATE_EXISTING',
      ...beginAs(channel, { state: 'stopped', reason }),
    });
  }

  async function stopById(id: string, channel: Channel, reason: string): Promise<void> {
    const begin = beginAs(channel, { state: 'stopped', reason });
    await client.workflow.signalWithStart(contact, { workflowId: id, ...begin, signal: stop, signalArgs: [reason] });
  }

  async function resumeAt(id: string, channel: Channel, messageId?: string): Promise<void> {
    const begin = beginAs(channel, { state: 'confirmed' });
    const signalArgs: [string?] = messageId === undefined ? [] : [messageId];
    await client.workflow.signalWithStart(contact, { workflowId: id, ...begin, signal: resume, signalArgs });
  }

  async function countAsked(channel: Channel, foldedId?: string): Promise<number> {
    const since = new Date(Date.now() - DAY_MS).toISOString();
    const inAll = `WorkflowType = '${contact.name}' AND ${contactChannel.name} = '${channel}' AND ${contactAskedAt.name} > '${since}'`;
    const here = foldedId === undefined ? '' : ` AND ${reminderContact.name} = '${foldedId}'`;
    const { count } = await client.workflow.count(inAll + here);
    return count;
  }

  return {
    idOf: (...args) => call(() => idOf(...args)),
    standing: (channel, address) => call(async () => standingOf(await idOf(channel, address))),
    standingOf: (...args) => call(() => standingOf(...args)),
    find: (...args) => call(() => find(...args)),
    ask: (...args) => call(() => send(...args)),
    askAgain: (id, channel) =>
      call(() =>
        handleOf(id)
          .executeUpdate(askAgain, { args: [newSecret(channel)] })
          .catch(translateNotFound),
      ),
    countAsked: (...args) => call(() => countAsked(...args)),
    confirm: (id, secret) =>
      call(() =>
        handleOf(id)
          .executeUpdate(confirm, { args: [secret] })
          .catch(translateNotFound),
      ),
    stop: (channel, address, reason) => call(async () => stopById(await idOf(channel, address), channel, reason)),
    stopAnew: (channel, address, reason) => call(async () => stopAnew(await idOf(channel, address), channel, reason)),
    resume: (channel, address, messageId) =>
      call(async () => resumeAt(await idOf(channel, address), channel, messageId)),
    stopById: (...args) => call(() => stopById(...args)),
    reopenById: (id) => call(() => handleOf(id).signal(reopen).catch(translateNotFound)),
  };
}

/** A link's key, or six digits. */
function newSecret(channel: Channel): string {
  return channel === 'email' ? randomUUID() : String(randomInt(1_000_000)).padStart(6, '0');
}

function translateNotFound(error: unknown): never {
  throw error instanceof WorkflowNotFoundError ? new ContactNotFound() : error;
}
