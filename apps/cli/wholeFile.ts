/**
 * Writes files whole: to a temporary name in the same folder, synced, renamed. Whoever looks sees the old file or the
 * new one, never a part. Temporary names start with a dot and have no image extension, so no run takes them for input.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

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
  const temporary = join(dirname(target), `.cellpose-ts-${randomBytes(6).toString('hex')}.part`);
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

/** Makes a folder (not those above it) unless it is there. */
export async function ensureFolder(path: string): Promise<void> {
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
