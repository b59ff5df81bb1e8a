/** An image made ready for the network: in memory; or by its planes; or, a volume that would not fit there, in scratch storage from the beginning. */
import { planesOfArray, wholeImage } from '../io/imagePlanes.ts';
import type { SplitOptions } from './evalOptions.ts';
import { type PlannedModel, planImage, type StackSize } from './planRun.ts';
import { type PreparedImage, prepareImage } from './prepareImage.ts';
import { type PreparedInScratch, prepareInScratch } from './prepareInScratch.ts';
import { type PreparedPlanes, preparePlanes } from './preparePlanes.ts';
import type { RunOptions } from './runOptions.ts';
import type { Segmenter } from './segmentImage.ts';
import type { ImageInput } from './types.ts';

export type Prepared = PreparedImage | PreparedPlanes | PreparedInScratch;

/** @throws as `prepareImage`, `planRun` and `prepareInScratch`. */
export async function prepare(
  segmenter: Segmenter,
  image: ImageInput,
  options: SplitOptions,
  { signal }: RunOptions,
): Promise<Prepared> {
  const { nchan } = segmenter.network;
  const { scratch } = options.volume;
  if ('data' in image && !scratch) return prepareImage(image, options, nchan);
  const planes = 'data' in image ? planesOfArray(image) : image;
  const given = planes.isInMemory ? planes.bytes : 0;
  const { way, scratchBytes } = planImage(image.shape, options, plannedModel(segmenter), given);
  if (scratch && scratchBytes > 0) return prepareInScratch(planes, options, nchan, { scratch, signal });
  const byPlanes = way === 'planes' && !planes.isInMemory && (await preparePlanes(planes, options, nchan, signal));
  return byPlanes || { ...prepareImage(await wholeImage(image), options, nchan), given };
}

export function plannedModel({ network: { config, nchan }, diamMean }: Segmenter): PlannedModel {
  return { diamMean, diamLabels: config.diamLabels, nchan };
}

export function isInScratch(prepared: Prepared): prepared is PreparedInScratch {
  return 'volume' in prepared && !('data' in prepared.volume);
}

export function isByPlanes(prepared: Prepared): prepared is PreparedPlanes {
  return 'plane' in prepared;
}

export function stackSize(prepared: Prepared): StackSize {
  if (isByPlanes(prepared)) return [prepared.shape[0], prepared.shape[1], prepared.shape[2]];
  const [lz, ly, lx] = isInScratch(prepared) ? prepared.volume.size : prepared.volume.shape;
  return [lz, ly, lx];
}
