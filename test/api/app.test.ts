import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSystem, type System } from '../system';
import { courseRequest, problemOf, send, startReminder, statusWithHost } from './client';

describe('the API', () => {
  let system: System;
  let url: string;
  before(async () => {
    system = await startSystem();
    url = system.url;
  });
  after(() => system.stop());

  test('is alive and ready', async () => {
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
  });

  test('tells what it does not know as problem details', async () => {
    await problemOf(await fetch(`${url}/api/cats`), 404);
    await problemOf(await fetch(`${url}/cats`), 404);
    for (const path of ['/healthz', '/metrics', '/api/openapi.json', '/api/docs', '/', '/r/nobody']) {
      await problemOf(await fetch(url + path, { method: 'POST' }), 405);
    }
    await problemOf(await fetch(`${url}/api/outbox`, { method: 'DELETE' }), 405);
    await problemOf(await fetch(`${url}/api/outbox?reminderId=a&reminderId=b`), 400);
  });

  test('tells a browser on a page that there is nothing at an address', async () => {
    const headers = { Accept: 'text/html,*/*;q=0.8' };
    for (const path of ['/cats', '/r', '/r/', '/reminder.html']) {
      const response = await fetch(url + path, { headers });
      assert.equal(response.status, 404, path);
      assert.match(await response.text(), /<h1>There is nothing here<\/h1>/, path);
    }
    await problemOf(await fetch(`${url}/api/cats`, { headers }), 404);
  });

  test('sends security headers with every page', async () => {
    for (const path of ['/', '/r/nobody', '/api/docs', '/api/reminders', '/nowhere']) {
      const { headers } = await fetch(url + path);
      const policy = headers.get('Content-Security-Policy') ?? '';
      assert.match(policy, /default-src 'none'/, path);
      assert.ok(!policy.includes('unsafe'), path);
      assert.equal(headers.get('X-Content-Type-Options'), 'nosniff');
      assert.equal(headers.get('X-Powered-By'), null);
      // Otherwise browsers would send the page's own forms without their origin, which are then refused.
      assert.equal(headers.get('Referrer-Policy'), 'same-origin');
    }
  });

  test('refuses what no static file can meet, as a fault of the request', async () => {
    await problemOf(await fetch(`${url}/style.css`, { headers: { Range: 'bytes=99999999-' } }), 416);
    await problemOf(await fetch(`${url}/style.css`, { headers: { 'If-Match': '"another"' } }), 412);
  });

  test('lets no cache keep what is personal', async () => {
    const { id } = await startReminder(url);
    for (const path of ['/api/reminders', `/api/reminders/${id}`, '/api/outbox', `/r/${id}`]) {
      assert.equal((await fetch(url + path)).headers.get('Cache-Control'), 'no-store', path);
    }
  });

  test('counts requests by route, without ids', async () => {
    const { id } = await startReminder(url);
    await fetch(`${url}/api/reminders/${id}`);
    await fetch(`${url}/not/a/route`);
    const metrics = await (await fetch(`${url}/metrics`)).text();

    assert.match(
      metrics,
      /http_request_duration_seconds_count\{method="GET",route="\/api\/reminders\/:id",status="200"\} \d/,
    );
    assert.match(metrics, /process_cpu_seconds_total/);
    assert.ok(!metrics.includes(id));
    assert.ok(!metrics.includes('/not/a/route'));
  });

  test('describes every call it takes in its OpenAPI document', async () => {
    const document = (await (await fetch(`${url}/api/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, Record<string, unknown>>;
      components: { schemas: { NewReminder: { properties: object; required: string[] } } };
    };
    assert.equal(document.openapi, '3.1.0');
    assert.deepEqual(
      Object.entries(document.paths).map(([path, item]) => [path, Object.keys(item).sort()]),
      [
        ['/api/reminders', ['get', 'post']],
        ['/api/reminders/{id}', ['delete', 'get', 'parameters', 'patch']],
        ['/api/reminders/{id}/confirmation', ['parameters', 'post']],
        ['/api/reminders/{id}/confirmation-requests', ['parameters', 'post']],
        ['/api/outbox', ['get']],
        ['/webhooks/sendgrid/events', ['post']],
        ['/webhooks/twilio/status', ['post']],
        ['/webhooks/twilio/incoming', ['post']],
        ['/healthz', ['get']],
        ['/readyz', ['get']],
        ['/metrics', ['get']],
      ],
    );
    const { properties, required } = document.components.schemas.NewReminder;
    assert.deepEqual(
      Object.keys(properties).sort(),
      Object.keys({ ...courseRequest, remindAt: '', fallback: '', timeZone: '', idempotencyKey: '' }).sort(),
    );
    assert.deepEqual(required, ['message']);
  });

  test('tells that a reminder is unknown on a page for people', async () => {
    const response = await fetch(`${url}/r/nobody`);
    assert.equal(response.status, 404);
    assert.match(await response.text(), /There is no reminder here/);
  });

  test('shows a reminder without JavaScript, and nothing in it is taken for HTML', async () => {
    const message = '<script>alert(1)</script> $& "Whiskers"';
    const { id } = await startReminder(url, { message });
    const page = await (await fetch(`${url}/r/${id}`)).text();
    assert.ok(!page.includes('<script>alert'));
    assert.ok(page.includes('&lt;script&gt;alert(1)&lt;/script&gt; $&amp; &quot;Whiskers&quot;'));
  });
});

describe('the API at a public address', () => {
  let system: System;
  let url: string;
  before(async () => {
    system = await startSystem({ PUBLIC_URL: 'https://cuddles.example.com' });
    url = system.url;
  });
  after(() => system.stop());

  test('answers those who call it by a name it goes by, and no one else', async () => {
    const { port } = new URL(url);
    for (const host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `[::1]:${port}`,
      '192.168.1.7',
      'cuddles.example.com',
    ]) {
      assert.equal(await statusWithHost(url, host), 200, host);
    }
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'a b',
    ]) {
      assert.notEqual(await statusWithHost(url, host), 200, host);
    }
  });

  test('lets pages of other sites change nothing', async () => {
    const { id } = await startReminder(url);
    const longer = ['https://cuddles.example.com.evil.example', 'https://cuddles.example.com:8443', `${url}0`];
    for (const origin of ['https://evil.example', 'null', 'http://localhost:1', ...longer]) {
      await problemOf(await send(`${url}/api/reminders`, 'POST', courseRequest, { Origin: origin }), 403);
      await problemOf(await send(`${url}/api/reminders/${id}`, 'DELETE', '', { Origin: origin }), 403);
      const form = new URLSearchParams(courseRequest);
      const response = await fetch(`${url}/api/reminders`, { method: 'POST', body: form, headers: { Origin: origin } });
      await problemOf(response, 403);
    }
    for (const origin of [url, 'https://cuddles.example.com']) {
      const response = await send(`${url}/api/reminders`, 'POST', courseRequest, { Origin: origin });
      assert.equal(response.status, 201, origin);
    }
  });
});
