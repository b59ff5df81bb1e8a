/** Gaussian smoothing of a volume in scratch storage, value for value as `gaussianFilter`. */
import type { ScratchVolume, VolumeAxis } from '../array/scratchVolume.ts';
import { gaussianFilterInPlace } from './gaussianFilter.ts';

/**
 * Smooths a volume of one value per voxel, in its place.
 *
 * @param sigma  along z, y, x, in voxels; 0 leaves the axis out.
 */
export async function gaussianFilterScratch(
  volume: ScratchVolume,
  [z, y, x]: readonly [number, number, number],
  signal?: AbortSignal,
): Promise<void> {
  // Along z first, in blocks that hold all planes; then within the planes.
  if (z > 0) await smoothBlocks(volume, 1, [z, 0, 0], signal);
  if (y > 0 || x > 0) await smoothBlocks(volume, 0, [0, y, x], signal);
}

async function smoothBlocks(
  volume: ScratchVolume,
  axis: VolumeAxis,
  sigma: readonly number[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const block of volume.blocks(axis)) {
    signal?.throwIfAborted();
    const data = await volume.read(block);
    gaussianFilterInPlace({ data, shape: volume.blockSize(block) }, sigma);
    await volume.write(block, data);
  }
}
