/**
 * Writes files whole: to a temporary name in the same folder, synced, renamed. Whoever looks sees the old file or the
 * new one, never a part. Temporary names start with a dot and have no image extension, so no run takes them for input.
 */
import { type FileHandle, mkdir, open, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAbandoned, newMark } from './writerMark.ts';

const start = '.cellpose-ts-';
const end = '.part';

/**
 * Writes bytes, in one piece or several, to `path`, replacing what is there. A link is followed; a device, such as /dev/stdout, is written to.
 *
 * @throws the error of the operating system; then nothing is left behind and an older file is as it was.
 */
export async function writeWhole(path: string, bytes: Uint8Array | readonly Uint8Array[]): Promise<void> {
  const pieces = bytes instanceof Uint8Array ? [bytes] : bytes;
  const target = await realpath(path).catch(() => path);
  const existing = await stat(target).catch(() => undefined);
  if (existing && !existing.isFile() && !existing.isDirectory()) return writeFile(target, pieces);
  const temporary = newPartIn(dirname(target));
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx', 0o666);
    for (const piece of pieces) await handle.writeFile(piece);
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, target);
  } catch (error) {
    await handle?.close().catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/**
 * Writes a folder whole, replacing an older one: under a temporary name beside it, then renamed.
 *
 * @throws the error of the operating system; then nothing is left behind and an older folder is as it was.
 */
export async function writeWholeFolder(
  path: string,
  files: Iterable<{ readonly path: string; readonly bytes: Uint8Array }>,
): Promise<void> {
  const temporary = newPartIn(dirname(path));
  const older = newPartIn(dirname(path));
  try {
    await mkdir(temporary);
    for (const file of files) {
      const target = join(temporary, file.path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, file.bytes, { flush: true });
    }
    // A folder cannot be renamed onto one with content.
    const replaces = await rename(path, older).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false;
        throw error;
      },
    );
    await rename(temporary, path).catch(async (error: unknown) => {
      if (replaces) await rename(older, path);
      throw error;
    });
    await rm(older, { recursive: true, force: true });
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

/** A name for what is unfinished, which nobody else has, and which `sweepParts` knows. */
export function newPartIn(folder: string): string {
  return join(folder, `${start}${newMark()}${end}`);
}

/** Makes a folder (not those above it) unless it is there. */
export async function ensureFolder(path: string): Promise<void> {
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** Removes the unfinished files that processes left in a folder when they were killed, or the machine stopped. */
export async function sweepParts(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(start) || !name.endsWith(end)) continue;
    const path = join(folder, name);
    if (await isAbandoned(path, name.slice(start.length, -end.length)))
      await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}
