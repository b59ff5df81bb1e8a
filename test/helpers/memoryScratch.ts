/** Scratch storage in memory, which knows what of it is in use. */
import type { Scratch } from '../../src/array/scratch.ts';

export interface MemoryScratch extends Scratch {
  /** Bytes in use, now and when they were most. */
  readonly bytes: number;
  readonly mostBytes: number;
}

export function memoryScratch(): MemoryScratch {
  const scratch = {
    bytes: 0,
    mostBytes: 0,
    async create(length: number) {
      const all = new Float32Array(length);
      scratch.bytes += all.byteLength;
      scratch.mostBytes = Math.max(scratch.mostBytes, scratch.bytes);
      return {
        async read(at: number, into: Float32Array) {
          into.set(all.subarray(at, at + into.length));
        },
        async write(at: number, values: Float32Array) {
          all.set(values, at);
        },
        async release() {
          scratch.bytes -= all.byteLength;
        },
      };
    },
  };
  return scratch;
}
