/**
 * Heat spreads within one cell: the plain loops behind `masksToFlows` and `flowErrors`, and the oracle of their kernel.
 * Source: cellpose 3.1 `_extend_centers` and `masks_to_flows_cpu`, with the same order of additions.
 */
import type { ObjectBox } from '../masks/objectBoxes.ts';
import type { FlowRules } from './rules.ts';

/** One cell inside its box with a border of one pixel. */
export interface DiffusionObject {
  /** Places of its pixels in the bordered box, raster order. */
  readonly places: Int32Array;
  /** Places of the same pixels in the image. */
  readonly pixels: Int32Array;
  /** Place of the heated pixel in the bordered box. */
  readonly centre: number;
  readonly height: number;
  readonly width: number;
  readonly steps: number;
}

/** Collects the pixels of a cell, its centre and its number of steps. `niter` replaces the number of steps of the rules. */
export function diffusionObject(
  labels: Int32Array,
  lx: number,
  box: ObjectBox,
  rules: FlowRules,
  niter?: number,
): DiffusionObject {
  const height = box.y1 - box.y0 + 2;
  const width = box.x1 - box.x0 + 2;
  const places: number[] = [];
  const pixels: number[] = [];
  for (let y = box.y0; y < box.y1; y++) {
    for (let x = box.x0; x < box.x1; x++) {
      if (labels[y * lx + x] !== box.label) continue;
      places.push((y - box.y0 + 1) * width + (x - box.x0 + 1));
      pixels.push(y * lx + x);
    }
  }
  const steps = niter ?? 2 * (box.y1 - box.y0 + (box.x1 - box.x0) + rules.stepMargin);
  const middle = rules.centre === 'nearestToMean' ? mean : median;
  const centre = nearestTo(places, width, middle);
  return { places: Int32Array.from(places), pixels: Int32Array.from(pixels), centre, height, width, steps };
}

/** The place nearest to the middle of all places, first in raster order where several are. */
function nearestTo(places: readonly number[], width: number, middle: (values: number[]) => number): number {
  const yMiddle = middle(places.map((i) => Math.floor(i / width)));
  const xMiddle = middle(places.map((i) => i % width));
  let nearest = places[0];
  let smallest = Number.POSITIVE_INFINITY;
  for (const i of places) {
    const y = Math.floor(i / width);
    const x = i % width;
    const squared = (x - xMiddle) ** 2 + (y - yMiddle) ** 2;
    if (squared < smallest) {
      smallest = squared;
      nearest = i;
    }
  }
  return nearest;
}

function mean(values: number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function median(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Jacobi diffusion: each step adds 1 at the centre, then every pixel becomes the mean of itself and its eight
 * neighbours, where what is not of the cell counts 0.
 *
 * @returns heat in the bordered box, float64; 0 outside the cell.
 */
export function diffuse({ places, centre, height, width, steps }: DiffusionObject): Float64Array {
  const ninth = 1 / 9;
  let heat = new Float64Array(height * width);
  let next = new Float64Array(height * width);
  for (let t = 0; t < steps; t++) {
    heat[centre] += 1;
    for (let k = 0; k < places.length; k++) {
      const i = places[k];
      const up = i - width;
      const down = i + width;
      // The order of these additions is part of the definition: other orders differ in the last bits.
      next[i] =
        ninth *
        (heat[i] +
          heat[up] +
          heat[down] +
          heat[i - 1] +
          heat[i + 1] +
          heat[up - 1] +
          heat[up + 1] +
          heat[down - 1] +
          heat[down + 1]);
    }
    [heat, next] = [next, heat];
  }
  return heat;
}

/** The flow at one place of the bordered box: the central difference of the heat, scaled to length 1. Writes (dy, dx) to `flow`. */
export function flowAt(heat: Float64Array, i: number, width: number, eps: number, flow: Float64Array): void {
  const dy = heat[i + width] - heat[i - width];
  const dx = heat[i + 1] - heat[i - 1];
  const length = eps + Math.sqrt(dy * dy + dx * dx);
  flow[0] = dy / length;
  flow[1] = dx / length;
}
