import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf, send } from './providers/provider';

const request = { reminderId: 'AAAAAAAAAAAAAAAAAAAAAA', to: 'bob@example.org', message: 'Cuddle' };

for (const [name, error] of [
  ['TypeError', new TypeError(`${request.to} is not a function`, { cause: new Error(request.message) })],
  ['string', `no ${request.message} for ${request.to}`],
] as const) {
  test(`An unexpected ${name} tells its name alone, and that nobody knows whether the message was sent`, async () => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- Anything can be thrown.
    const email = () => Promise.reject(error);
    const failed = await failureOf(send({ email }, request), [request.to, request.message]);
    assert.equal(failed.type, 'MaybeSent');
    assert.equal(failed.message, `Sending failed unexpectedly (${name}), so the message may have been sent.`);
  });
}
