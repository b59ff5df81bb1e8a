/** Bytes as a file on a disk gives them: each read is memory of its own, and is counted. */
import { checkRange, type Source } from '../../src/io/source.ts';

export interface CountedSource extends Source {
  /** Bytes that were read until now. */
  readonly bytesRead: number;
  /** How often it was read. */
  readonly reads: number;
}

export function countedSource(bytes: Uint8Array): CountedSource {
  let bytesRead = 0;
  let reads = 0;
  return {
    size: bytes.length,
    get bytesRead() {
      return bytesRead;
    },
    get reads() {
      return reads;
    },
    read: async (offset, length) => {
      checkRange(bytes.length, offset, length);
      bytesRead += length;
      reads++;
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
  };
}
