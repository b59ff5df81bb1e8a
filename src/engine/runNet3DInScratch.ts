/** `runNet3D` for volumes whose input and output do not fit into memory: both lie in scratch storage and are worked on in blocks. */
import type { FloatArray } from '../array/ndarray.ts';
import type { Scratch } from '../array/scratch.ts';
import { createScratchVolume, type ScratchVolume } from '../array/scratchVolume.ts';
import { resizeScratchVolume } from './resizeScratchVolume.ts';
import type { RunNet3DOptions } from './runNet3D.ts';
import { joinStyles, passProgress, runPlanes } from './runPlanes.ts';
import type { TileNetwork } from './tileNetwork.ts';
import { volumeNetSize } from './volumeNetSize.ts';
import { planeSize, volumePasses } from './volumePlanes.ts';

export interface ScratchFlow {
  /** Flow along z, y, x. */
  readonly dP: readonly ScratchVolume[];
  readonly cellprob: ScratchVolume;
}

export interface Net3DInScratch extends ScratchFlow {
  /** (lx, n), as of `runNet3D`. */
  readonly style: FloatArray;
}

/**
 * As `runNet3D`, number for number: planes go through the network in the same order, and a voxel's sums are added up in the same.
 * Held at once are a block of the volume (a sixteenth, where it has so many planes) and three of the sums.
 *
 * @param volume  as of `runNet3D`; released on the way.
 * @throws as `runNet3D`, and what the scratch throws.
 */
export async function runNet3DInScratch(
  net: TileNetwork,
  volume: ScratchVolume,
  options: RunNet3DOptions & { readonly scratch: Scratch },
): Promise<Net3DInScratch> {
  const { resample = true, netOrtho = net, scratch, signal } = options;
  const size = volumeNetSize(net, volume.size, options);
  const to = resample ? volume.size : size;
  const image = await resizeScratchVolume(volume, size, { scratch, signal, channels: net.nchan });
  const sums = await Promise.all([0, 1, 2, 3].map(() => createScratchVolume(scratch, size)));
  const style = await runPasses([net, netOrtho, netOrtho], image, sums, options);
  await image.release();
  const outputs: ScratchVolume[] = [];
  // One after the other, so that room is given back on the way.
  for (const sum of sums) outputs.push(await resizeScratchVolume(sum, to, { scratch, signal }));
  return { dP: outputs.slice(0, 3), cellprob: outputs[3], style };
}

/** Runs the three passes block by block; returns the styles of the last. */
async function runPasses(
  nets: readonly TileNetwork[],
  image: ScratchVolume,
  sums: readonly ScratchVolume[],
  options: RunNet3DOptions,
): Promise<FloatArray> {
  const { size, nchan } = image;
  let styles: FloatArray[] = [];
  for (const [i, pass] of volumePasses.entries()) {
    styles = [];
    const planes = size[pass.across];
    const onPlane = passProgress(i, planes, options.onProgress);
    const touched = [pass.rows, pass.columns, 3];
    for (const block of image.blocks(pass.across)) {
      options.signal?.throwIfAborted();
      const part = { data: await image.read(block), shape: [...image.blockSize(block), nchan] };
      const partSums = await Promise.all(
        sums.map(async (sum, k) => (touched.includes(k) ? sum.read(block) : new Float32Array(0))),
      );
      styles.push(...(await runPlanes(nets[i], part, { pass, planes }, partSums, { ...options, onPlane })));
      await Promise.all(touched.map((k) => sums[k].write(block, partSums[k])));
    }
    // What is compiled fits planes of one size.
    if (i === 2 || planeSize(size, pass) !== planeSize(size, volumePasses[i + 1])) await nets[i].rest?.();
  }
  return joinStyles(styles);
}
