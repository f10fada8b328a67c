import { getHeapStatistics } from 'node:v8';
import {
  DefaultLogger,
  Runtime,
  Worker,
  type DataConverter,
  type NativeConnection,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Activities } from '../activities';
import type { Channel } from '../reminder';
import { reminderTaskQueue } from '../temporal/connection';
import { sendingQueue } from '../workflows/taskQueues';

export interface RunningWorker {
  /** Rejects when the worker cannot go on; resolves once it has stopped. */
  ended: Promise<void>;
  /** Takes no new work, lets the attempts in flight end, and resolves when they have. */
  stop(): Promise<void>;
}

export interface WorkerDependencies {
  connection: NativeConnection;
  namespace: string;
  /** Where the workflows are; the sends are on queues beside it. */
  taskQueue?: string;
  activities: Activities;
  dataConverter: DataConverter;
  /** Made with the failure converter of `dataConverter`. */
  workflowBundle: WorkflowBundleOption;
  /** The most sends per second over each channel, by all the workers together. */
  perSecond: Record<Channel, number>;
  /** How many sends over each channel this worker makes at a time; as many as the SDK does, by default. */
  sendsAtATime?: number | undefined;
}

/** About what one waiting reminder takes in the worker's cache. One that is not cached is replayed when it wakes up. */
const BYTES_PER_CACHED_WORKFLOW = 256 * 1024;

// Longer than a transport takes to give up: an attempt that is cut short is one that may have been sent.
const shutdownGraceTime = '20 seconds';

/** Starts a worker that runs reminders, and one for each channel that sends their messages. */
export async function runWorker({
  connection,
  namespace,
  taskQueue = reminderTaskQueue,
  activities,
  dataConverter,
  workflowBundle,
  perSecond,
  sendsAtATime,
}: WorkerDependencies): Promise<RunningWorker> {
  const sender = (channel: Channel) =>
    Worker.create({
      connection,
      namespace,
      taskQueue: sendingQueue(taskQueue, channel),
      activities,
      dataConverter,
      maxTaskQueueActivitiesPerSecond: perSecond[channel],
      ...(sendsAtATime !== undefined && { maxConcurrentActivityTaskExecutions: sendsAtATime }),
      shutdownGraceTime,
    });
  const workers = await Promise.all([
    Worker.create({
      connection,
      namespace,
      taskQueue,
      workflowBundle,
      activities, // Those that earlier versions have put on this queue.
      dataConverter,
      // More at a time than this only wait for each other: one thread runs them all.
      maxConcurrentWorkflowTaskExecutions: 8,
      maxCachedWorkflows: Math.floor(getHeapStatistics().heap_size_limit / BYTES_PER_CACHED_WORKFLOW),
      shutdownGraceTime,
    }),
    sender('email'),
    sender('sms'),
  ]);
  const stopAll = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  // One that cannot go on takes the others along.
  const ended = Promise.all(workers.map((worker) => worker.run().finally(stopAll))).then(() => undefined);
  return {
    ended,
    stop: async () => {
      stopAll();
      await ended;
    },
  };
}

/** Said of each worker that only sends, where it is meant so. */
const NO_WORKFLOWS = 'No workflows registered, not polling for workflow tasks';

/** How long the runtime does not say again what it has said, in milliseconds: while Temporal is away, each call fails. */
const REPEAT_AFTER_MS = 60_000;

/** What is logged beside a message of the runtime: what names the work, and never the work itself, which is private. */
const told = ['error', 'namespace', 'taskQueue', 'workflowType', 'workflowId', 'runId', 'activityType', 'attempt'];

/** Lets Temporal's runtime log where this program logs, and leaves the signals of this process to its `main`. */
export function installRuntime(logger: Logger): void {
  const said = new Set<string>();
  const log = new DefaultLogger('WARN', ({ level, message, meta }) => {
    const words = message.replace(/\d+/g, '#');
    if (words === NO_WORKFLOWS || said.has(words)) return;
    said.add(words);
    setTimeout(() => said.delete(words), REPEAT_AFTER_MS).unref();
    const details = Object.fromEntries(Object.entries(meta ?? {}).filter(([name]) => told.includes(name)));
    if (level === 'ERROR') logger.error(details, message);
    else logger.warn(details, message);
  });
  Runtime.install({
    logger: log,
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });
}
