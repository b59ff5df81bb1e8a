/** An image made ready for the network: in memory, or, a volume that would not fit there, in scratch storage from the beginning. */
import type { NdArray } from '../array/ndarray.ts';
import type { SplitOptions } from './evalOptions.ts';
import { arrayPlanes } from './imagePlanes.ts';
import { type PlannedModel, planImage, type StackSize } from './planRun.ts';
import { type PreparedImage, prepareImage } from './prepareImage.ts';
import { type PreparedInScratch, prepareInScratch } from './prepareInScratch.ts';
import type { RunOptions } from './runOptions.ts';
import type { Segmenter } from './segmentImage.ts';

export type Prepared = PreparedImage | PreparedInScratch;

/** @throws as `prepareImage`, `planRun` and `prepareInScratch`. */
export async function prepare(
  segmenter: Segmenter,
  image: NdArray,
  options: SplitOptions,
  { signal }: RunOptions,
): Promise<Prepared> {
  const { nchan } = segmenter.network;
  const { scratch } = options.volume;
  if (!scratch) return prepareImage(image, options, nchan);
  const { scratchBytes } = planImage(image.shape, options, plannedModel(segmenter), image.data.byteLength);
  if (scratchBytes === 0) return prepareImage(image, options, nchan);
  return prepareInScratch(arrayPlanes(image), options, nchan, { scratch, signal });
}

export function plannedModel({ network: { config, nchan }, diamMean }: Segmenter): PlannedModel {
  return { diamMean, diamLabels: config.diamLabels, nchan };
}

export function isInScratch(prepared: Prepared): prepared is PreparedInScratch {
  return !('data' in prepared.volume);
}

export function stackSize(prepared: Prepared): StackSize {
  const [lz, ly, lx] = isInScratch(prepared) ? prepared.volume.size : prepared.volume.shape;
  return [lz, ly, lx];
}
