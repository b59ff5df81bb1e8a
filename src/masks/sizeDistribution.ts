/** How the sizes of cells are spread. Source: `utils.size_distribution`, `radius_distribution`. */
import type { Masks } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';
import { diameters } from './diameters.ts';
import { countLabels } from './objectBoxes.ts';

/**
 * How equal the cells are in size: the area that a quarter of them stays below over the area that a quarter exceeds.
 *
 * @param masks  labels of any shape, 0 is background.
 * @returns      0–1, 1 where at least the middle half of the cells have one size; NaN without cells.
 */
export function sizeDistribution(masks: Masks): number {
  const areas = countLabels(masks)
    .subarray(1)
    .filter((area) => area > 0)
    .sort();
  return quantile(areas, 0.25) / quantile(areas, 0.75);
}

export interface RadiusDistribution {
  /** Share of the cells in each bin, float32; all 0 where no cell falls into any. */
  readonly histogram: Float32Array;
  /** Radius of the circle that the median cell would be, in pixels; 0 without cells. */
  readonly median: number;
  /** Half of √area of each cell, in pixels, labels ascending: what the bins count. */
  readonly halfRootAreas: Float64Array;
}

/**
 * Counts cells by radius.
 *
 * @param masks  labels of any shape, 0 is background.
 * @param edges  of the bins, ascending, in pixels of √area / 2; the last bin holds its right edge.
 * @throws OptionError if there are fewer than two edges or they do not ascend.
 *
 * Bins count √area / 2, while the median is that of a circle, 2/√π as large: so it is in Cellpose.
 */
export function radiusDistribution(masks: Masks, edges: readonly number[]): RadiusDistribution {
  if (edges.length < 2 || !edges.every((edge, i) => i === 0 || edge > edges[i - 1])) {
    const message = `radiusDistribution: edges must be two numbers or more, ascending; got [${edges.join(', ')}]`;
    throw new OptionError('edges', edges, message);
  }
  const { median, rootAreas } = diameters(masks);
  const halfRootAreas = rootAreas.map((root) => root / 2);
  const histogram = new Float32Array(edges.length - 1);
  const last = histogram.length - 1;
  for (const value of halfRootAreas) {
    const bin = value === edges[last + 1] ? last : edges.findIndex((edge) => value < edge) - 1;
    if (bin >= 0) histogram[bin]++;
  }
  const counted = histogram.reduce((sum, count) => sum + count, 0);
  if (counted > 0) for (let i = 0; i <= last; i++) histogram[i] /= counted;
  return { histogram, median: median / 2, halfRootAreas };
}

/** Between sorted values, linearly; NaN if there are none. */
function quantile(sorted: Int32Array, q: number): number {
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)];
  return below + (sorted[Math.ceil(at)] - below) * (at - Math.floor(at));
}
