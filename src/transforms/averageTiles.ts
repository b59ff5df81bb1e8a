/**
 * Averages what the network made of overlapping tiles. Only a band of one tile's height is held: rows that no later
 * tile can touch are divided by their weight and handed on. Source: cellpose 3.1 `transforms.average_tiles`.
 */
import type { Window } from '../array/window.ts';
import { taperMask } from './taperMask.ts';
import type { TileGrid } from './tileGrid.ts';

/** Takes finished rows: a window of the tiled picture over its whole width, (nout, h, w). */
export type BandListener = (window: Window, values: Float32Array) => void | Promise<void>;

export interface TileAverage {
  /** Adds the output of the next tile, (nout, h, w); tiles come row by row, in the order of the grid. */
  add(output: Float32Array): Promise<void>;
}

/**
 * Starts an average over the tiles of a grid; `onBand` gets the rows as they become final, from top to bottom.
 *
 * Each pixel is Σ weight·value / Σ weight with the weights of `taperMask`. Same bits as numpy: the sum of values is
 * rounded to float32 after each tile, weights and all else are float64.
 */
export function averageTiles(grid: TileGrid, nout: number, onBand: BandListener): TileAverage {
  const { ys, xs, h, w, ly, lx } = grid;
  const mask = taperMask(h, w).data;
  const sums = new Float32Array(nout * h * lx);
  const weights = new Float64Array(h * lx);
  let next = 0;

  async function finish(j: number): Promise<void> {
    const rows = (j + 1 < ys.length ? ys[j + 1] : ly) - ys[j];
    if (rows === 0) return;
    await onBand({ y: ys[j], x: 0, h: rows, w: lx }, divide(sums, weights, nout, rows * lx));
    const moved = rows * lx;
    weights.copyWithin(0, moved).fill(0, weights.length - moved);
    for (let k = 0; k < nout; k++) {
      const plane = sums.subarray(k * h * lx, (k + 1) * h * lx);
      plane.copyWithin(0, moved).fill(0, plane.length - moved);
    }
  }

  return {
    async add(output) {
      addTile(sums, weights, { output, mask, h, w, lx, x0: xs[next % xs.length], nout });
      next++;
      if (next % xs.length === 0) await finish(next / xs.length - 1);
    },
  };
}

interface Tile {
  readonly output: Float32Array;
  readonly mask: Float64Array;
  readonly h: number;
  readonly w: number;
  readonly lx: number;
  readonly x0: number;
  readonly nout: number;
}

function addTile(sums: Float32Array, weights: Float64Array, { output, mask, h, w, lx, x0, nout }: Tile): void {
  for (let y = 0; y < h; y++) {
    const m = y * w;
    const to = y * lx + x0;
    for (let x = 0; x < w; x++) weights[to + x] += mask[m + x];
  }
  for (let k = 0; k < nout; k++) {
    for (let y = 0; y < h; y++) {
      const m = y * w;
      const from = k * h * w + m;
      const to = (k * h + y) * lx + x0;
      for (let x = 0; x < w; x++) sums[to + x] += output[from + x] * mask[m + x];
    }
  }
}

/** First `count` pixels of each plane, divided by their weights: (nout, count). */
function divide(sums: Float32Array, weights: Float64Array, nout: number, count: number): Float32Array {
  const out = new Float32Array(nout * count);
  for (let k = 0; k < nout; k++) {
    const from = k * weights.length;
    for (let p = 0; p < count; p++) out[k * count + p] = sums[from + p] / weights[p];
  }
  return out;
}
