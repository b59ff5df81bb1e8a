/** The pixel of each cell that is heated, by the rule of each generation of Cellpose (`masks_to_flows` and `get_centers`). */
import type { CellBox, LabelStack } from './cellBoxes.ts';
import type { FlowRules } from './flowRules.ts';

/** Coordinates of the pixels of a cell in its box, in raster order; their first value is `origin`. */
interface CellPixels {
  readonly z: Int32Array;
  readonly y: Int32Array;
  readonly x: Int32Array;
}

type Point = readonly [z: number, y: number, x: number];

/** Where the coordinates in a box start to count, and which pixel of a cell is its centre. */
const centreRules: Record<
  FlowRules['centre'],
  { readonly origin: number; pick(pixels: CellPixels): { readonly pixel: number } }
> = {
  nearestToMean: { origin: 1, pick: (pixels) => nearest(pixels, mean(pixels)) },
  nearestToMeanFrom0: { origin: 0, pick: (pixels) => nearest(pixels, mean(pixels)) },
  nearestToMedian: { origin: 1, pick: (pixels) => nearest(pixels, median(pixels)) },
  nearestToRoundedMean: { origin: 0, pick: (pixels) => nearest(pixels, each(mean(pixels), roundHalfToEven)) },
  meanElseNearestToMedian: {
    origin: 1,
    pick(pixels) {
      const atMean = nearest(pixels, each(mean(pixels), Math.trunc));
      return atMean.squared === 0 ? atMean : nearest(pixels, median(pixels));
    },
  },
};

/** @returns per box the heated pixel: z, y, x in the stack, one after the other. */
export function cellCentres(labels: LabelStack, boxes: readonly CellBox[], rule: FlowRules['centre']): Int32Array {
  const { origin, pick } = centreRules[rule];
  const centres = new Int32Array(3 * boxes.length);
  const most = boxes.reduce((a, box) => Math.max(a, volumeOf(box)), 0);
  const room: CellPixels = { z: new Int32Array(most), y: new Int32Array(most), x: new Int32Array(most) };
  boxes.forEach((box, k) => {
    const pixels = pixelsOf(labels, box, origin, room);
    const { pixel } = pick(pixels);
    centres[3 * k] = pixels.z[pixel] - origin + box.z0;
    centres[3 * k + 1] = pixels.y[pixel] - origin + box.y0;
    centres[3 * k + 2] = pixels.x[pixel] - origin + box.x0;
  });
  return centres;
}

const volumeOf = ({ z0, z1, y0, y1, x0, x1 }: CellBox) => (z1 - z0) * (y1 - y0) * (x1 - x0);

/** Parts of the arrays of `room`. */
function pixelsOf({ data, shape }: LabelStack, box: CellBox, origin: number, { z, y, x }: CellPixels): CellPixels {
  const { label, z0, z1, y0, y1, x0, x1 } = box;
  const [, ly, lx] = shape;
  let n = 0;
  for (let k = z0; k < z1; k++) {
    const before = n;
    for (let j = y0; j < y1; j++) {
      const row = (k * ly + j) * lx;
      for (let i = x0; i < x1; i++) {
        if (data[row + i] !== label) continue;
        y[n] = j - y0 + origin;
        x[n++] = i - x0 + origin;
      }
    }
    z.fill(k - z0 + origin, before, n);
  }
  return { z: z.subarray(0, n), y: y.subarray(0, n), x: x.subarray(0, n) };
}

/** The first of the pixels nearest to a point, and its squared distance. */
function nearest({ z, y, x }: CellPixels, [cz, cy, cx]: Point): { readonly pixel: number; readonly squared: number } {
  let pixel = 0;
  let squared = Number.POSITIVE_INFINITY;
  for (let k = 0; k < y.length; k++) {
    const dz = z[k] - cz;
    const dy = y[k] - cy;
    if (dy * dy > squared) continue; // most pixels, and quickly
    const dx = x[k] - cx;
    const d = dz * dz + dx * dx + dy * dy;
    if (d >= squared) continue;
    squared = d;
    pixel = k;
  }
  return { pixel, squared };
}

const each = ([z, y, x]: Point, f: (v: number) => number): Point => [f(z), f(y), f(x)];

function mean({ z, y, x }: CellPixels): Point {
  // z ascends, and in a plane it is the same for all.
  return [z[0] === z[z.length - 1] ? z[0] : meanOf(z), meanOf(y), meanOf(x)];
}

function meanOf(values: Int32Array): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k];
  return sum / values.length;
}

function median({ z, y, x }: CellPixels): Point {
  return [medianOf(z), medianOf(y), medianOf(x)];
}

/** By counting: the values lie close together. Of an even number, the mean of the middle two. */
function medianOf(values: Int32Array): number {
  let largest = 0;
  for (let k = 0; k < values.length; k++) if (values[k] > largest) largest = values[k];
  const counts = new Int32Array(largest + 1);
  for (let k = 0; k < values.length; k++) counts[values[k]]++;
  const at = (rank: number): number => {
    let value = 0;
    for (let below = counts[0]; below <= rank; below += counts[value]) value++;
    return value;
  };
  return (at((values.length - 1) >> 1) + at(values.length >> 1)) / 2;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
