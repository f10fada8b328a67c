import type { Channel } from '../reminder';

/**
 * The task queue of the sends over one channel, beside the queue of the workflows: so that a provider that hangs holds up
 * nothing else, and each channel has its own number of sends per second.
 */
export function sendingQueue(workflowQueue: string, channel: Channel): string {
  return `${workflowQueue}-${channel}`;
}
