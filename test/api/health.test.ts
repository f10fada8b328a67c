import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import express from 'express';
import { pino } from 'pino';
import { handleErrors } from '../../src/api/errors';
import { healthRouter } from '../../src/api/health';
import { TemporalUnavailable } from '../../src/temporal/failure';

/** Serves the router over a Temporal that answers as told, and whose seconds pass as told. */
async function startHealth(t: TestContext, check: () => Promise<void>) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const app = express();
  app.use(healthRouter({ check }));
  app.use(handleErrors(pino({ level: 'silent' })));
  const server = createServer(app);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  // Not `fetch`, which keeps time by the timers that are mocked here.
  return async () => {
    const request = get({
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      path: '/readyz',
      agent: false,
    });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
}

describe('who asks whether it is ready', () => {
  test('shares the answer of Temporal with those who ask at the same time and within a second', async (t) => {
    const check = t.mock.fn(() => Promise.resolve());
    const ask = await startHealth(t, check);
    const together = await Promise.all(Array.from({ length: 20 }, ask));
    assert.deepEqual(together, Array<number>(20).fill(200));
    t.mock.timers.tick(999);
    assert.equal(await ask(), 200);
    assert.equal(check.mock.callCount(), 1);

    t.mock.timers.tick(1);
    assert.equal(await ask(), 200);
    assert.equal(check.mock.callCount(), 2);
  });

  test('shares a failure for no longer than that', async (t) => {
    let away = true;
    const check = t.mock.fn(() => (away ? Promise.reject(new TemporalUnavailable()) : Promise.resolve()));
    const ask = await startHealth(t, check);
    for (let time = 0; time < 3; time++) assert.equal(await ask(), 503);
    assert.equal(check.mock.callCount(), 1);

    away = false;
    t.mock.timers.tick(1_000);
    assert.equal(await ask(), 200);
    assert.equal(check.mock.callCount(), 2);
  });
});
