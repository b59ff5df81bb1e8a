/**
 * From the network's output for a volume to masks: voxels walk along the flow, those that meet form a mask.
 * Source: cellpose 3.1 `dynamics.steps_interp` (the torch path, which volumes always take), `steps3D`, `get_masks_torch`,
 * `resize_and_compute_masks`.
 */
import { checkArray, type FloatArray, type Masks } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { fillVoidsAndRemoveSmallMasks } from '../masks/fillVoidsAndRemoveSmallMasks.ts';
import { countLabels } from '../masks/objectBoxes.ts';
import { resizeImage } from '../transforms/resizeImage.ts';
import type { MaskRules } from './maskRules.ts';
import { type DynamicsRules, dynamics3 } from './rules.ts';
import { type Shape3, walkVoxels } from './walkVoxels.ts';

export interface VolumeMasksOptions {
  /** Steps of the dynamics. @default 200 */
  readonly niter?: number;
  /** Voxels with a larger cellprob (a logit) belong to cells. @default 0 */
  readonly cellprobThreshold?: number;
  /** Read flows between voxels. @default true */
  readonly interp?: boolean;
  /** Masks of a larger share of the volume are removed. @default 0.4 */
  readonly maxSizeFraction?: number;
  /** Masks of fewer voxels at the final size are removed; 0 or below keeps all. @default 15 */
  readonly minSize?: number;
  /** Size of the volume (lz, ly, lx) where the flows have another; null: as the flows. @default null */
  readonly resize?: Shape3 | null;
  /** @default dynamics3 */
  readonly rules?: DynamicsRules;
  readonly signal?: AbortSignal;
}

/**
 * Computes masks of a volume at the size of the flows, brings them to the size of the volume (nearest voxel), fills voids
 * and removes small masks. There is no flow check in 3D.
 *
 * @param dP        flow of the network, (3, lz, ly, lx), z, y, x.
 * @param cellprob  (lz, ly, lx), logits; NaN is background.
 * @returns         labels (lz, ly, lx), or as `resize` says; all 0 where there are no cells.
 * @throws ShapeError if the sizes differ; OptionError for impossible options; the signal's reason after cancellation.
 */
export async function volumeMasks(
  dP: FloatArray,
  cellprob: FloatArray,
  options: VolumeMasksOptions = {},
): Promise<Masks> {
  const { cellprobThreshold = 0, maxSizeFraction = 0.4, minSize = 15, resize = null, rules = dynamics3 } = options;
  const shape = checkShapes(dP, cellprob);
  if (!(maxSizeFraction > 0)) {
    const message = `volumeMasks: maxSizeFraction must be above 0; got ${maxSizeFraction}`;
    throw new OptionError('maxSizeFraction', maxSizeFraction, message);
  }
  const voxels = cellVoxels(cellprob.data, cellprobThreshold);
  const p = await walkVoxels(dP.data, shape, voxels, { ...options, flowScale: rules.follow.flowScale });
  const data = new Int32Array(cellprob.data.length);
  if (voxels.length > 0) paintMasks(data, p, voxels, shape, rules.masks);
  const masks = renumbered(withoutBig(data, maxSizeFraction));
  return fillVoidsAndRemoveSmallMasks(resizeMasks({ data: masks, shape }, resize), minSize);
}

function checkShapes(dP: FloatArray, cellprob: FloatArray): Shape3 {
  if (cellprob.shape.length !== 3) throw new ShapeError('volumeMasks', 'cellprob (lz, ly, lx)', cellprob.shape);
  const [lz, ly, lx] = cellprob.shape;
  if (dP.shape.join() !== [3, lz, ly, lx].join())
    throw new ShapeError('volumeMasks', `dP (3, ${lz}, ${ly}, ${lx}) to match cellprob`, dP.shape);
  checkArray('volumeMasks', dP);
  checkArray('volumeMasks', cellprob);
  return [lz, ly, lx];
}

function cellVoxels(cellprob: Float32Array, threshold: number): Int32Array {
  const voxels = new Int32Array(cellprob.length);
  let n = 0;
  for (let i = 0; i < cellprob.length; i++) if (cellprob[i] > threshold) voxels[n++] = i;
  return voxels.slice(0, n);
}

/** Counts resting places in a histogram with an empty border, grows its peaks, and gives each voxel the label of its place. */
function paintMasks(
  masks: Int32Array,
  p: Float32Array,
  voxels: Int32Array,
  [lz, ly, lx]: Shape3,
  rules: MaskRules,
): void {
  const { rpad } = rules;
  const row = lx + 2 * rpad;
  const plane = row * (ly + 2 * rpad);
  const counts = new Int32Array(plane * (lz + 2 * rpad));
  const n = voxels.length;
  const bins = new Int32Array(n);
  const within = (value: number, size: number): number => Math.min(Math.max(value | 0, 0), size - 1) + rpad;
  for (let i = 0; i < n; i++) {
    bins[i] = within(p[i], lz) * plane + within(p[n + i], ly) * row + within(p[2 * n + i], lx);
    counts[bins[i]]++;
  }
  const regions = new Int32Array(counts.length);
  findSeeds(counts, new Set(bins), row, plane, rules).forEach((seed, k) => {
    for (const bin of grow(counts, seed, row, plane, rules)) regions[bin] = k + 1;
  });
  for (let i = 0; i < n; i++) masks[voxels[i]] = regions[bins[i]];
}

/** Filled bins that are the maximum of their window, by rising count; equal ones in raster order. */
function findSeeds(
  counts: Int32Array,
  filled: Iterable<number>,
  row: number,
  plane: number,
  { seedWindow, seedAbove }: MaskRules,
): number[] {
  const around = offsets(seedWindow >> 1, row, plane);
  const seeds = [...filled].filter(
    (bin) => counts[bin] > seedAbove && around.every((offset) => counts[bin + offset] <= counts[bin]),
  );
  return seeds.sort((a, b) => counts[a] - counts[b] || a - b);
}

function grow(counts: Int32Array, seed: number, row: number, plane: number, rules: MaskRules): Set<number> {
  const neighbours = offsets(1, row, plane);
  const region = new Set([seed]);
  let front = [seed];
  for (let step = 0; step < rules.growSteps; step++) {
    const next: number[] = [];
    for (const bin of front) {
      for (const offset of neighbours) {
        if (counts[bin + offset] <= rules.growAbove || region.has(bin + offset)) continue;
        region.add(bin + offset);
        next.push(bin + offset);
      }
    }
    front = next;
  }
  return region;
}

/** Distances in memory to all bins of a cube around one. */
function offsets(radius: number, row: number, plane: number): number[] {
  const steps = Array.from({ length: 2 * radius + 1 }, (_, k) => k - radius);
  return steps.flatMap((z) => steps.flatMap((y) => steps.map((x) => z * plane + y * row + x)));
}

/** Removes, in place, labels that hold more than this share of the volume. */
function withoutBig(data: Int32Array, maxSizeFraction: number): Int32Array {
  const counts = countLabels({ data, shape: [data.length] });
  const big = data.length * maxSizeFraction;
  for (let i = 0; i < data.length; i++) if (counts[data[i]] > big) data[i] = 0;
  return data;
}

/** Numbers labels by first appearance, in place. */
function renumbered(data: Int32Array): Int32Array {
  const numbers = new Map([[0, 0]]);
  for (let i = 0; i < data.length; i++) {
    const number = numbers.get(data[i]) ?? numbers.size;
    numbers.set(data[i], number);
    data[i] = number;
  }
  return data;
}

function resizeMasks({ data, shape }: Masks, resize: Shape3 | null): Masks {
  if (!resize || resize.join() === shape.join()) return { data, shape };
  const [sz, sy, sx] = shape;
  const [lz, ly, lx] = resize;
  const flat = resizeImage({ data, shape: [sz, sy, sx, 1] }, ly, lx, 'nearest').data;
  // Planes as rows: all of a plane comes from the nearest plane.
  return { data: resizeImage({ data: flat, shape: [sz, ly * lx] }, lz, ly * lx, 'nearest').data, shape: resize };
}
