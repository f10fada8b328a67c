import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { OutboxMessage } from '../../src/reminder';
import { freePort } from '../ports';
import { eventually, startSystem, type System } from '../system';
import { getReminder, startReminder } from './client';

/** Six hours ahead of UTC, and six behind it: wherever this machine is, its clock tells neither's time, or not both. */
const [BY_NIGHT, BY_DAY] = ['Etc/GMT-6', 'Etc/GMT+6'];

/** Starts a system for which it is night, for an hour, in the one time zone and not in the other. */
async function startAtNight(t: TestContext, settings: Record<string, string> = {}): Promise<System> {
  const clock = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
  const system = await startSystem({ QUIET_HOURS: `${clock(5.5)}-${clock(6.5)}`, ...settings });
  t.after(() => system.stop());
  return system;
}

test('a reminder waits for the morning of where its maker says that the person lives', async (t) => {
  const { url } = await startAtNight(t);
  const start = (timeZone: string) => startReminder(url, { waitSeconds: 0, preference: 'sms', timeZone });
  const [asleep, awake] = [await start(BY_NIGHT), await start(BY_DAY)];
  await eventually(async () => (await getReminder(url, awake.id)).state === 'succeeded');
  await eventually(async () => (await getReminder(url, asleep.id)).deliveries[0]?.waitsFor === 'quiet-hours');
});

test('nobody is asked for consent while it is night where they live', async (t) => {
  const { url, client } = await startAtNight(t, { REQUIRE_CONSENT: 'true', PORT: String(await freePort()) });
  const [asleep, awake] = ['+14155550101', '+14155550102'];
  const start = (phone: string, timeZone: string) =>
    startReminder(url, { waitSeconds: 3600, preference: 'sms', phone, timeZone });
  await start(asleep, BY_NIGHT);
  await start(awake, BY_DAY);

  const outbox = async () => (await (await fetch(`${url}/api/outbox`)).json()) as OutboxMessage[];
  await eventually(async () => (await outbox()).some(({ to }) => to === awake));
  await eventually(async () => {
    for await (const { workflowId } of client.workflow.list({ query: "WorkflowType = 'contact'" })) {
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
      const failures = events?.map(({ activityTaskFailedEventAttributes: failed }) => failed?.failure?.message) ?? [];
      if (failures.includes('It is night where the person lives.')) return true;
    }
    return false;
  });
  assert.deepEqual(
    (await outbox()).map(({ to }) => to),
    [awake],
  );
});
