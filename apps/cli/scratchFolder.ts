/**
 * Scratch storage in a folder of files, for volumes that do not fit into memory. The folder has the kind of name that `sweepParts`
 * knows, so what a killed run leaves behind is removed by the next one that writes there.
 */
import { type FileHandle, mkdir, open, rm, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Scratch, ScratchFile } from 'cellpose-ts';
import { describeError } from './describeError.ts';
import { RunError } from './errors.ts';
import { newPartIn, sweepParts } from './wholeFile.ts';

export interface ScratchFolder extends Scratch {
  /** Where the folder is made when something is to be put into it. */
  readonly place: string;
  /** Removes the folder with all that is in it. */
  close(): Promise<void>;
}

export function scratchFolder(where: string): ScratchFolder {
  const place = resolve(where);
  const folder = newPartIn(place);
  const files = new Set<FileHandle>();
  let count = 0;
  let isMade: Promise<unknown> | undefined;
  const told = <T>(work: Promise<T>): Promise<T> => work.catch((error) => refuse(place, error));
  return {
    place,
    async create(length) {
      isMade ??= sweepParts(place).then(() => mkdir(folder));
      await told(isMade);
      const path = join(folder, `${count++}.f32`);
      const file = await told(open(path, 'wx+'));
      files.add(file);
      await told(file.truncate(4 * length));
      return {
        read: (at, into) => told(readAll(file, at, into)),
        write: (at, values) => told(writeAll(file, at, values)),
        release: async () => {
          files.delete(file);
          await file.close();
          await rm(path, { force: true });
        },
      } satisfies ScratchFile;
    },
    async close() {
      await Promise.allSettled([...files].map((file) => file.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @throws RunError where the disk has not so many bytes free, or there is no such folder. */
export async function checkScratchRoom(place: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(place).catch((error) => refuse(place, error));
  const free = bavail * bsize;
  if (bytes <= free) return;
  throw new RunError(
    `does not fit into memory, and working through files takes ${gigabytes(bytes)} GB of disk: ${gigabytes(free)} GB are free ` +
      `in ${place}; use --scratch FOLDER on a larger disk, or a larger --max_memory`,
  );
}

function refuse(place: string, error: unknown): never {
  throw new RunError(`files for the work cannot be kept in ${place}: ${describeError(error)}; use --scratch FOLDER`, {
    cause: error,
  });
}

async function readAll(file: FileHandle, at: number, into: Float32Array): Promise<void> {
  const bytes = bytesOf(into);
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, 4 * at + done);
    if (bytesRead === 0) throw new RunError('a file has become shorter');
    done += bytesRead;
  }
}

async function writeAll(file: FileHandle, at: number, values: Float32Array): Promise<void> {
  const bytes = bytesOf(values);
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, 4 * at + done)).bytesWritten;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toPrecision(3);
}
