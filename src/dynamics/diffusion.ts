/**
 * Heat spreads within cells: the plain loops behind `masksToFlows` and `flowErrors`, and the oracle of their kernels.
 * Source: cellpose 3.1 `_extend_centers`, `masks_to_flows_cpu` and `flow_error`, with the same order of additions.
 */
import { tableColumns } from './diffusionCells.ts';

/** Cells `from` … `to` − 1 of a table of `diffusionCells`. */
export interface CellRange {
  readonly labels: Int32Array;
  readonly lx: number;
  readonly cells: Int32Array;
  readonly from: number;
  readonly to: number;
  /** Added to the length of the gradient before the division by it. */
  readonly eps: number;
}

/** Writes the flows of the cells to mu, (2, ly, lx). */
export function maskFlows(range: CellRange, mu: Float64Array): void {
  const plane = mu.length / 2;
  for (let k = range.from; k < range.to; k++) {
    forEachFlow(range, k, (i, dy, dx) => {
      mu[i] = dy;
      mu[plane + i] = dx;
    });
  }
}

/**
 * Writes to `errors`, per row of the table, the mean over the cell of the squared difference between its flow and
 * dP / flowScale, (2, ly, lx), float32.
 */
export function maskErrors(range: CellRange, dP: Float32Array, flowScale: number, errors: Float64Array): void {
  const plane = dP.length / 2;
  for (let k = range.from; k < range.to; k++) {
    let n = 0;
    let sumY = 0;
    let sumX = 0;
    forEachFlow(range, k, (i, dy, dx) => {
      const errorY = dy - Math.fround(dP[i] / flowScale);
      const errorX = dx - Math.fround(dP[plane + i] / flowScale);
      sumY += errorY * errorY;
      sumX += errorX * errorX;
      n++;
    });
    errors[k] = sumY / n + sumX / n;
  }
}

/** Calls `take` with each pixel of a cell, in raster order, and its flow: the central difference of the heat, scaled to length 1. */
function forEachFlow(
  { labels, lx, cells, eps }: CellRange,
  k: number,
  take: (pixel: number, dy: number, dx: number) => void,
): void {
  const [label, y0, y1, x0, x1, centre, steps] = cells.subarray(tableColumns * k, tableColumns * (k + 1));
  const width = x1 - x0 + 2;
  const places: number[] = [];
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      if (labels[y * lx + x] === label) places.push((y - y0 + 1) * width + (x - x0 + 1));
    }
  }
  const heat = diffuse(places, centre, { size: (y1 - y0 + 2) * width, width, steps });
  for (const i of places) {
    const dy = heat[i + width] - heat[i - width];
    const dx = heat[i + 1] - heat[i - 1];
    const length = eps + Math.sqrt(dy * dy + dx * dx);
    const y = Math.floor(i / width) - 1 + y0;
    take(y * lx + (i % width) - 1 + x0, dy / length, dx / length);
  }
}

/**
 * Jacobi diffusion in a box with a border of 1: each step adds 1 at the centre, then every pixel of the cell becomes the mean
 * of itself and its eight neighbours, where what is not of the cell counts 0.
 *
 * @returns heat in the bordered box, 0 outside the cell.
 */
function diffuse(
  places: readonly number[],
  centre: number,
  { size, width, steps }: { size: number; width: number; steps: number },
): Float64Array {
  const ninth = 1 / 9;
  let heat = new Float64Array(size);
  let next = new Float64Array(size);
  for (let t = 0; t < steps; t++) {
    heat[centre] += 1;
    for (const i of places) {
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
