/** What a run takes that restores images before it segments them: `planRun` of the restored image, and the restoration itself. */
import { sizeOf } from '../array/ndarray.ts';
import { netSize } from '../engine/runNetSize.ts';
import { OptionError } from '../errors.ts';
import { convertAxes } from '../transforms/convertImage.ts';
import { type SplitOptions, splitOptions } from './evalOptions.ts';
import { type PlannedModel, planStack, type RunPlan, tilesOf } from './planRun.ts';
import { refuseUnclearPlanes } from './prepareImage.ts';
import { channelScale, enlargement } from './restoreImage.ts';
import type { RestoreTraits } from './restoreModels.ts';
import type { EvalOptions } from './types.ts';

/** `size` is that of the restored image, and `bytes` those of the restoration where it takes more. */
export interface RestoredRunPlan extends RunPlan {
  /** Tiles that run through the network that restores. */
  readonly restoreTiles: number;
  /** The same in tiles of 224 × 224 pixels. */
  readonly restoreWork: number;
}

/**
 * Plans a run of `CellposeDenoiseModel.eval` with these options.
 *
 * @param shape         of the image, in any order of axes that `eval` takes.
 * @param models        the network that segments, and what is known of the one that restores: a `DenoiseModel` is one.
 * @param elementBytes  of a number of the image; default 2.
 * @throws as `planRun`; OptionError ('maxMemory') too where the restoration alone does not fit.
 *
 * A second channel in which nothing is seen is left out in a run; here it counts.
 */
export function planRestoredRun(
  shape: readonly number[],
  options: EvalOptions,
  { model, restorer }: { readonly model: PlannedModel; readonly restorer: RestoreTraits },
  elementBytes: number = 2,
): RestoredRunPlan {
  const split = splitOptions(options);
  const isVolume = split.volume.do3D || split.volume.stitchThreshold > 0;
  if (isVolume) refuseUnclearPlanes(shape, split.input);
  const { z, y, x, c } = convertAxes(shape, { ...split.input, nchan: null, do3D: isVolume });
  const [lz, ly, lx] = [z < 0 ? 1 : shape[z], shape[y], shape[x]];
  const count = channelsRestored(c < 0 ? 1 : shape[c], split.input.channels);
  const ratio = enlargement(restorer, split.diameter);
  const [height, width] = netSize(ly, lx, ratio, { diameter: split.diameter, nout: count });
  const size = [lz, height, width] as const;
  const given = sizeOf(shape) * elementBytes;
  const restored = 4 * count * sizeOf(size);
  const work = restoration(size, count, split, restorer);
  // While it is enlarged; while it is scaled, or one of its channels restored.
  const bytes =
    given + Math.max(4 * count * lz * ly * lx + restored, 2 * restored + restored / count) + work.planeBytes;
  const { maxMemory } = split.volume;
  if (lz > 1 && bytes > maxMemory) throw tooLarge(size, bytes, maxMemory);
  const after = { ...split, diameter: ratio > 1 ? restorer.diamMean : split.diameter };
  const plan = planStack(size, after, model, { given: given + restored, byPlanes: false });
  return { ...plan, bytes: Math.max(plan.bytes, bytes), restoreTiles: work.tiles, restoreWork: work.work };
}

/** As many as `restoreImage` picks. */
function channelsRestored(count: number, channels: readonly number[] | undefined): number {
  if (!channels || count === 1) return count;
  const [main, nuclear = 0] = channels;
  return main === 0 || nuclear === 0 ? 1 : 2;
}

function restoration(
  [lz, ly, lx]: readonly [number, number, number],
  count: number,
  split: SplitOptions,
  { diamMean }: RestoreTraits,
) {
  const rescale = split.diameter > 0 ? diamMean / split.diameter : (split.rescale ?? 1);
  let [tiles, work, planeBytes] = [0, 0, 0];
  for (let channel = 0; channel < count; channel++) {
    const seen = netSize(ly, lx, channelScale(channel, rescale), { nout: 1 });
    const own = tilesOf(...seen, { tiling: { ...split.tiling, augment: false } }, lz);
    tiles += own.tiles;
    work += own.work;
    planeBytes = Math.max(planeBytes, 12 * 4 * Math.max(ly * lx, seen[0] * seen[1]));
  }
  return { tiles, work, planeBytes };
}

function tooLarge(size: readonly number[], bytes: number, maxMemory: number): OptionError {
  const gigabytes = (value: number) => (value / 1e9).toPrecision(3);
  return new OptionError(
    'maxMemory',
    maxMemory,
    `maxMemory: to restore ${size.join(' × ')} voxels takes ${gigabytes(bytes)} GB, ${gigabytes(maxMemory)} GB are there; ` +
      'try fewer channels, a part of the stack at a time, or more memory (maxMemory)',
  );
}
