/**
 * Records histories of reminders on a real server, for the replay test: `node --require tsx/cjs test/histories/record.ts`.
 *
 * A history is recorded when a kind of it is new, and kept as long as such reminders may be running somewhere: it stands
 * for them when the workflow changes.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { SendError } from '../../src/activities/failure';
import type { Delivery, Receipt } from '../../src/reminder';
import { askAgain, confirm, reopen, resume, stop } from '../../src/workflows/contact';
import { consentChanged, receipt, reschedule, status } from '../../src/workflows/reminder';
import { askBob, recipients, type Scene, type SceneOptions } from '../workflows/scene';
import { startLocal } from '../workflows/server';

const rejected = () => {
  throw new SendError('Rejected', 'The provider does not know this address.');
};
const unavailableTwice = (attempt: number) => {
  if (attempt <= 2) throw new SendError('Unavailable', 'The provider is down.');
};
const maybeSentOnce = (attempt: number) => {
  if (attempt === 1) throw new SendError('MaybeSent', 'The answer got lost.');
};
const maybeSent = () => {
  throw new SendError('MaybeSent', 'The answer got lost.');
};
const unauthorized = () => {
  throw new SendError('Unauthorized', 'The key was refused.');
};
/** Longer than an attempt may take: the server takes the worker for lost. */
const lostOnce = async (attempt: number) => {
  if (attempt === 1) await setTimeout(31_000);
};
const maybeSentOnceForLong = (attempt: number) => {
  if (attempt === 1) throw new SendError('MaybeSent', 'The answer got lost.', 600_000);
};
let nights = 0;
const nightOnce = () =>
  nights++ > 0 ? Promise.resolve() : Promise.reject(new SendError('QuietHours', 'It is night.', 2_000));
const nothing = () => Promise.resolve(undefined);
const refusedUntil = (isAllowed: () => boolean) => () =>
  isAllowed() ? Promise.resolve() : Promise.reject(new SendError('Unconfirmed', 'The person has not answered yet.'));

function report(channel: Receipt['channel'], status: Receipt['status']): [Receipt] {
  return [{ channel, status, at: new Date().toISOString() }];
}

/** Waits until the delivery over the first channel fares so. */
async function until({ handle }: Scene, fares: (delivery: Delivery) => boolean): Promise<void> {
  while (!(await handle.query(status)).deliveries.some(fares));
}

/** The life of a contact: asked, answered wrongly, asked again, stopped, open to be asked, and back. */
async function liveAsContact(scene: Scene): Promise<WorkflowHandle> {
  const contact = await askBob(scene, scene.handle.workflowId);
  await contact.executeUpdate(confirm, { args: ['wrong'] });
  await contact.executeUpdate(askAgain, { args: ['654321'] });
  await contact.signal(stop, 'The person has replied STOP.');
  await contact.signal(reopen);
  await contact.signal(resume, 'SM1');
  await contact.executeUpdate(confirm, { args: ['wrong'] });
  await contact.terminate(); // It would run for good, and the history of what runs is not told whole.
  return contact;
}

let consented = false;


/** Each plays a reminder, and may say which other workflow is to be recorded in its place. */
const scenes: Record<string, [SceneOptions, (scene: Scene) => Promise<WorkflowHandle | undefined>]> = {
  'email-sent': [{ recipient: recipients.email, wait: 1_000 }, nothing],
  'sms-sent': [{ recipient: recipients.sms, wait: 1_000 }, nothing],
  'both-sent': [{ wait: 1_000 }, nothing],
  'started-by-the-api': [{ wait: 1_000, memo: { message: 'Cuddle Whiskers' } }, nothing],
  'due-in-the-past': [{ wait: -1_000 }, nothing],
  'sent-after-retries': [{ wait: 0, email: unavailableTwice }, nothing],
  'sent-after-maybe-sent': [{ wait: 0, sms: maybeSentOnce }, nothing],
  unknown: [{ wait: 0, sms: maybeSent }, nothing],
  'partly-sent': [{ wait: 0, email: rejected }, nothing],
  failed: [{ wait: 0, email: rejected, sms: rejected }, nothing],
  invalid: [{ input: { dueAt: 'soon' } }, nothing],
  'changed-twice': [
    { wait: 60_000 },
    async ({ handle, now }) => {
      await handle.executeUpdate(reschedule, { args: [{ message: 'Feed Whiskers' }] });
      await handle.executeUpdate(reschedule, { args: [{ dueAt: new Date(now.getTime() + 2_000).toISOString() }] });
    },
  ],
  'continued-as-new': [
    { wait: 60_000 },
    async ({ handle, now }) => {
      for (let change = 1; change <= 20; change++) {
        const dueAt = new Date(now.getTime() + (change < 20 ? 60_000 + change : 0)).toISOString();
        await handle.executeUpdate(reschedule, { args: [{ dueAt }] });
      }
    },
  ],
  'sent-after-a-lost-worker': [{ recipient: recipients.sms, wait: 0, sms: lostOnce }, nothing],
  delivered: [
    { wait: 0, receiptsForMs: 60_000 },
    async (scene) => {
      await until(scene, ({ status }) => status === 'sent');
      await scene.handle.signal(receipt, ...report('email', 'delivered'));
      await scene.handle.signal(receipt, ...report('sms', 'failed'));
    },
  ],
  'not-reported': [{ wait: 0, receiptsForMs: 2_000 }, nothing],
  'fallback-needed': [{ wait: 0, input: { fallback: true }, sms: rejected }, nothing],
  'fallback-not-needed': [
    { wait: 0, input: { fallback: true }, receiptsForMs: 60_000 },
    async (scene) => {
      await until(scene, ({ status }) => status === 'sent');
      await scene.handle.signal(receipt, ...report('sms', 'delivered'));
    },
  ],
  'reported-after-maybe-sent': [
    { recipient: recipients.sms, wait: 0, sms: maybeSentOnceForLong },
    async (scene) => {
      await until(scene, ({ error }) => error !== undefined);
      await scene.handle.signal(receipt, ...report('sms', 'sent'));
      await scene.handle.signal(receipt, ...report('sms', 'delivered'));
    },
  ],
  'waited-for-consent': [
    { recipient: recipients.email, wait: 0, admit: refusedUntil(() => consented) },
    async (scene) => {
      await until(scene, ({ waitsFor }) => waitsFor === 'consent');
      consented = true;
      await scene.handle.signal(consentChanged);
    },
  ],
  'waited-for-morning': [{ recipient: recipients.sms, wait: 0, admit: nightOnce }, nothing],
  stopped: [{ recipient: recipients.sms, wait: 0, admit: () => Promise.reject(new SendError('Stopped', 'STOP.')) }, nothing],
  contact: [{ recipient: recipients.sms, wait: 1_000 }, liveAsContact],
  'cancelled-while-waiting': [{ wait: 60_000 }, (scene) => scene.handle.cancel().then(nothing)],
  'cancelled-between-attempts': [
    { recipient: recipients.email, wait: 0, email: unauthorized },
    async ({ handle }) => {
      while ((await handle.query(status)).deliveries[0]?.error === undefined);
      await handle.cancel();
    },
  ],
};

async function record(): Promise<void> {
  // Otherwise it takes some five hundred changes to be continued as new.
  const world = await startLocal('limit.historyCount.suggestContinueAsNew=40');
  for (const [name, [options, act]] of Object.entries(scenes)) {
    const path = join(__dirname, `${name}.json`);
    if (existsSync(path)) continue;
    await world.play(options, async (scene) => {
      const other = await act(scene);
      await scene.handle.result().catch(() => undefined);
      const { workflowId, firstExecutionRunId } = scene.handle;
      const run = other ?? world.environment.client.workflow.getHandle(workflowId, firstExecutionRunId);
      const history = historyToJSON(await run.fetchHistory());
      // The stack traces shall not tell where this folder is.
      await writeFile(path, `${history.replaceAll(`${process.cwd()}/`, '')}\n`);
      console.log(`Recorded ${name}`);
    });
  }
  await world.stop();
}

void record();
