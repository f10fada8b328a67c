import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutboxMessage } from '../../src/reminder';
import { eventually, startSystem } from '../system';
import { startReminder } from './client';

const MANY = 12;

for (const [slow, fast] of [
  ['sms', 'email'],
  ['email', 'sms'],
] as const) {
  test(`of two workers together, messages by ${slow} go out no faster than they may, and hold up no ${fast}`, async (t) => {
    const system = await startSystem({ [slow === 'sms' ? 'SMS_PER_SECOND' : 'EMAILS_PER_SECOND']: '2' });
    t.after(() => system.stop());
    await system.startAnotherWorker();

    for (let number = 0; number < MANY; number++)
      await startReminder(system.url, { preference: slow, waitSeconds: 0, message: `Message ${number}` });
    await startReminder(system.url, { preference: fast, waitSeconds: 0 });

    const all = await eventually(async () => {
      const messages = (await (await fetch(`${system.url}/api/outbox`)).json()) as OutboxMessage[];
      return messages.length === MANY + 1 && messages;
    });
    const times = (channel: string) =>
      all.filter((message) => message.channel === channel).map(({ at }) => Date.parse(at));
    const took = Math.max(...times(slow)) - Math.min(...times(slow));
    assert.ok(took >= 3_500, `${MANY} messages took ${took} ms at two a second`);
    assert.ok(Math.max(...times(fast)) < Math.max(...times(slow)), 'the other channel went first, though it came last');
  });
}
