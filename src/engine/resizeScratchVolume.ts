/** Enlarges and shrinks volumes in scratch storage, number for number as `resizeVolume` and `resizeVolumeImage` do in memory. */
import type { Scratch } from '../array/scratch.ts';
import { createScratchVolume, type ScratchVolume } from '../array/scratchVolume.ts';
import { resizeStack } from '../transforms/resizeImage.ts';
import { alongZ, type VolumeSize } from './resizeVolume.ts';

export interface ResizeScratchOptions {
  readonly scratch: Scratch;
  readonly signal?: AbortSignal | undefined;
  /** Of an image: channels of the whole, where these are its first ones. Left out: the volume is one quantity. Rounding depends on it. */
  readonly channels?: number;
}

/** @returns the volume itself where the size stays, else a new one; the other is released. */
export async function resizeScratchVolume(
  volume: ScratchVolume,
  [lz, ly, lx]: VolumeSize,
  { scratch, signal, channels }: ResizeScratchOptions,
): Promise<ScratchVolume> {
  const { nchan } = volume;
  const [sz, sy, sx] = volume.size;
  const isFlat = sy === ly && sx === lx;
  const flat = isFlat ? volume : await createScratchVolume(scratch, [sz, ly, lx], nchan);
  if (!isFlat) {
    // The planes of a quantity are resized as channels of one picture.
    await eachBlock(volume, flat, 0, signal, (data, size) => {
      return resizeStack({ data, shape: [...size, nchan] }, ly, lx, channels ?? sz).data;
    });
    await volume.release();
  }
  if (sz === lz) return flat;
  const out = await createScratchVolume(scratch, [lz, ly, lx], nchan);
  await eachBlock(flat, out, 1, signal, (data, [, dy]) => {
    const values = new Float32Array(lz * dy * lx * nchan);
    alongZ({ data, shape: [sz, dy] }, lz, lx * nchan, values, (plane) =>
      resizeStack({ data: plane, shape: [1, sz, lx, nchan] }, lz, lx, channels ?? 1),
    );
    return values;
  });
  await flat.release();
  return out;
}

/** Makes the blocks of one volume of those of another, along an axis in which both are alike. */
async function eachBlock(
  from: ScratchVolume,
  to: ScratchVolume,
  axis: 0 | 1,
  signal: AbortSignal | undefined,
  make: (values: Float32Array, size: VolumeSize) => Float32Array,
): Promise<void> {
  for (const block of from.blocks(axis)) {
    signal?.throwIfAborted();
    await to.write(block, make(await from.read(block), from.blockSize(block)));
  }
}
