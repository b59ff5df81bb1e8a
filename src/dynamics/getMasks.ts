/**
 * Gathers pixels that came to rest at the same place into masks.
 * Source: cellpose 3.1 `dynamics.get_masks_torch`; the other generations differ by the rules they give.
 */
import type { Masks2D, NdArray } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { countLabels } from '../masks/objectBoxes.ts';
import { renumber } from '../masks/renumber.ts';
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
  readonly height: number;
  readonly width: number;
}

/**
 * Makes masks from the places where pixels came to rest: counts them in a histogram, takes its peaks as seeds, grows each
 * seed over well-filled bins, and gives a pixel the label of the region in which it ended.
 *
 * @param p       resting places (2, n) in pixels, row 0 is y; only their whole part counts.
 * @param pixels  where those n pixels started: y · lx + x.
 * @param shape   (ly, lx) of the image.
 * @returns       labels 1 … n without gaps, (ly, lx); all 0 without seeds.
 * @throws ShapeError if p and pixels do not match, OptionError if maxSizeFraction is not above 0.
 */
export function getMasks(
  p: NdArray<Float32Array | Int32Array>,
  pixels: Int32Array,
  shape: readonly [number, number],
  { maxSizeFraction = 0.4, rules = maskRules3 }: GetMasksOptions = {},
): Masks2D {
  const n = pixels.length;
  if (p.shape.length !== 2 || p.shape[0] !== 2 || p.shape[1] !== n) {
    throw new ShapeError('getMasks', `p of (2, ${n}) to match pixels`, p.shape);
  }
  if (!(maxSizeFraction > 0)) {
    throw new OptionError(
      'maxSizeFraction',
      maxSizeFraction,
      `getMasks: maxSizeFraction must be above 0; got ${maxSizeFraction}`,
    );
  }
  const bins = binOf(p.data, n, shape, rules.rpad);
  const histogram = countBins(bins, shape, rules.rpad);
  const regions = growSeeds(histogram, findSeeds(histogram, rules), rules);
  const data = new Int32Array(shape[0] * shape[1]);
  for (let i = 0; i < n; i++) data[pixels[i]] = regions[bins[i]];
  return renumber(withoutBig({ data, shape }, maxSizeFraction), rules.numbering);
}

/** The bin of each point in the padded histogram: whole part, held within the image, moved by rpad. */
function binOf(p: Float32Array | Int32Array, n: number, [ly, lx]: readonly [number, number], rpad: number): Int32Array {
  const bins = new Int32Array(n);
  const width = lx + 2 * rpad;
  for (let i = 0; i < n; i++) {
    const y = Math.min(Math.max(p[i] | 0, 0), ly - 1);
    const x = Math.min(Math.max(p[n + i] | 0, 0), lx - 1);
    bins[i] = (y + rpad) * width + (x + rpad);
  }
  return bins;
}

function countBins(bins: Int32Array, [ly, lx]: readonly [number, number], rpad: number): Histogram {
  const height = ly + 2 * rpad;
  const width = lx + 2 * rpad;
  const counts = new Int32Array(height * width);
  for (let i = 0; i < bins.length; i++) counts[bins[i]]++;
  return { counts, height, width };
}

/** Bins that are the maximum of their window and well filled, in the order of the rules. */
function findSeeds({ counts, height, width }: Histogram, rules: MaskRules): number[] {
  const radius = rules.seedWindow >> 1;
  const seeds: number[] = [];
  // The border of rpad is wider than the window and holds no points, so windows never leave the histogram.
  for (let i = radius * width + radius; i < (height - radius) * width - radius; i++) {
    if (counts[i] > rules.seedAbove && isWindowMaximum(counts, i, width, radius)) seeds.push(i);
  }
  // Sorting is stable: equal counts keep raster order.
  if (rules.seedOrder === 'ascending') seeds.sort((a, b) => counts[a] - counts[b]);
  if (rules.seedOrder === 'descending') seeds.sort((a, b) => counts[b] - counts[a]);
  return seeds;
}

function isWindowMaximum(counts: Int32Array, i: number, width: number, radius: number): boolean {
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) if (counts[i + dy * width + dx] > counts[i]) return false;
  }
  return true;
}

/** Paints the grown region of the k-th seed with k + 1; later seeds paint over earlier ones. */
function growSeeds({ counts, width }: Histogram, seeds: readonly number[], rules: MaskRules): Int32Array {
  const regions = new Int32Array(counts.length);
  const neighbours = [-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1];
  seeds.forEach((seed, k) => {
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
    for (const i of region) regions[i] = k + 1;
  });
  return regions;
}

/** Removes labels that hold more than this share of the image. */
function withoutBig(masks: Masks2D, maxSizeFraction: number): Masks2D {
  const counts = countLabels(masks);
  const big = masks.data.length * maxSizeFraction;
  if (counts.subarray(1).every((count) => count <= big)) return masks;
  return { data: masks.data.map((label) => (counts[label] > big ? 0 : label)), shape: masks.shape };
}
