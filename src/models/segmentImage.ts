/**
 * A prepared image through network and dynamics, as planes or as a volume, to the result that `eval` gives.
 * `CellposeModel`, `SizeModel` and `Cellpose` all end here; the last two run it several times on one prepared image.
 */
import type { FloatArray, Masks } from '../array/ndarray.ts';
import type { Network } from '../engine/network.ts';
import { baseNiter } from './defaults.ts';
import type { DynamicsOptions, SplitOptions } from './evalOptions.ts';
import { planStack, type RunPlan } from './planRun.ts';
import { isByPlanes, isInScratch, type Prepared, plannedModel, stackSize } from './prepare.ts';
import { moveToScratch } from './prepareInScratch.ts';
import type { RunOptions } from './runOptions.ts';
import { segmentPlanes } from './segmentPlanes.ts';
import { segmentVolume, type VolumeSteps } from './segmentVolume.ts';
import { segmentVolumeInScratch } from './segmentVolumeInScratch.ts';
import type { EvalResult } from './types.ts';

/** What is needed of a model. */
export interface Segmenter {
  readonly network: Network;
  /** Network for the planes along z, with `do3D`; default: the same. */
  readonly networkOrtho?: Network | undefined;
  /** Diameter that images are scaled to, in pixels. */
  readonly diamMean: number;
}

/** What planes and volumes have in common after network and dynamics. */
export interface Segmented {
  readonly masks: Masks;
  readonly dP: FloatArray;
  readonly cellprob: FloatArray;
  readonly style: FloatArray;
  readonly flowChecks?: NonNullable<EvalResult['flowChecks']>;
  readonly networkMs: number;
  readonly masksMs: number;
}

/** @throws as `runNet`, `runNet3D` and `resizeAndComputeMasks`; the signal's reason after cancellation. */
export async function segmentImage(
  segmenter: Segmenter,
  prepared: Prepared,
  options: SplitOptions,
  run: RunOptions,
): Promise<EvalResult> {
  const { network, diamMean } = segmenter;
  const { axes, notes } = prepared;
  const size = stackSize(prepared);
  const [lz] = size;
  const plan = planStack(size, options, plannedModel(segmenter), {
    given: prepared.given ?? 0,
    byPlanes: isByPlanes(prepared),
  });
  const rescale =
    options.diameter > 0 ? diamMean / options.diameter : (options.rescale ?? ownRescale(network, diamMean));
  const niter = Math.trunc(steps(rescale, options.dynamics));
  const isVolume = plan.way === 'volume';
  const { networkMs, masksMs, ...segmented } = await segmentPrepared(
    segmenter,
    prepared,
    { rescale, niter, ...plan },
    { ...options, run },
  );
  return {
    ...segmented,
    count: countCells(segmented.masks, isVolume || options.volume.stitchThreshold > 0),
    diameter: options.diameter > 0 ? options.diameter : diamMean / rescale,
    rescale,
    niter,
    preset: options.dynamics.rules.dynamics.name,
    engine: network.engine,
    axes,
    notes: [
      ...notes,
      ...(network.notes ?? []),
      ...scaleNotes(rescale, diamMean),
      ...stackNotes(lz, options),
      ...scratchNotes(plan),
    ],
    timing: { network: networkMs, masks: masksMs, total: performance.now() - run.begin },
  };
}

/** Planes, a volume, or a volume through scratch storage, where the plan says so. */
async function segmentPrepared(
  segmenter: Segmenter,
  prepared: Prepared,
  planned: VolumeSteps & Pick<RunPlan, 'way' | 'scratchBytes'>,
  options: SplitOptions & { run: RunOptions },
): Promise<Segmented> {
  const { scratch } = options.volume;
  if (scratch && planned.scratchBytes > 0) {
    const { signal } = options.run;
    if (isByPlanes(prepared)) throw new Error('internal: planes that were planned to be a volume in scratch storage');
    const volume = isInScratch(prepared) ? prepared.volume : await moveToScratch(prepared, { scratch, signal });
    return segmentVolumeInScratch(segmenter, volume, planned, { ...options, scratch });
  }
  if (isInScratch(prepared)) throw new Error('internal: a volume in scratch storage that was planned to be in memory');
  if (planned.way !== 'volume' || isByPlanes(prepared)) return segmentPlanes(segmenter, prepared, planned, options);
  return segmentVolume(segmenter, prepared, planned, options);
}

/** Steps of the dynamics: as given, or as many as the diameter asks for. */
function steps(rescale: number, { niter, resample, rules }: DynamicsOptions): number {
  return niter || (resample || rules.niterGrows === 'always' ? (1 / rescale) * baseNiter : baseNiter);
}

/** Far below the network's diameter an image takes long, and a wrong unit or a slip of the pen is likely. */
function scaleNotes(rescale: number, diamMean: number): string[] {
  if (rescale < 8) return [];
  return [
    `a diameter of ${+(diamMean / rescale).toPrecision(3)} pixels enlarged the image ${Math.round(rescale)} times`,
  ];
}

function scratchNotes({ scratchBytes }: RunPlan): string[] {
  return scratchBytes > 0
    ? ['the volume did not fit into memory: it went through scratch storage, its flows are not kept']
    : [];
}

function stackNotes(lz: number, { input, volume: { do3D, stitchThreshold } }: SplitOptions): string[] {
  if (input.tAxis !== undefined) return [];
  const option = do3D ? 'do3D' : 'stitchThreshold';
  if (lz === 1 && (do3D || stitchThreshold > 0))
    return [`the stack has one plane: it was segmented as an image, ${option} had no effect`];
  if (do3D && stitchThreshold > 0) return ['stitchThreshold had no effect: with do3D there is nothing to stitch'];
  if (lz > 1 && !do3D && stitchThreshold === 0)
    return ['each plane was segmented by itself; give stitchThreshold or do3D for cells that go through planes'];
  return [];
}

/** Cellpose divides by a given diameter in float64, but the model's own two diameters in float32. */
function ownRescale(network: Network, diamMean: number): number {
  return Math.fround(diamMean / network.config.diamLabels);
}

/** Highest label, of the whole or summed over the planes. */
function countCells({ data, shape }: Masks, isWhole: boolean): number {
  const n = isWhole ? data.length : shape.slice(-2).reduce((a, b) => a * b, 1);
  let count = 0;
  for (let at = 0; at < data.length; at += n) {
    let max = 0;
    for (let i = at; i < at + n; i++) if (data[i] > max) max = data[i];
    count += max;
  }
  return count;
}
