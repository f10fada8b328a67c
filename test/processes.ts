import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The process id of a descendant of a process, by what its command line holds. */
export async function descendantOf(pid: number | undefined, command: string): Promise<number | undefined> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,args=']);
  const processes = stdout.split('\n').map((line) => {
    const [, id, parent, args] = /^ *(\d+) +(\d+) +(.*)$/.exec(line) ?? [];
    return { pid: Number(id), parent: Number(parent), args };
  });
  const family = new Set([pid]);
  for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid);
  return processes.find(({ pid, args }) => family.has(pid) && args?.includes(command))?.pid;
}
