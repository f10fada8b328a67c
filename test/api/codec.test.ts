import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { createPayloadCodec } from '../../src/temporal/codec';
import { codecPath } from '../../src/temporal/codecEndpoint';
import { temporalCliPath } from '../binaries';
import { eventually, startSystem, type System } from '../system';
import { getReminder, problemOf, send, startReminder, statusWithHost } from './client';

const key = randomBytes(32);
const secrets = { message: 'Cuddle the secret cat', email: 'bob@secret.example' };

/** A payload as protobuf's JSON has it. */
interface JsonPayload {
  metadata: Record<string, string>;
  data: string;
}

const plain: JsonPayload = { metadata: { encoding: base64('json/plain') }, data: base64('"miaow"') };

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe('the codec endpoint', () => {
  let system: System;
  let endpoint: string;
  let uiOrigin: string;
  before(async () => {
    system = await startSystem({ ENCRYPTION_KEY: key.toString('base64') });
    endpoint = `${system.url}${codecPath([key])}`;
    uiOrigin = system.temporal.uiUrl ?? '';
  });
  after(() => system.stop());

  async function convert(operation: string, payloads: unknown[], headers = {}): Promise<JsonPayload[]> {
    const response = await send(`${endpoint}/${operation}`, 'POST', { payloads }, headers);
    assert.equal(response.status, 200, await response.clone().text());
    return ((await response.json()) as { payloads: JsonPayload[] }).payloads;
  }

  const temporalCli = async (...args: string[]) => {
    const { address } = system.temporal.connectionOptions;
    const { stdout } = await promisify(execFile)(await temporalCliPath(), [...args, '--address', address ?? ''], {
      env: { TEMPORAL_DISABLE_VERSION_CHECK: 'true' },
    });
    return stdout;
  };

  test('decrypts for the Temporal CLI, which sees nothing without it', async () => {
    const { id } = await startReminder(system.url, { ...secrets, waitSeconds: 0 });
    await eventually(async () => (await getReminder(system.url, id)).state === 'succeeded');
    for (const command of [['show', '--detailed'], ['describe']]) {
      const args = ['workflow', ...command, '--workflow-id', id];
      const seen = await temporalCli(...args, '--codec-endpoint', endpoint);
      assert.ok(seen.includes(secrets.message), seen);
      assert.ok(!(await temporalCli(...args)).includes(secrets.message));
    }
  });

  test('decrypts what was encrypted, encrypts, and leaves what is plain', async () => {
    const [encrypted] = await convert('encode', [plain]);
    assert.ok(encrypted);
    assert.notDeepEqual(encrypted, plain);
    assert.deepEqual(await convert('decode', [encrypted, plain]), [plain, plain]);
    assert.deepEqual(await convert('decode', []), []);
    assert.deepEqual(await convert('decode', [{ data: plain.data.replaceAll('=', '') }]), [{ ...plain, metadata: {} }]);
  });

  test('lets the Web UI ask from a browser, by either of its names', async () => {
    for (const origin of [uiOrigin, uiOrigin.replace('127.0.0.1', 'localhost')]) {
      const preflight = await fetch(`${endpoint}/decode`, {
        method: 'OPTIONS',
        headers: {
          Origin: origin,
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'content-type,x-namespace',
        },
      });
      assert.equal(preflight.status, 204);
      const allowed = preflight.headers.get('Access-Control-Allow-Headers')?.toLowerCase().split(', ');
      assert.deepEqual(allowed, ['authorization', 'content-type', 'x-namespace']);
      const answer = await send(
        `${endpoint}/decode`,
        'POST',
        { payloads: [] },
        { Origin: origin, 'X-Namespace': 'default' },
      );
      for (const { headers } of [preflight, answer]) {
        assert.equal(headers.get('Access-Control-Allow-Origin'), origin);
        assert.match(headers.get('Vary') ?? '', /Origin/);
      }
      assert.equal(answer.status, 200);
    }
  });

  test('refuses pages of any other origin, and other names of this machine', async () => {
    for (const origin of ['https://evil.example', 'null', system.url, 'http://localhost', `${uiOrigin}.evil.example`]) {
      for (const method of ['POST', 'OPTIONS']) {
        const response = await fetch(`${endpoint}/decode`, { method, headers: { Origin: origin } });
        assert.equal(response.headers.get('Access-Control-Allow-Origin'), null);
        await problemOf(response, 403);
      }
    }
    assert.equal(await statusWithHost(endpoint, 'evil.example'), 421);
  });

  test('is not there at another secret', async () => {
    const other = codecPath([randomBytes(32)])?.replace('/codec', '') ?? '';
    for (const secret of ['', '/wrong', other, `/${'%C3%A9'.repeat(other.length - 1)}`]) {
      await problemOf(await send(`${system.url}/codec${secret}/decode`, 'POST', { payloads: [] }), 404);
    }
    await problemOf(await send(`${endpoint}/download`, 'POST', { payloads: [] }), 404);
    await problemOf(await fetch(`${endpoint}/decode`), 405);
  });

  test('refuses what are no payloads, or cannot be decrypted', async () => {
    const [other] = await createPayloadCodec([randomBytes(32)]).encode([{ data: Buffer.from('miaow') }]);
    const [own] = await convert('encode', [plain]);
    const foreign: [string, string][] = Object.entries(other?.metadata ?? {}).map(([name, value]) => [
      name,
      base64(Buffer.from(value).toString()),
    ]);
    const bad: unknown[] = [
      'miaow',
      [],
      {},
      { payloads: 'miaow' },
      { payloads: [null] },
      { payloads: [{ data: '§' }] },
      { payloads: [{ metadata: { encoding: 1 } }] },
      { payloads: [{ ...own, data: base64('miaow') }] },
      { payloads: [{ metadata: Object.fromEntries(foreign), data: base64('miaow') }] },
    ];
    for (const body of bad) await problemOf(await send(`${endpoint}/decode`, 'POST', body), 400);
    const form = { 'Content-Type': 'text/plain' };
    await problemOf(await send(`${endpoint}/decode`, 'POST', { payloads: [plain] }, form), 400);
  });
});

test('without ENCRYPTION_KEY there is no codec endpoint', async (t) => {
  const { url, stop } = await startSystem();
  t.after(stop);
  await problemOf(await send(`${url}${codecPath([key])}/decode`, 'POST', { payloads: [] }), 404);
});
