/** `segmentVolume` for volumes that do not fit into memory: image and flows lie in scratch storage, and the labels are the same. */
import type { FloatArray } from '../array/ndarray.ts';
import type { Scratch } from '../array/scratch.ts';
import type { ScratchVolume } from '../array/scratchVolume.ts';
import { resizeAndComputeMasksInScratch } from '../dynamics/resizeAndComputeMasks.ts';
import { runNet3DInScratch } from '../engine/runNet3DInScratch.ts';
import { gaussianFilterScratch } from '../transforms/gaussianFilterScratch.ts';
import type { SplitOptions } from './evalOptions.ts';
import { inPieces } from './inPieces.ts';
import type { RunOptions } from './runOptions.ts';
import type { Segmented, Segmenter } from './segmentImage.ts';
import { maskOptions, netOptions, type VolumeSteps } from './segmentVolume.ts';

/** @param volume  prepared, (lz, ly, lx) and its channels; its room is given back on the way. */
export async function segmentVolumeInScratch(
  { network, networkOrtho }: Segmenter,
  volume: ScratchVolume,
  steps: VolumeSteps,
  options: SplitOptions & { run: RunOptions; scratch: Scratch },
): Promise<Segmented> {
  const { dynamics, run, scratch } = options;
  const begin = performance.now();
  const net = { ...netOptions(steps.rescale, networkOrtho, options), scratch };
  const { dP, cellprob, style } = await runNet3DInScratch(network, volume, net);
  const networkDone = performance.now();
  for (const part of dP) await gaussianFilterScratch(part, options.volume.flow3DSmooth, run.signal);
  const masks = await resizeAndComputeMasksInScratch(dP, cellprob, maskOptions(volume.size, steps, options));
  for (const part of [...dP, cellprob]) await part.release();
  run.onProgress?.({ stage: 'masks', fraction: 1 });
  return {
    masks: inPieces(masks, dynamics),
    dP: none([3, 0, 0, 0]),
    cellprob: none([0, 0, 0]),
    style,
    networkMs: networkDone - begin,
    masksMs: performance.now() - networkDone,
  };
}

function none(shape: readonly number[]): FloatArray {
  return { data: new Float32Array(0), shape };
}
