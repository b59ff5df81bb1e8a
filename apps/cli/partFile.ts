/**
 * The part of a file that is being downloaded: it lies beside the file and ends with `.part`. Two processes may fetch the
 * same file at once, so no part ever has two writers: while it is written its name has the mark of its writer, and it
 * changes hands by renaming, which succeeds for one process alone. `FILE.VERSION.part` is free, for anybody to go on
 * with; `FILE.VERSION.WRITER.part` belongs to a process, and is free again once that has died.
 */
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isFile } from './exists.ts';
import { isAbandoned, newMark } from './writerMark.ts';

/** A part of which this process is the writer. */
export interface Part {
  readonly path: string;
  /** Which state of the file on the server it is a part of, in 16 hexadecimal digits. */
  readonly version: string;
  /** In bytes. */
  readonly size: number;
}

/** Where a new part of `target` is to be written. */
export function newPartPath(target: string, version: string): string {
  return `${target}.${version}.${newMark()}.part`;
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
    if (version === undefined) continue;
    if (writer === undefined || (await isAbandoned(path, writer))) parts.push({ path, version });
  }
  return parts;
}

const ending = /^([0-9a-f]{16})(?:\.([^.]+))?\.part$/;
