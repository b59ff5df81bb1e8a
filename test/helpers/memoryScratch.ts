/** Scratch storage in memory, which knows what of it is in use. */
import type { FloatArray } from '../../src/array/ndarray.ts';
import type { Scratch } from '../../src/array/scratch.ts';
import { createScratchVolume, type ScratchVolume } from '../../src/array/scratchVolume.ts';

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

/** Puts a volume (lz, ly, lx[, nchan]) into scratch storage. */
export async function putVolume(scratch: Scratch, { data, shape }: FloatArray): Promise<ScratchVolume> {
  const [lz, ly, lx, nchan = 1] = shape as [number, number, number, number?];
  const volume = await createScratchVolume(scratch, [lz, ly, lx], nchan);
  const plane = ly * lx * nchan;
  for (const block of volume.blocks(0)) await volume.write(block, data.subarray(block.from * plane, block.to * plane));
  return volume;
}
