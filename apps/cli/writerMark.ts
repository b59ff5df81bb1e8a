/**
 * The mark that a process puts into the names of its unfinished files, so that others can tell whether it still writes them:
 * machine, process, and a random number.
 */
import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';

const machine = hostname().replace(/[^\w-]/g, '_');
const day = 24 * 3600 * 1000;

/** A mark that nobody else has: letters, digits, `_` and `-`. */
export function newMark(): string {
  return `${machine}-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** Whether the writer of the file at `path` is gone: its process on this machine has ended, or nobody has touched it for a day. */
export async function isAbandoned(path: string, mark: string): Promise<boolean> {
  const ended = hasEnded(mark);
  if (ended !== undefined) return ended;
  // Of another machine with the same folder: what nobody has touched for so long is not being written.
  const touched = (await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now();
  return Date.now() - touched > day;
}

/** Whether the process of a mark has ended; undefined where it is one of another machine. */
export function hasEnded(mark: string): boolean | undefined {
  const [, where, pid] = /^(.+)-(\d+)-[0-9a-f]+$/.exec(mark) ?? [];
  return where === machine ? !isAlive(Number(pid)) : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
