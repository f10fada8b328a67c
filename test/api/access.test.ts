import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { OutboxMessage } from '../../src/reminder';
import type { Reminder } from '../../src/temporal/reminders';
import { eventually, startSystem, type System } from '../system';
import { courseRequest, problemOf, send } from './client';

const TOKEN = 'purr!"#~0123456789';
/** Every call under /api that needs something. */
const calls: [method: string, path: string, body?: unknown][] = [
  ['POST', '/api/reminders', courseRequest],
  ['GET', '/api/reminders'],
  ['GET', '/API/Reminders'],
  ['GET', '/api/reminders/nobody'],
  ['PATCH', '/api/reminders/nobody', { waitSeconds: 1 }],
  ['DELETE', '/api/reminders/nobody'],
  ['GET', '/api/outbox'],
  ['GET', '/api/outbox?reminderId=nobody'],
  ['GET', '/api/cats'],
];
const open = ['/', '/r/nobody', '/style.css', '/api/docs', '/api/openapi.json', '/healthz', '/readyz', '/metrics'];

interface OpenApi {
  security: object[];
  paths: Record<string, Record<string, { security?: object[]; responses: object }>>;
  components: { securitySchemes: object };
}
const contractOf = async (url: string) => (await (await fetch(`${url}/api/openapi.json`)).json()) as OpenApi;

describe('with an access token', () => {
  let system: System;
  let url: string;
  before(async () => {
    system = await startSystem({ ACCESS_TOKEN: TOKEN });
    url = system.url;
  });
  after(() => system.stop());

  const bearer = (token = TOKEN) => ({ Authorization: `Bearer ${token}` });

  test('the API answers nobody who does not show it', async () => {
    for (const [method, path, body] of calls) {
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const headers = { 'Content-Type': 'application/json' };
      const none = await fetch(url + path, { ...init, headers });
      assert.equal(none.headers.get('WWW-Authenticate'), 'Bearer realm="Cuddle-a-tron"', path);
      assert.equal(none.headers.get('Cache-Control'), 'no-store');
      await problemOf(none, 401);
      const near = [TOKEN.slice(1), TOKEN.slice(0, -1), `${TOKEN}x`, TOKEN.toUpperCase()];
      for (const wrong of ['x', ...near, 'x'.repeat(8000)]) {
        const refused = await fetch(url + path, { ...init, headers: { ...headers, ...bearer(wrong) } });
        assert.match(refused.headers.get('WWW-Authenticate') ?? '', /^Bearer .*error="invalid_token"$/);
        const problem = await problemOf(refused, 401);
        assert.ok(!JSON.stringify(problem).includes(TOKEN));
      }
    }
  });

  test('credentials that are not a bearer token are none', async () => {
    for (const Authorization of ['', 'Bearer', 'Bearer ', TOKEN, `Basic ${TOKEN}`, `Bearer ${TOKEN} ${TOKEN}`]) {
      await problemOf(await fetch(`${url}/api/reminders`, { headers: { Authorization } }), 401);
    }
    await problemOf(await fetch(`${url}/api/reminders?key=${encodeURIComponent(TOKEN)}`), 401);
  });

  test('whoever shows it does everything', async () => {
    const headers = bearer();
    const created = await send(`${url}/api/reminders`, 'POST', courseRequest, headers);
    assert.equal(created.status, 201);
    const reminder = (await created.json()) as Reminder;
    assert.ok(!('url' in reminder));
    assert.ok(reminder.webUiUrl);
    const path = `${url}/api/reminders/${reminder.id}`;
    assert.equal(created.headers.get('Location'), new URL(path).pathname);
    assert.equal((await fetch(path, { headers: { Authorization: `bearer ${TOKEN}` } })).status, 200);
    assert.equal((await fetch(`${url}/api/reminders`, { headers })).status, 200);
    assert.equal((await fetch(`${url}/api/outbox`, { headers })).status, 200);
    assert.equal((await send(path, 'PATCH', { message: 'Purr' }, headers)).status, 200);
    assert.equal((await send(path, 'DELETE', '', headers)).status, 200);
  });

  test('pages, documentation and health are open', async () => {
    for (const path of open) assert.equal((await fetch(url + path)).status, 200, path);
  });

  test('the page of a reminder shows nothing of it to those who cannot show the token', async () => {
    const message = 'Cuddle the secret cat';
    const created = await send(`${url}/api/reminders`, 'POST', { ...courseRequest, message }, bearer());
    const { id } = (await created.json()) as Reminder;
    const page = await (await fetch(`${url}/r/${id}`)).text();
    assert.ok(!page.includes(message));
    assert.match(page, /access token/);
    assert.equal(page, await (await fetch(`${url}/r/nobody`)).text(), 'nor whether it exists');
    assert.ok((await (await fetch(`${url}/r/${id}`, { headers: bearer() })).text()).includes(message));
  });

  test('a plain form is told on a page that it cannot show one', async () => {
    const body = new URLSearchParams(courseRequest);
    const response = await fetch(`${url}/api/reminders`, { method: 'POST', body, headers: { Accept: 'text/html' } });
    assert.equal(response.status, 401);
    assert.match(await response.text(), /<h1>.*access token/s);
  });

  test('the contract says what needs it', async () => {
    const { security, paths, components } = await contractOf(url);
    assert.deepEqual(security, [{ accessToken: [] }]);
    assert.ok('accessToken' in components.securitySchemes);
    assert.deepEqual(paths['/healthz']?.get?.security, []);
    for (const [path, item] of Object.entries(paths)) {
      const call = item.get ?? item.post;
      if (path.startsWith('/api/')) assert.ok(call && '401' in call.responses, path);
    }
  });
});

describe('at an address that others reach, without an access token', () => {
  const PUBLIC_URL = 'https://cuddles.example.com';
  let system: System;
  let url: string;
  before(async () => {
    system = await startSystem({ PUBLIC_URL, REQUESTS_PER_MINUTE: '1000' });
    url = system.url;
  });
  after(() => system.stop());

  interface Started extends Reminder {
    url: string;
  }

  async function start(fields: object = {}, headers: Record<string, string> = {}) {
    const response = await send(`${url}/api/reminders`, 'POST', { ...courseRequest, ...fields }, headers);
    assert.ok([200, 201].includes(response.status), await response.clone().text());
    const reminder = (await response.json()) as Started;
    const key = new URL(reminder.url).searchParams.get('key') ?? '';
    return { reminder, key, location: response.headers.get('Location') ?? '', status: response.status };
  }

  test('anyone may start a reminder, and is told the one link to it', async () => {
    const { reminder, key, location } = await start();
    assert.match(key, /^[\w-]{22,}$/);
    assert.equal(reminder.url, `${PUBLIC_URL}/r/${reminder.id}?key=${key}`);
    assert.equal(location, `/api/reminders/${reminder.id}?key=${key}`);
    assert.equal((await fetch(url + location)).status, 200);
    assert.notEqual((await start()).key, key);
  });

  test('the same Idempotency-Key is told the same link', async () => {
    const headers = { 'Idempotency-Key': 'twice' };
    const [first, second] = [await start({}, headers), await start({}, headers)];
    assert.deepEqual([first.status, second.status], [201, 200]);
    assert.equal(second.reminder.url, first.reminder.url);
    assert.equal(second.location, first.location);
  });

  test('a plain form goes on to the page of its reminder, which says to keep the link', async () => {
    const body = new URLSearchParams({ ...courseRequest, message: 'Cuddle the plain cat' });
    const response = await fetch(`${url}/api/reminders`, { method: 'POST', body, redirect: 'manual' });
    assert.equal(response.status, 303);
    const location = response.headers.get('Location') ?? '';
    assert.match(location, /^\/r\/[\w-]+\?key=[\w-]{22,}$/);
    const page = await fetch(url + location);
    assert.equal(page.headers.get('Cache-Control'), 'no-store');
    assert.equal(page.headers.get('Referrer-Policy'), 'same-origin');
    const text = await page.text();
    assert.ok(text.includes('Cuddle the plain cat'));
    assert.match(text, /Keep the link/);
    assert.ok(!text.includes('Web UI'));
  });

  test('there is no list of reminders and none of the outbox, and the answer says what to do', async () => {
    const { key } = await start();
    for (const path of ['/api/reminders', '/api/reminders?state=waiting', '/api/outbox', `/api/outbox?key=${key}`]) {
      const { detail } = await problemOf(await fetch(url + path), 403);
      assert.match(detail, /link.*ACCESS_TOKEN/);
    }
  });

  test('its key opens a reminder, as a parameter or as a bearer token', async () => {
    const { reminder, key } = await start();
    const path = `${url}/api/reminders/${reminder.id}`;
    const Authorization = `Bearer ${key}`;
    for (const response of [await fetch(`${path}?key=${key}`), await fetch(path, { headers: { Authorization } })]) {
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('Cache-Control'), 'no-store');
      const found = (await response.json()) as Started;
      assert.equal(found.id, reminder.id);
      assert.equal(found.url, reminder.url);
      assert.equal(found.webUiUrl, undefined, 'the Web UI is not for strangers');
    }
    assert.equal(reminder.webUiUrl, undefined);
    assert.equal((await send(`${path}?key=${key}`, 'PATCH', { message: 'Purr' })).status, 200);
    assert.equal((await send(path, 'DELETE', '', { Authorization })).status, 200);
  });

  test('without its key, a reminder cannot be told from one that does not exist', async () => {
    const { reminder, key } = await start();
    const { key: another } = await start();
    const wrong = ['', another, key.slice(1), key.slice(0, -1), `${key}x`, `${key}&key=${key}`];
    const queries = ['', ...wrong.map((key) => `?key=${key}`)];
    const calls: [method: string, below: string, body?: unknown][] = [
      ['GET', ''],
      ['PATCH', '', { message: 'Meow' }],
      ['PATCH', '', { message: 7 }],
      ['DELETE', ''],
      ['POST', '/confirmation', { code: '123456' }],
      ['POST', '/confirmation-requests', { channel: 'email' }],
    ];
    for (const [method, below, body] of calls) {
      for (const query of queries) {
        const answers = [];
        for (const id of [reminder.id, 'nobody']) {
          const init = { method, headers: { 'Content-Type': 'application/json' } };
          const response = await fetch(
            `${url}/api/reminders/${id}${below}${query}`,
            body === undefined ? init : { ...init, body: JSON.stringify(body) },
          );
          answers.push(await problemOf(response, 404));
        }
        assert.deepEqual(answers[0], answers[1]);
      }
    }
    for (const query of queries) {
      await problemOf(await fetch(`${url}/api/outbox?reminderId=${reminder.id}${query.replace('?', '&')}`), 404);
      const page = await fetch(`${url}/r/${reminder.id}${query}`);
      assert.equal(page.status, 404, query);
      assert.equal(await page.text(), await (await fetch(`${url}/r/nobody`)).text());
    }
    const { state, message } = (await (
      await fetch(`${url}/api/reminders/${reminder.id}?key=${key}`)
    ).json()) as Reminder;
    assert.deepEqual([state, message], ['waiting', courseRequest.message]);
  });

  test('its key opens of the outbox what was sent for the reminder', async () => {
    const { reminder, key } = await start({ waitSeconds: 0, preference: 'sms' });
    await start({ waitSeconds: 0, preference: 'sms' });
    const messages = await eventually(async () => {
      const response = await fetch(`${url}/api/outbox?reminderId=${reminder.id}&key=${key}`);
      assert.equal(response.status, 200);
      const found = (await response.json()) as OutboxMessage[];
      return found.length > 0 && found;
    });
    assert.deepEqual(
      messages.map(({ reminderId }) => reminderId),
      [reminder.id],
    );
  });

  test('metrics and what Temporal holds know no key', async () => {
    const { reminder, key } = await start();
    await fetch(`${url}/api/reminders/${reminder.id}?key=${key}`);
    await fetch(`${url}/r/${reminder.id}?key=${key}`);
    assert.ok(!(await (await fetch(`${url}/metrics`)).text()).includes(key));
    const handle = system.client.workflow.getHandle(reminder.id);
    assert.ok(!JSON.stringify([await handle.describe(), await handle.fetchHistory()]).includes(key));
  });

  test('the contract says what needs a key', async () => {
    const { security, paths, components } = await contractOf(url);
    assert.deepEqual(security, []);
    assert.ok('key' in components.securitySchemes);
    const { get, patch, delete: cancel } = paths['/api/reminders/{id}'] ?? {};
    for (const operation of [get, patch, cancel, paths['/api/outbox']?.get]) {
      assert.deepEqual(operation?.security, [{ key: [] }]);
      assert.ok('404' in operation.responses);
    }
    assert.ok('403' in (paths['/api/reminders']?.get?.responses ?? {}));
  });
});

describe('while Temporal, which keeps the root key, is away', () => {
  test('no key can be checked, and the answer says when to try again', async (t) => {
    const system = await startSystem({ PUBLIC_URL: 'https://cuddles.example.com' });
    t.after(() => system.stop());
    await system.stopTemporal();
    const response = await fetch(`${system.url}/api/reminders/nobody?key=wrong`);
    assert.ok(Number(response.headers.get('Retry-After')) > 0);
    await problemOf(response, 503);
    assert.equal((await fetch(`${system.url}/r/nobody?key=wrong`)).status, 503);
    await problemOf(await send(`${system.url}/api/reminders`, 'POST', courseRequest), 503);
  });
});

describe('on this machine alone', () => {
  test('nothing is asked for', async (t) => {
    const system = await startSystem({ PUBLIC_URL: 'http://localhost:3000' });
    t.after(() => system.stop());
    const response = await send(`${system.url}/api/reminders`, 'POST', courseRequest);
    const reminder = (await response.json()) as Reminder;
    assert.ok(!('url' in reminder));
    assert.equal(response.headers.get('Location'), `/api/reminders/${reminder.id}`);
    assert.equal((await fetch(`${system.url}/api/reminders`)).status, 200);
    assert.deepEqual((await contractOf(system.url)).security, []);
  });
});
