import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRedaction } from '../src/redaction';

describe('redaction', () => {
  const redact = createRedaction(['SG.a-key (with) "signs"', 'short', 'back\\slash']);

  const taken: Record<string, [string, string]> = {
    'an email address': ['to bob.o+cat@mail.example.co.uk!', 'to [email]!'],
    'an email address in a path': ['/api/reminders/bob%40example.com', '/api/reminders/[email]'],
    'several of them': ['<a@example.com>,<b@example.com>', '<[email]>,<[email]>'],
    'a phone number': ['to +14155552671.', 'to [phone].'],
    'a phone number in groups': ['to +49 (30) 901-820, please', 'to [phone], please'],
    'a phone number in a query': ['?To=%2B14155552671&From=x', '?To=[phone]&From=x'],
    'a secret': ['key=SG.a-key (with) "signs";', 'key=[secret];'],
    'a secret that begins like an escape': ['{"key":"back\\\\slash"}', '{"key":"[secret]"}'],
    'credentials of a header': ['Authorization: Basic QUM6dG9rZW4=', 'Authorization: [secret]'],
    'the user and password of an address': ['smtp://bob:pass@mail.example.com', 'smtp://bob:[email]'],
  };
  for (const [what, [said, left]] of Object.entries(taken)) {
    test(`takes away ${what}`, () => {
      assert.equal(redact(said), left);
    });
  }

  for (const innocent of [
    '2026-11-25T09:41:14.123+01:00',
    '{"level":40,"time":1795598734775,"pid":12345,"attempt":1}',
    'UNDEivYzosJuekw52pVDnA',
    '01a2120d-01e3-7cdb-8ba7-c4da3c393eb7',
    'at call (node_modules/@grpc/grpc-js/build/src/client.js:31:19)',
    'npm error typescript@6.0.3',
    'SM11111111111111111111111111111111',
    '127.0.0.1:41679',
    'a short word',
    'Twilio rejected the text message (HTTP 400, 21211).',
  ]) {
    test(`leaves "${innocent}"`, () => {
      assert.equal(redact(innocent), innocent);
    });
  }

  test('leaves a line of JSON a line of JSON', () => {
    const said = {
      to: 'line\nbob@example.com\t+14155552671\u001b',
      key: 'SG.a-key (with) "signs"',
      path: 'C:\\bob@x.org',
    };
    assert.deepEqual(JSON.parse(redact(JSON.stringify(said))), {
      to: 'line\n[email]\t[phone]\u001b',
      key: '[secret]',
      path: 'C:\\[email]',
    });
  });

  test('takes a long line in its stride', () => {
    for (const part of ['a', '+1', 'a@', 'a.', '%40', 'a@b.', '+1 ']) redact(part.repeat(200_000));
  });
});
