/**
 * The part of a file that is being downloaded: it lies beside the file and ends with `.part`. Two processes may fetch the
 * same file at once, so no part ever has two writers: while it is written its name has the mark of its writer, and it
 * changes hands by renaming, which succeeds for one process alone. `FILE.VERSION.part` is free, for anybody to go on
 * with; `FILE.VERSION.WRITER.part` belongs to a process, and is free again once that has died.
 */
import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isFile } from './exists.ts';

/** A part of which this process is the writer. */
export interface Part {
  readonly path: string;
  /** Which state of the file on the server it is a part of, in 16 hexadecimal digits. */
  readonly version: string;
  /** In bytes. */
  readonly size: number;
}

const machine = hostname().replace(/[^\w-]/g, '_');
const day = 24 * 3600 * 1000;

/** Where a new part of `target` is to be written. */
export function newPartPath(target: string, version: string): string {
  return `${target}.${version}.${machine}-${process.pid}-${randomBytes(4).toString('hex')}.part`;
}

/** Takes a part of `target` that somebody has left, if there is one. */
export async function claimPart(target: string): Promise<Part | undefined> {
  for (const { path, version } of await freeParts(target)) {
    const own = newPartPath(target, version);
    const claimed = await rename(path, own).then(
      () => true,
      () => false, // somebody was faster
    );
    if (claimed) return { path: own, version, size: (await stat(own)).size };
  }
  return undefined;
}

/** Leaves a part for a later run. */
export async function releasePart(path: string): Promise<void> {
  await rename(path, path.replace(/\.[^.]+\.part$/, '.part'));
}

/**
 * Gives a part that is whole its name; what others have left of the file is of no use any more and goes.
 *
 * @throws the error of the operating system.
 */
export async function finishPart(path: string, target: string): Promise<void> {
  try {
    await rename(path, target);
  } catch (error) {
    // Windows refuses to replace a file that is in use; if somebody else has finished it meanwhile, all is well.
    if (!(await isFile(target))) throw error;
    await rm(path, { force: true });
  }
  for (const left of await freeParts(target)) await rm(left.path, { force: true });
}

async function freeParts(target: string): Promise<{ readonly path: string; readonly version: string }[]> {
  const folder = dirname(target);
  const start = `${basename(target)}.`;
  const parts: { path: string; version: string }[] = [];
  for (const name of await readdir(folder)) {
    const [, version, writer] = (name.startsWith(start) && ending.exec(name.slice(start.length))) || [];
    const path = join(folder, name);
    if (version !== undefined && (await isFree(path, writer))) parts.push({ path, version });
  }
  return parts;
}

const ending = /^([0-9a-f]{16})(?:\.([^.]+))?\.part$/;

async function isFree(path: string, writer: string | undefined): Promise<boolean> {
  if (writer === undefined) return true;
  const [, where, pid] = /^(.+)-(\d+)-[0-9a-f]+$/.exec(writer) ?? [];
  if (where === machine) return !isAlive(Number(pid));
  // Of another machine with the same folder: what nobody has touched for so long is not being written.
  const touched = (await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now();
  return Date.now() - touched > day;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
