import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createAdmission,
  createQuestionAdmission,
  type AdmissionRules,
  type ContactBook,
} from '../../src/activities/admission';
import { SendError } from '../../src/activities/failure';
import type { Standing } from '../../src/contact';

const bob = { reminderId: 'AAAAAAAAAAAAAAAAAAAAAA', to: '+14155552671', timeZone: 'UTC' };
/** An hour around now: in the time zone of Bob, or in one that is ahead of it. */
function aroundNow(hoursAhead = 0) {
  const now = new Date();
  const minute = (now.getUTCHours() + hoursAhead) * 60 + now.getUTCMinutes();
  return { from: (minute + 1_410) % 1_440, until: (minute + 30) % 1_440 };
}

/** Time zones, by how many hours they are ahead of UTC, with one where it is twelve hours later: a machine is in one at most. */
const farApart: [hoursAhead: number, timeZone: string, elsewhere: string][] = [
  [6, 'Etc/GMT-6', 'Etc/GMT+6'],
  [18, 'Etc/GMT+6', 'Etc/GMT-6'],
];

function admission(standing: Standing | Error, rules: Partial<AdmissionRules> = {}, asked: unknown[][] = []) {
  const contacts: ContactBook = {
    standing: () => (standing instanceof Error ? Promise.reject(standing) : Promise.resolve(standing)),
    ask: (...request) => {
      asked.push(request);
      return Promise.resolve();
    },
    countAsked: () => Promise.resolve(0),
  };
  return { admit: createAdmission(contacts, { ...strict, ...rules }), asked };
}

const strict: AdmissionRules = {
  requireConsent: { email: true, sms: true },
  quietHours: { email: undefined, sms: undefined },
  smsCountries: ['US'],
  limits: { requestsPerMinute: undefined, perContactPerDay: undefined, questionsPerDay: 5, waiting: 10 },
};

async function refusalOf(attempt: Promise<void>): Promise<SendError> {
  const error = await attempt.then(
    () => assert.fail('It was let through.'),
    (error: unknown) => error,
  );
  assert.ok(error instanceof SendError);
  return error;
}

describe('before anything is sent', () => {
  test('whoever has agreed gets it, and is not asked', async () => {
    const { admit, asked } = admission({ state: 'confirmed' });
    await admit('sms', bob);
    assert.deepEqual(asked, []);
  });

  test('whoever has not is asked on behalf of the reminder', async () => {
    const { admit, asked } = admission({ state: 'unconfirmed' });
    assert.equal((await refusalOf(admit('sms', bob))).kind, 'Unconfirmed');
    assert.deepEqual(asked, [['sms', bob]]);
  });

  test('whoever need not agree is not asked', async () => {
    const { admit, asked } = admission({ state: 'unconfirmed' }, { requireConsent: { email: true, sms: false } });
    await admit('sms', bob);
    assert.deepEqual(asked, []);
    assert.equal((await refusalOf(admit('email', { ...bob, to: 'bob@example.com' }))).kind, 'Unconfirmed');
  });

  test('whoever wants none gets none, though nobody need agree', async () => {
    const rules = { requireConsent: { email: false, sms: false } };
    const { admit } = admission({ state: 'stopped', reason: 'The person has replied STOP.' }, rules);
    const { kind, message } = await refusalOf(admit('sms', bob));
    assert.deepEqual([kind, message], ['Stopped', 'The person has replied STOP.']);
  });

  test('a look that fails lets nothing through, and tells nothing', async () => {
    const { admit } = admission(new Error(`no answer for ${bob.to}`));
    const { kind, message } = await refusalOf(admit('sms', bob));
    assert.equal(kind, 'Unavailable');
    assert.doesNotMatch(message, /4155552671/);
  });

  test('text messages go to no other country, and to no premium-rate number', async () => {
    const { admit } = admission({ state: 'confirmed' });
    assert.match((await refusalOf(admit('sms', { ...bob, to: '+442079460958' }))).message, /must be a number of US/);
    assert.equal((await refusalOf(admit('sms', { ...bob, to: '+19002345678' }))).kind, 'Rejected');
    await admit('email', { ...bob, to: 'bob@example.co.uk' });
  });

  test('nothing goes out in the quiet hours of its channel', async () => {
    const { admit } = admission({ state: 'confirmed' }, { quietHours: { email: undefined, sms: aroundNow() } });
    const { kind, retryAfterMs = 0 } = await refusalOf(admit('sms', bob));
    assert.equal(kind, 'QuietHours');
    assert.ok(retryAfterMs > 0 && retryAfterMs <= 24 * 3_600_000);
    await admit('email', { ...bob, to: 'bob@example.com' });
  });

  test('it is night where the person lives, and not where this machine is', async () => {
    for (const [hoursAhead, timeZone, elsewhere] of farApart) {
      const quietHours = { email: undefined, sms: aroundNow(hoursAhead) };
      const { admit } = admission({ state: 'confirmed' }, { quietHours });
      assert.equal((await refusalOf(admit('sms', { ...bob, timeZone }))).kind, 'QuietHours');
      await admit('sms', { ...bob, timeZone: elsewhere });
    }
  });
});

describe('before anybody is asked for consent', () => {
  const person = { address: bob.to, foldedId: 'folded', timeZone: 'UTC' };

  /** @param asked - how many were asked today over the channel, and of those, how many may be the same mailbox. */
  function admission({ inAll = 0, here = 0 }, rules: Partial<AdmissionRules> = {}) {
    const contacts: ContactBook = {
      standing: () => Promise.resolve({ state: 'unconfirmed' }),
      ask: () => Promise.resolve(),
      countAsked: (_channel, foldedId) => Promise.resolve(foldedId === undefined ? inAll : here),
    };
    return createQuestionAdmission(contacts, { ...strict, ...rules });
  }

  test('a few a day are asked, and those that may be one mailbox count together', async () => {
    await admission({ inAll: 4, here: 2 })('sms', person);
    await admission({ inAll: 100 }, { limits: { ...strict.limits, questionsPerDay: undefined } })('sms', person);
    for (const asked of [{ inAll: 5 }, { here: 3 }]) {
      const { kind, retryAfterMs } = await refusalOf(admission(asked)('sms', person));
      assert.deepEqual([kind, retryAfterMs], ['RateLimited', 3_600_000]);
    }
  });

  test('nor do more of them slip through at once, before Temporal knows', async () => {
    const admit = admission({});
    const at = (name: string) => ({ ...person, address: `${name}@example.com` });
    for (const name of ['bob+1', 'bob+2', 'bob+3', 'bob+3']) await admit('email', at(name));
    assert.equal((await refusalOf(admit('email', at('bob+4')))).kind, 'RateLimited');
    for (const name of ['alice', 'carol']) await admit('email', { ...at(name), foldedId: name });
    assert.equal((await refusalOf(admit('email', { ...at('dave'), foldedId: 'dave' }))).kind, 'RateLimited');
    await admit('sms', person);
  });

  test('nobody is asked where no text message goes', async () => {
    const elsewhere = { ...person, address: '+442079460958' };
    assert.equal((await refusalOf(admission({})('sms', elsewhere))).kind, 'Rejected');
  });

  test('nobody is asked at night', async () => {
    const admit = admission({}, { quietHours: { email: undefined, sms: aroundNow() } });
    assert.equal((await refusalOf(admit('sms', person))).kind, 'QuietHours');
    await admit('email', { ...person, address: 'bob@example.com' });
  });

  test('it is night where the person lives, and not where this machine is', async () => {
    for (const [hoursAhead, timeZone, elsewhere] of farApart) {
      const admit = admission({}, { quietHours: { email: undefined, sms: aroundNow(hoursAhead) } });
      assert.equal((await refusalOf(admit('sms', { ...person, timeZone }))).kind, 'QuietHours');
      await admit('sms', { ...person, timeZone: elsewhere });
    }
  });
});
