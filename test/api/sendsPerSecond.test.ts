import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { OutboxMessage } from '../../src/reminder';
import { eventually, startSystem, type System } from '../system';
import { startReminder } from './client';

let system: System;
before(async () => {
  system = await startSystem({ SMS_PER_SECOND: '2' });
});
after(() => system.stop());

test('text messages go out no faster than they may, and emails are not held up by that', async () => {
  const texts = 8;
  for (let number = 0; number < texts; number++)
    await startReminder(system.url, { preference: 'sms', waitSeconds: 0, message: `Text ${number}` });
  await startReminder(system.url, { preference: 'email', waitSeconds: 0 });

  const all = await eventually(async () => {
    const messages = (await (await fetch(`${system.url}/api/outbox`)).json()) as OutboxMessage[];
    return messages.length === texts + 1 && messages;
  });
  const times = (channel: string) =>
    all.filter((message) => message.channel === channel).map(({ at }) => Date.parse(at));
  const took = Math.max(...times('sms')) - Math.min(...times('sms'));
  assert.ok(took >= 2_000, `eight text messages took ${took} ms at two a second`);
  assert.ok(Math.max(...times('email')) < Math.max(...times('sms')), 'the email went first, though it came last');
});
