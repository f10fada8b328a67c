import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { startDevServer, type DevServerOptions } from '../../../src/temporal/embedded/devServer';
import { StartError } from '../../../src/startError';
import { superviseDevServer } from '../../../src/temporal/embedded/superviseDevServer';
import { temporalCliPath } from '../../binaries';

const run = promisify(execFile);

async function setUp(t: TestContext): Promise<DevServerOptions> {
  const dataDir = await mkdtemp(join(tmpdir(), 'dev-server-'));
  t.after(() => rm(dataDir, { recursive: true }));
  return { cli: await temporalCliPath(), dataDir, port: 0, uiPort: 0, searchAttributes: { mood: 'Keyword' } };
}

async function start(t: TestContext, options: DevServerOptions) {
  const server = await startDevServer(options);
  t.after(server.stop);
  return { server, client: await connectClient(t, server.address) };
}

async function connectClient(t: TestContext, address: string): Promise<Client> {
  const connection = await Connection.connect({ address });
  t.after(() => connection.close());
  return new Client({ connection });
}

const mood = defineSearchAttributeKey('mood', SearchAttributeType.KEYWORD);

/** Starts a workflow that nobody runs, so that it stays open. */
async function startWorkflow(client: Client, workflowId: string): Promise<void> {
  const typedSearchAttributes = new TypedSearchAttributes([{ key: mood, value: 'sleepy' }]);
  await client.workflow.start('wait', { workflowId, taskQueue: 'nobody', typedSearchAttributes });
}

async function statusOf(client: Client, workflowId: string): Promise<string> {
  const { status } = await client.workflow.getHandle(workflowId).describe();
  return status.name;
}

/** The process groups of all that runs on the port: for each server one entry of its own, and one of what waits beside it. */
async function groupsOn({ port }: { port: number }): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-ww', '-o', 'pgid=,args=']);
  const lines = stdout.split('\n').filter((line) => line.includes(`start-dev --ip 127.0.0.1 --port ${port} `));
  return lines.map((line) => Number.parseInt(line));
}

/** The server leads its group. */
async function killServerOn(port: { port: number }): Promise<void> {
  const [server] = await groupsOn(port);
  assert(server !== undefined && server > 1);
  process.kill(server, 'SIGKILL');
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await setTimeout(20);
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}

/** The status of an answer to a request with a `Host` header of one's choice. */
async function statusFor(url: string, host: string): Promise<number | undefined> {
  const request = httpRequest(url, { headers: { host } }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

async function takePort(t: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port; // It listens on a port, not on a path.
}

describe('The embedded server', { timeout: 60_000 }, () => {
  test('answers as soon as it is started, and knows the search attributes', async (t) => {
    const { server, client } = await start(t, await setUp(t));
    await startWorkflow(client, 'one');
    assert.equal(await statusOf(client, 'one'), 'RUNNING');
    assert.equal((await fetch(server.uiUrl)).status, 200);
  });

  test('keeps its database in its folder, whatever that is called', async (t) => {
    const options = await setUp(t);
    const dataDir = join(options.dataDir, 'C# & 100%20?; 🐾');
    await mkdir(dataDir);
    const { server, client } = await start(t, { ...options, dataDir });
    await startWorkflow(client, 'one');
    assert.deepEqual(
      (await readdir(dataDir)).filter((name) => name.startsWith('temporal.db')),
      ['temporal.db', 'temporal.db-shm', 'temporal.db-wal'],
    );
    await server.stop();
  });

  test('keeps finished workflows for 30 days, from its first start on', async (t) => {
    const options = await setUp(t);
    for (let round = 0; round < 2; round++) {
      const { server, client } = await start(t, options);
      const { config } = await client.workflowService.describeNamespace({ namespace: 'default' });
      assert.equal(config?.workflowExecutionRetentionTtl?.seconds?.toNumber(), 30 * 24 * 3600);
      await server.stop();
    }
  });

  test('goes on where it was stopped, with the workflows that were open', async (t) => {
    const options = await setUp(t);
    const first = await start(t, options);
    await startWorkflow(first.client, 'one');
    await first.server.stop();
    assert.equal(await first.server.exited, 'with code 0');
    assert.equal(await isOpen(first.server.port), false);
    assert.deepEqual(await groupsOn(first.server), []);
    const { port, uiPort } = first.server;
    const { client } = await start(t, { ...options, port, uiPort });
    assert.equal(await statusOf(client, 'one'), 'RUNNING');
    await startWorkflow(client, 'two');
  });

  test('lets no web page start workflows, while the Web UI works', async (t) => {
    const { server, client } = await start(t, await setUp(t));
    const { clusters } = await client.connection.operatorService.listClusters({});
    const api = clusters[0]?.httpAddress;
    assert(api);
    const addresses = [`http://${api}`, server.uiUrl].flatMap((base) => [
      `${base}/api/v1/namespaces/default/workflows/evil`,
      `${base}/namespaces/default/workflows/evil`,
    ]);
    for (const address of addresses) {
      const { status } = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'text/plain', origin: 'https://evil.example' },
        body: JSON.stringify({ workflowType: { name: 'evil' }, taskQueue: { name: 'nobody' } }),
      });
      assert(status === 403 || status === 400, `${address} answered ${status}`);
      await assert.rejects(statusOf(client, 'evil'), WorkflowNotFoundError);
    }
    await startWorkflow(client, 'good');
    const seen = `${server.uiUrl}/api/v1/namespaces/default/workflows/good`;
    await until(async () => (await fetch(seen)).ok);
    assert.match(await (await fetch(seen)).text(), /"workflowId": *"good"/);
  });

  test('shows its Web UI only to those who call it localhost or by an IP address', async (t) => {
    const { server } = await start(t, await setUp(t));
    await until(async () => (await fetch(`${server.uiUrl}/api/v1/namespaces`)).ok);
    for (const path of ['/', '/api/v1/namespaces', '/namespaces/default/workflows']) {
      const status = (host: string) => statusFor(server.uiUrl + path, host);
      for (const host of ['127.0.0.1', `localhost:${server.uiPort}`, 'LOCALHOST', '[::1]:8233']) {
        assert.equal(await status(host), 200, `${path} for ${host}`);
      }
      for (const host of [
        'evil.example',
        `evil.example:${server.uiPort}`,
        'localhost.evil.example',
        '127.0.0.1.nip.io',
      ]) {
        assert.equal(await status(host), 421, `${path} for ${host}`);
      }
    }
  });

  test('has its Web UI where no page finds it beside that', { skip: process.platform !== 'linux' }, async (t) => {
    const { server } = await start(t, await setUp(t));
    const { stdout } = await run('ps', ['-A', '-ww', '-o', 'args=']);
    const [, ip, port] = new RegExp(`--port ${server.port} --ui-ip (\\S+) --ui-port (\\d+)`).exec(stdout) ?? [];
    assert.equal((await fetch(`http://${ip}:${port}/`)).status, 200);
    await assert.rejects(fetch(`http://127.0.0.1:${port}/`));
  });

  test('tells which port is taken, and by which setting to choose another, before it starts', async (t) => {
    const options = await setUp(t);
    const taken = await takePort(t);
    const ask = 'to another one, or to 0 for any that is free.';
    const wrong = [
      [{ port: taken }, `Port ${taken} is taken by another program: set TEMPORAL_PORT ${ask}`],
      [{ uiPort: taken }, `Port ${taken} is taken by another program: set TEMPORAL_UI_PORT ${ask}`],
    ] as const;
    for (const [ports, message] of wrong) {
      await assert.rejects(startDevServer({ ...options, ...ports }), new StartError(message));
    }
    await assert.rejects(stat(join(options.dataDir, 'temporal.log')), { code: 'ENOENT' });
  });

  test('tells in one line why it does not start, with the last line of its log', async (t) => {
    const options = await setUp(t);
    const noServer = join(options.dataDir, 'no-server');
    await writeFile(noServer, '#!/bin/sh\necho one; echo two >&2; exit 3\n');
    await chmod(noServer, 0o755);
    const why = `it ended with code 3; the last line of ${join(options.dataDir, 'temporal.log')} is "two"`;
    await assert.rejects(
      startDevServer({ ...options, cli: noServer }),
      new StartError(`The Temporal server did not start: ${why}`),
    );
  });

  test('starts all the same when a port is taken from it while it starts', async (t) => {
    const options = await setUp(t);
    const cli = join(options.dataDir, 'loses-its-port-once');
    const lost = join(options.dataDir, 'lost');
    const lose = `touch ${lost}; echo '"listen tcp 127.0.0.1:1: bind: address already in use"'; echo 'panic: no listener'; exit 2`;
    await writeFile(cli, `#!/bin/sh\nif [ ! -e ${lost} ]; then ${lose}; fi\nexec ${options.cli} "$@"\n`);
    await chmod(cli, 0o755);
    const { client } = await start(t, { ...options, cli });
    await startWorkflow(client, 'one');
  });

  test('gives up when a port is taken from it three times', async (t) => {
    const options = await setUp(t);
    const cli = join(options.dataDir, 'loses-its-port');
    const tries = join(options.dataDir, 'tries');
    await writeFile(cli, `#!/bin/sh\necho try >> ${tries}; echo "bind: address already in use"; exit 1\n`);
    await chmod(cli, 0o755);
    await assert.rejects(startDevServer({ ...options, cli }), /^StartError: .*bind: address already in use"$/);
    assert.equal(await readFile(tries, 'utf8'), 'try\n'.repeat(3));
  });

  test('does not touch a file that is no database of its own', async (t) => {
    const options = await setUp(t);
    await writeFile(join(options.dataDir, 'temporal.db'), 'This is no database. '.repeat(100));
    await assert.rejects(
      startDevServer(options),
      /^StartError: The Temporal server did not start: .*not a database.*$/,
    );
  });

  test('starts over what a first start has left that was killed half-way', async (t) => {
    const options = await setUp(t);
    const cli = join(options.dataDir, 'killed-half-way');
    await writeFile(cli, `#!/bin/sh\nprintf 'half of a database' > ${join(options.dataDir, 'temporal.db')}\n`);
    await chmod(cli, 0o755);
    await assert.rejects(startDevServer({ ...options, cli }), StartError);

    const server = await startDevServer(options);
    await server.stop();
    const again = await startDevServer(options);
    await again.stop();
  });

  test('starts its log anew, and keeps the one before', async (t) => {
    const options = await setUp(t);
    const log = (name: string) => readFile(join(options.dataDir, name), 'utf8');
    const cli = join(options.dataDir, 'no-server');
    for (const word of ['one', 'two', 'three']) {
      await writeFile(cli, `#!/bin/sh\necho ${word}\n`);
      await chmod(cli, 0o755);
      await assert.rejects(startDevServer({ ...options, cli }), StartError);
    }
    assert.equal(await log('temporal.log'), 'three\n');
    assert.equal(await log('temporal.previous.log'), 'two\n');
  });

  test('gets none of our settings, such as the keys of providers', async (t) => {
    const options = await setUp(t);
    const cli = join(options.dataDir, 'no-server');
    await writeFile(cli, '#!/bin/sh\nenv\n');
    await chmod(cli, 0o755);
    process.env.SENDGRID_API_KEY = 'SG.secret';
    t.after(() => delete process.env.SENDGRID_API_KEY);
    await assert.rejects(startDevServer({ ...options, cli }), StartError);
    assert.doesNotMatch(await readFile(join(options.dataDir, 'temporal.log'), 'utf8'), /secret/);
  });
});

describe('The embedded server of a program', { timeout: 60_000 }, () => {
  async function program(t: TestContext, dataDir: string) {
    const args = ['--require', 'tsx/cjs', require.resolve('./runDevServer'), dataDir];
    // In a process group of its own, as a shell does for what it starts.
    const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    t.after(async () => {
      child.kill('SIGKILL');
      await exited;
    });
    const lines: AsyncIterator<string> = createInterface(child.stdout)[Symbol.asyncIterator]();
    const line = async () => String((await lines.next()).value);
    const { pid } = child;
    assert(pid !== undefined);
    return { pid, line, exited, port: Number(await line()) };
  }

  test('ends with it when it is killed, so that another can start at once', async (t) => {
    const options = await setUp(t);
    const { pid, port, exited } = await program(t, options.dataDir);
    await startWorkflow(await connectClient(t, `127.0.0.1:${port}`), 'one');
    process.kill(pid, 'SIGKILL');
    await exited;
    const { client } = await start(t, { ...options, port });
    assert.equal(await statusOf(client, 'one'), 'RUNNING');
    assert.equal(new Set(await groupsOn({ port })).size, 1);
  });

  test('does not get the Ctrl-C of the terminal, and stops when it is told to', async (t) => {
    const { dataDir } = await setUp(t);
    const { pid, port, line, exited } = await program(t, dataDir);
    const client = await connectClient(t, `127.0.0.1:${port}`);
    process.kill(-pid, 'SIGINT');
    assert.equal(await line(), 'interrupted');
    await startWorkflow(client, 'one');
    process.kill(pid, 'SIGTERM');
    assert.equal(await line(), 'stopped');
    assert.equal(await isOpen(port), false);
    assert.deepEqual(await exited, [0, null]);
    assert.deepEqual(await groupsOn({ port }), []);
  });
});

describe('The supervised server', { timeout: 60_000 }, () => {
  test('comes back on the same ports when it is killed, with the workflows that were open', async (t) => {
    const options = await setUp(t);
    const told: string[] = [];
    const server = await superviseDevServer(options, (message) => told.push(message));
    t.after(server.stop);
    const client = await connectClient(t, server.address);
    await startWorkflow(client, 'one');
    const outage = [
      'The Temporal server ended by signal SIGKILL, and is started again.',
      'The Temporal server is back.',
    ];
    for (let round = 1; round <= 2; round++) {
      await killServerOn(server);
      await until(() => Promise.resolve(told.length === 2 * round));
      assert.equal(await statusOf(client, 'one'), 'RUNNING');
      assert.equal(await isOpen(server.uiPort), true);
    }
    await server.stop();
    assert.equal(await isOpen(server.port), false);
    assert.deepEqual(told, [...outage, ...outage]);
  });

  test('tries again when its port is taken meanwhile', async (t) => {
    const options = await setUp(t);
    const told: string[] = [];
    const server = await superviseDevServer(options, (message) => told.push(message));
    t.after(server.stop);
    await killServerOn(server);
    await until(async () => !(await isOpen(server.port)));
    const squatter = createServer().listen(server.port, '127.0.0.1');
    await once(squatter, 'listening');
    await until(() => Promise.resolve(told.length === 2));
    assert.match(told[1] ?? '', /is taken by another program/);
    squatter.close();
    await until(() => Promise.resolve(told.at(-1) === 'The Temporal server is back.'));
    await connectClient(t, server.address);
  });

  test('stays away when it is stopped before it is started again', async (t) => {
    const options = await setUp(t);
    const server = await superviseDevServer(options, () => undefined);
    await killServerOn(server);
    await until(async () => !(await isOpen(server.port)));
    await server.stop();
    assert.deepEqual(await groupsOn(server), []);
    await assert.rejects(stat(join(options.dataDir, 'temporal.previous.log')), { code: 'ENOENT' });
  });

  test('stays away when it is stopped while it is being started again', async (t) => {
    const options = await setUp(t);
    const server = await superviseDevServer(options, () => undefined);
    await killServerOn(server);
    await until(async () => (await groupsOn(server)).length === 0);
    await until(async () => (await groupsOn(server)).length > 0);
    await server.stop();
    assert.deepEqual(await groupsOn(server), []);
  });
});
