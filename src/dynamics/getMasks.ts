/**
 * Gathers pixels that came to rest at the same place into masks.
 * Source: cellpose 3.1 `dynamics.get_masks_torch` and, by other rules, `get_masks` of all generations.
 */
import { type Masks, type Masks2D, type NdArray, sizeOf } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { countLabels } from '../masks/objectBoxes.ts';
import { renumberInPlace } from '../masks/renumber.ts';
import { type MaskRules, maskRules3 } from './maskRules.ts';

export interface GetMasksOptions {
  /** Masks of a larger share of the image are removed. @default 0.4 */
  readonly maxSizeFraction?: number;
  /** @default maskRules3 */
  readonly rules?: MaskRules;
}

/** Counts of resting places on the image with a border of `rpad`. */
interface Histogram {
  readonly counts: Int32Array;
  /** Distance in `counts` between neighbours along each axis. */
  readonly strides: readonly number[];
}

/**
 * Makes masks from the places where pixels came to rest: counts them in a histogram, takes its peaks as seeds, grows each
 * seed over well-filled bins, and gives a pixel the label of the region in which it ended.
 *
 * @param p       resting places (axes, n) in pixels, of a plane y and x, of a volume z, y and x; only their whole part counts.
 * @param pixels  where those n pixels started, as places in C order: y · lx + x in a plane.
 * @param shape   (ly, lx) of the image, or (lz, ly, lx).
 * @returns       labels 1 … n without gaps, of that shape; all 0 without seeds.
 * @throws ShapeError if p, pixels and shape do not match, OptionError if maxSizeFraction is not above 0.
 */
export function getMasks(
  p: NdArray<Float32Array | Int32Array>,
  pixels: Int32Array,
  shape: readonly [number, number],
  options?: GetMasksOptions,
): Masks2D;
export function getMasks(
  p: NdArray<Float32Array | Int32Array>,
  pixels: Int32Array,
  shape: readonly number[],
  options?: GetMasksOptions,
): Masks;
export function getMasks(
  p: NdArray<Float32Array | Int32Array>,
  pixels: Int32Array,
  shape: readonly number[],
  { maxSizeFraction = 0.4, rules = maskRules3 }: GetMasksOptions = {},
): Masks {
  const n = pixels.length;
  const axes = shape.length;
  if (axes !== 2 && axes !== 3) throw new ShapeError('getMasks', 'a plane (ly, lx) or a volume (lz, ly, lx)', shape);
  if (p.shape.length !== 2 || p.shape[0] !== axes || p.shape[1] !== n) {
    throw new ShapeError('getMasks', `p of (${axes}, ${n}) to match pixels`, p.shape);
  }
  if (!(maxSizeFraction > 0)) {
    throw new OptionError(
      'maxSizeFraction',
      maxSizeFraction,
      `getMasks: maxSizeFraction must be above 0; got ${maxSizeFraction}`,
    );
  }
  const padding = paddingOf(shape, rules);
  const bins = noBins(shape, padding, rules);
  const own = restingBins(p.data, n, shape, padding);
  for (let i = 0; i < n; i++) bins[pixels[i]] = own[i];
  return masksOfBins(bins, shape, { maxSizeFraction, rules });
}

/** Bins before any pixel has walked, of the shape of the image: 0, or each pixel's own where the rules count those that stand. */
export function noBins(shape: readonly number[], padding: Padding, { counted }: MaskRules): Int32Array {
  return counted === 'all' ? standingBins(shape, padding) : new Int32Array(sizeOf(shape));
}

/**
 * The masks of pixels whose bins are known.
 *
 * @param bins  for each pixel its bin in the padded histogram (`paddingOf`); 0, in the border, for those that have none. Becomes
 *              the labels.
 */
export function masksOfBins(
  bins: Int32Array,
  shape: readonly number[],
  { maxSizeFraction, rules }: Required<GetMasksOptions>,
): Masks {
  const { strides, rpad } = paddingOf(shape, rules);
  const counts = new Int32Array(strides[0] * (shape[0] + 2 * rpad));
  for (const bin of bins) if (bin > 0) counts[bin]++;
  const histogram = { counts, strides };
  const regions = growSeeds(histogram, findSeeds(histogram, rules), rules);
  for (let i = 0; i < bins.length; i++) bins[i] = regions[bins[i]];
  return renumberInPlace(withoutBig({ data: bins, shape }, maxSizeFraction, rules.bigBy), rules.numbering);
}

/** How the bins of an image lie in its histogram. */
export function paddingOf(shape: readonly number[], rules: MaskRules): Padding {
  const rpad = borderSeen(rules);
  return { strides: stridesOf(shape.map((size) => size + 2 * rpad)), rpad };
}

/** The part of the rules' border that windows of seeds reach into. It holds no points, so more of it changes nothing. */
function borderSeen({ rpad, seedWindow }: MaskRules): number {
  return Math.min(rpad, Math.max(1, seedWindow >> 1));
}

function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; step *= shape[axis--]) strides[axis] = step;
  return strides;
}

export interface Padding {
  readonly strides: readonly number[];
  readonly rpad: number;
}

/** The bin of each point in the padded histogram: whole part, held within the image, moved by rpad. */
function restingBins(
  p: Float32Array | Int32Array,
  n: number,
  shape: readonly number[],
  { strides, rpad }: Padding,
): Int32Array {
  const bins = new Int32Array(n);
  for (const [axis, size] of shape.entries()) {
    for (let i = 0; i < n; i++) {
      const place = Math.min(Math.max(p[axis * n + i] | 0, 0), size - 1);
      bins[i] += (place + rpad) * strides[axis];
    }
  }
  return bins;
}

/** The own bin of each pixel. */
function standingBins(shape: readonly number[], { strides, rpad }: Padding): Int32Array {
  const bins = new Int32Array(sizeOf(shape));
  const lx = shape[shape.length - 1];
  const ly = shape[shape.length - 2];
  for (let row = 0; row < bins.length / lx; row++) {
    const z = strides.length === 3 ? (Math.floor(row / ly) + rpad) * strides[0] : 0;
    const start = z + ((row % ly) + rpad) * lxStride(strides) + rpad;
    for (let x = 0; x < lx; x++) bins[row * lx + x] = start + x;
  }
  return bins;
}

/** Distance between rows. */
function lxStride(strides: readonly number[]): number {
  return strides[strides.length - 2];
}

/** Bins that are the maximum of their window and well filled, in the order of the rules. */
function findSeeds({ counts, strides }: Histogram, rules: MaskRules): number[] {
  const window = offsetsAround(strides, rules.seedWindow >> 1);
  const seeds: number[] = [];
  // The border is as wide as half the window and holds no points, so windows never leave the histogram where they are looked at.
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] > rules.seedAbove && window.every((d) => !(counts[i + d] > counts[i]))) seeds.push(i);
  }
  // Sorting is stable: equal counts keep raster order.
  if (rules.seedOrder === 'ascending') seeds.sort((a, b) => counts[a] - counts[b]);
  if (rules.seedOrder === 'descending') seeds.sort((a, b) => counts[b] - counts[a]);
  return seeds;
}

/** Distances in memory to all bins of a square or cube around one, itself included. */
function offsetsAround(strides: readonly number[], radius: number): number[] {
  const steps = Array.from({ length: 2 * radius + 1 }, (_, k) => k - radius);
  return strides.reduce((offsets, stride) => offsets.flatMap((offset) => steps.map((k) => offset + k * stride)), [0]);
}

/** Paints the grown region of the k-th seed with k + 1, over the counts; later seeds paint over earlier ones. */
function growSeeds({ counts, strides }: Histogram, seeds: readonly number[], rules: MaskRules): Int32Array {
  const neighbours = offsetsAround(strides, 1);
  const regions = seeds.map((seed) => {
    const region = new Set([seed]);
    let front = [seed];
    for (let step = 0; step < rules.growSteps; step++) {
      const next: number[] = [];
      for (const i of front) {
        for (const d of neighbours) {
          if (counts[i + d] <= rules.growAbove || region.has(i + d)) continue;
          region.add(i + d);
          next.push(i + d);
        }
      }
      front = next;
    }
    return Int32Array.from(region);
  });
  counts.fill(0);
  regions.forEach((region, k) => {
    for (const i of region) counts[i] = k + 1;
  });
  return counts;
}

/** Removes labels that hold more than this share of the image. */
function withoutBig(masks: Masks, maxSizeFraction: number, by: MaskRules['bigBy']): Masks {
  const counts = countLabels(masks);
  const big = masks.data.length * maxSizeFraction;
  const labels = [...counts.keys()];
  // By rank: the k-th label that occurs, background included, condemns label k.
  const ranked = by === 'rank' ? labels.filter((label) => counts[label] > 0) : labels;
  const condemned = new Set(ranked.flatMap((label, k) => (counts[label] > big ? [k] : [])));
  condemned.delete(0);
  if (condemned.size === 0) return masks;
  const { data } = masks;
  for (let i = 0; i < data.length; i++) if (condemned.has(data[i])) data[i] = 0;
  return masks;
}
