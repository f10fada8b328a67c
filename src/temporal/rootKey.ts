/**
 * The root key: 32 random bytes that are made once in the life of an installation, and kept by Temporal (as a memo, which
 * goes through the payload codec). Ids and keys that must be the same everywhere and for ever are derived from it.
 */
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { rootKey as rootKeyWorkflow } from '../workflows/rootKey';
import { reminderTaskQueue } from './connection';

const WORKFLOW_ID = 'root-key';
const KEY_BYTES = 32;

/** 128 bits: nobody finds out a text by trying, or another mark by guessing. */
const MARK_BYTES = 16;

export interface RootKey {
  /**
   * The key for one purpose: 32 bytes (HKDF with SHA-256, RFC 5869). Keys for different purposes tell nothing of each other.
   *
   * @throws what the client throws; the next call tries again.
   */
  derive(purpose: string): Promise<Buffer>;
  /**
   * A mark of a text that only this installation can make: an HMAC under the key for the purpose, as 22 characters that are
   * safe in an address.
   *
   * @throws as `derive` does.
   */
  mark(purpose: string, text: string): Promise<string>;
}

/** The root key of the installation whose Temporal this is. It is read, or made, when it is first needed. */
export function createRootKey(client: Client): RootKey {
  let root: Promise<Buffer> | undefined;

  async function read(): Promise<Buffer> {
    const { memo } = await client.workflow.getHandle(WORKFLOW_ID).describe();
    return Buffer.from(memo?.rootKey as string, 'base64'); // Only this program writes it.
  }

  /** Of several that make it at the same time, one does; all read what that one has made. */
  async function make(): Promise<void> {
    try {
      await client.workflow.start(rootKeyWorkflow, {
        workflowId: WORKFLOW_ID,
        taskQueue: reminderTaskQueue,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        staticSummary: 'Keeps the key of this installation: never end it',
        memo: { rootKey: randomBytes(KEY_BYTES).toString('base64') },
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }

  async function readOrMake(): Promise<Buffer> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      await make();
      return read();
    }
  }

  async function derive(purpose: string): Promise<Buffer> {
    root ??= readOrMake();
    try {
      return Buffer.from(hkdfSync('sha256', await root, '', purpose, KEY_BYTES));
    } catch (error) {
      root = undefined;
      throw error;
    }
  }

  async function mark(purpose: string, text: string): Promise<string> {
    const hmac = createHmac('sha256', await derive(purpose));
    return hmac.update(text).digest().subarray(0, MARK_BYTES).toString('base64url');
  }

  return { derive, mark };
}
