import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deliveryWords, isHeld } from '../../src/api/deliveryWords';
import type { Reminder } from '../../src/temporal/reminders';

type Delivery = Reminder['deliveries'][number];

const LATER = '2027-02-14T07:00:00.000Z';

describe('the page of a reminder, without JavaScript,', () => {
  const cases: [delivery: Partial<Delivery>, words: RegExp, held: boolean][] = [
    [{ status: 'pending', consent: 'unconfirmed' }, /^We sent Bob a six-digit code .* Nothing is sent until/, true],
    [{ channel: 'email', status: 'pending', waitsFor: 'consent' }, /^We asked Bob by email .* until he says yes/, true],
    [{ status: 'pending', consent: 'stopped' }, /^They asked us to send nothing\.$/, false],
    [{ status: 'pending', consent: 'unreachable' }, /^We could not ask Bob whether he wants reminders\.$/, false],
    [
      { status: 'pending', consent: 'confirmed', waitsFor: 'quiet-hours', waitsUntil: LATER },
      /^It is night where Bob is\. It goes out on Sun, 14 Feb 2027 07:00:00 GMT\.$/,
      true,
    ],
    [{ status: 'sent', waitsFor: 'receipt' }, /^sent; we are waiting for word whether it arrived$/, true],
    [{ status: 'delivered' }, /^arrived$/, false],
    [{ status: 'failed', error: 'The email bounced.' }, /^failed: The email bounced\.$/, false],
    [{ status: 'unknown' }, /^perhaps sent: the answer got lost\. Best ask Bob$/, false],
  ];
  for (const [delivery, words, held] of cases) {
    test(`says in words how a message fares: ${JSON.stringify(delivery)}`, () => {
      const whole: Delivery = { channel: 'sms', status: 'sent', attempts: 1, ...delivery };
      assert.match(deliveryWords(whole), words);
      assert.equal(isHeld(whole), held);
    });
  }
});
