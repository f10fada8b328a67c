import { spawn } from 'node:child_process';

export interface Leashed {
  /** Resolves when the process is gone, to words such as "by signal SIGKILL". */
  exited: Promise<string>;
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

/**
 * The command takes the place of this shell. Beside it another one waits for the end of a pipe that nobody writes to, which
 * comes when the process at its other end, this program, is gone; and then kills its group: the command and itself.
 */
const leash = 'umask 077; exec 3<&0; (read _ <&3; kill -KILL 0) & exec "$@" </dev/null 3<&-';

/**
 * Starts a process that dies with this program, even when that one is killed with SIGKILL; but that does not get what the
 * terminal sends to this program, such as Ctrl-C, so that it can be stopped in its turn.
 *
 * Its environment is only what is given here, and the files it makes are for this user only.
 *
 * @param cwd - the folder that it runs in.
 * @param output - the file descriptor that its output goes to.
 */
export function spawnLeashed(
  command: string,
  args: readonly string[],
  { env, cwd, output }: { env: NodeJS.ProcessEnv; cwd: string; output: number },
): Leashed {
  const child = spawn('/bin/sh', ['-c', leash, 'sh', command, ...args], {
    detached: true, // In a group of its own, which the leash may kill.
    env,
    cwd,
    stdio: ['pipe', output, output],
  });
  const exited = new Promise<string>((resolve) => {
    child.on('error', ({ message }) => {
      resolve(message);
    });
    child.on('exit', (code, signal) => {
      resolve(signal === null ? `with code ${code}` : `by signal ${signal}`);
    });
  });
  return { exited, signal: (name) => child.kill(name) };
}
