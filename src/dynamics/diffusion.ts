/**
 * Heat spreads within cells: the plain loops behind `masksToFlows` and `flowErrors`, and the oracle of their kernels.
 * Source: Cellpose's `_extend_centers` and `_extend_centers_gpu`, with the same order of additions.
 */
import { tableColumns } from './diffusionCells.ts';
import type { FlowRules } from './flowRules.ts';

/** Cells `from` … `to` − 1 of a table of `diffusionCells`, in labels (lz, ly, lx). */
export interface CellRange {
  readonly labels: Int32Array;
  readonly ly: number;
  readonly lx: number;
  readonly cells: Int32Array;
  readonly from: number;
  readonly to: number;
}

/** Where the pixels of a cell are: in the image, and in the box with a border of 1. */
interface Places {
  readonly image: readonly number[];
  readonly box: readonly number[];
}

/** Writes the heat of cells that lie in one plane each; `heat` is as large as `labels`. */
export function planeHeat(range: CellRange, { mean, log }: Pick<FlowRules, 'mean' | 'log'>, heat: Float64Array): void {
  for (let k = range.from; k < range.to; k++) {
    const [, , , y0, y1, x0, x1, centre, steps] = range.cells.subarray(tableColumns * k, tableColumns * (k + 1));
    const width = x1 - x0 + 2;
    const places = placesOf(range, k, false);
    // The order of these additions is part of the definition: other orders differ in the last bits.
    const around = [-width, width, -1, 1, -width - 1, -width + 1, width - 1, width + 1];
    const size = (y1 - y0 + 2) * width;
    const own = diffuse(places.box, around, { size, centre, steps, divide: mean === 'divide' });
    const logged = log === 'none' ? own : own.map((t) => Math.log(1 + t));
    const inCell = new Set(log === 'shifted' ? places.box : []);
    places.image.forEach((i, p) => {
      const at = places.box[p];
      heat[i] = (log === 'shifted' && !inCell.has(at - width - 1) ? own : logged)[at];
    });
  }
}

/** Writes the heat of cells that reach over planes; `heat` is as large as `labels`. */
export function solidHeat(range: CellRange, heat: Float64Array): void {
  for (let k = range.from; k < range.to; k++) {
    const [, z0, z1, y0, y1, x0, x1, centre, steps] = range.cells.subarray(tableColumns * k, tableColumns * (k + 1));
    const width = x1 - x0 + 2;
    const plane = (y1 - y0 + 2) * width;
    const places = placesOf(range, k, true);
    const around = [plane, -plane, width, -width, 1, -1];
    const size = (z1 - z0 + 2) * plane;
    const own = diffuse(places.box, around, { size, centre, steps, divide: true });
    places.image.forEach((i, p) => {
      heat[i] = own[places.box[p]];
    });
  }
}

function placesOf({ labels, ly, lx, cells }: CellRange, k: number, solid: boolean): Places {
  const [label, z0, z1, y0, y1, x0, x1] = cells.subarray(tableColumns * k, tableColumns * (k + 1));
  const image: number[] = [];
  const box: number[] = [];
  for (let z = z0; z < z1; z++) {
    const above = solid ? z - z0 + 1 : 0;
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const i = (z * ly + y) * lx + x;
        if (labels[i] !== label) continue;
        image.push(i);
        box.push((above * (y1 - y0 + 2) + y - y0 + 1) * (x1 - x0 + 2) + x - x0 + 1);
      }
    }
  }
  return { image, box };
}

/**
 * Jacobi diffusion in a box with a border of 1: each step adds 1 at the centre, then every pixel of the cell becomes the mean
 * of itself and its neighbours, where what is not of the cell counts 0.
 *
 * @param around  from a pixel to its neighbours.
 * @returns heat in the bordered box, 0 outside the cell.
 */
function diffuse(
  places: readonly number[],
  around: readonly number[],
  { size, centre, steps, divide }: { size: number; centre: number; steps: number; divide: boolean },
): Float64Array {
  const n = around.length + 1;
  const share = 1 / n;
  let heat = new Float64Array(size);
  let next = new Float64Array(size);
  for (let t = 0; t < steps; t++) {
    heat[centre] += 1;
    for (const i of places) {
      let sum = heat[i];
      for (const step of around) sum += heat[i + step];
      next[i] = divide ? sum / n : share * sum;
    }
    [heat, next] = [next, heat];
  }
  return heat;
}
