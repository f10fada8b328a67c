import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { leftOfQuietHours } from '../../src/activities/quietHours';
import { readConfig } from '../../src/config';

const HOUR = 3_600_000;

const night = readConfig({ HOME: __dirname, QUIET_HOURS: '21:00-08:00' }).quietHours.sms;
const noon = readConfig({ HOME: __dirname, QUIET_HOURS: 'sms=12:00-13:30' }).quietHours.sms;

describe('quiet hours', () => {
  for (const [what, hours, now, timeZone, left] of [
    ['last over midnight', night, '2027-02-14T22:00:00Z', 'UTC', 10 * HOUR],
    ['last until the morning', night, '2027-02-14T07:59:30Z', 'UTC', 30_000],
    ['begin on the minute', night, '2027-02-14T21:00:00Z', 'UTC', 11 * HOUR],
    ['have not begun a moment before', night, '2027-02-14T20:59:59Z', 'UTC', 0],
    ['are over on the minute', night, '2027-02-14T08:00:00Z', 'UTC', 0],
    ['are those of where the person lives', night, '2027-02-14T06:30:00Z', 'America/Los_Angeles', 9.5 * HOUR],
    ['are not those of where it is day', night, '2027-02-14T22:00:00Z', 'America/Los_Angeles', 0],
    ['know half-hour zones', night, '2027-02-14T15:30:00Z', 'Asia/Kolkata', 11 * HOUR],
    ['may be at noon', noon, '2027-02-14T12:30:00Z', 'UTC', HOUR],
    ['are none without a setting', undefined, '2027-02-14T22:00:00Z', 'UTC', 0],
  ] as const) {
    test(what, () => {
      assert.equal(leftOfQuietHours(hours, new Date(now), timeZone), left);
    });
  }

  test('are those of this machine for a time zone that nobody knows', () => {
    const now = new Date('2027-02-14T22:00:00Z');
    assert.equal(leftOfQuietHours(night, now, 'Mars/Olympus'), leftOfQuietHours(night, now, undefined));
  });

  test('may be other ones for each channel', () => {
    const { email, sms } = readConfig({
      HOME: __dirname,
      QUIET_HOURS: 'sms=21:00-08:00, email=23:00-06:30',
    }).quietHours;
    assert.deepEqual(sms, { from: 1260, until: 480 });
    assert.deepEqual(email, { from: 1380, until: 390 });
    assert.equal(readConfig({ HOME: __dirname, QUIET_HOURS: 'sms=21:00-08:00' }).quietHours.email, undefined);
  });
});
