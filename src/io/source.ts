/**
 * Random access to a file's bytes, so that readers need neither a file system nor the whole file in memory.
 * Apps make sources of files; this file makes them of bytes.
 */
import { FormatError } from '../errors.ts';

export interface Source {
  /** Length in bytes; may exceed 4 GiB. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`. Rejects with a FormatError where the file is shorter. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A source over bytes in memory. What it reads shares memory with `bytes`. */
export function sourceFromBytes(bytes: Uint8Array): Source {
  return {
    size: bytes.length,
    read: async (offset, length) => {
      checkRange(bytes.length, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** Refuses to read outside of a file of `size` bytes. */
export function checkRange(size: number, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return;
  throw new FormatError(
    'file',
    `needs ${length} bytes from ${offset}; the file ends at ${size}: it is cut short or damaged`,
  );
}

/** Files up to this size are read at once: one read is faster than hundreds of small ones. */
const smallFile = 64 * 2 ** 20;

/** The same source, held in memory where it is small. */
export async function buffered(source: Source): Promise<Source> {
  return source.size <= smallFile ? sourceFromBytes(await source.read(0, source.size)) : source;
}

const blockBytes = 2 ** 14;
const mostBlocks = 64;

/** The same source, for many small reads near each other: what is within one block of 16 KiB is read once. Not to be changed by the reader. */
export function readAhead(source: Source): Source {
  const blocks = new Map<number, Promise<Uint8Array>>();
  return {
    size: source.size,
    read: async (offset, length) => {
      checkRange(source.size, offset, length);
      const k = Math.floor(offset / blockBytes);
      const start = k * blockBytes;
      if (offset + length > start + blockBytes) return source.read(offset, length);
      let block = blocks.get(k);
      if (!block) {
        block = source.read(start, Math.min(blockBytes, source.size - start));
        blocks.set(k, block);
        if (blocks.size > mostBlocks) blocks.delete(blocks.keys().next().value!);
      }
      return (await block).subarray(offset - start, offset - start + length);
    },
  };
}
