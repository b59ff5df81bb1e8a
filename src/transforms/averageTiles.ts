/**
 * Averages what the network made of overlapping tiles. Only a band of one tile's height is held: rows that no later
 * tile can touch are divided by their weight and handed on. Source: cellpose 3.1 `transforms.average_tiles`.
 */
import type { Window } from '../array/window.ts';
import { taperMask } from './taperMask.ts';
import type { TileGrid } from './tileGrid.ts';

/** Takes finished rows: a window of the inner picture over its whole width, (nout, h, w). */
export type BandListener = (window: Window, values: Float32Array) => void | Promise<void>;

export interface TileAverage {
  /** Adds the output of the next tile, (nout, h, w); tiles come row by row, in the order of the grid. */
  add(output: Float32Array): Promise<void>;
}

/**
 * Starts an average over the tiles of a grid; `onBand` gets the rows as they become final, from top to bottom.
 *
 * @param inner  the part of the tiled picture that is wanted, without its padding; windows count from its corner.
 *
 * Each pixel is Σ weight·value / Σ weight with the weights of `taperMask`. Same bits as numpy: the sum of values is
 * rounded to float32 after each tile, weights and all else are float64.
 */
export function averageTiles(grid: TileGrid, nout: number, inner: Window, onBand: BandListener): TileAverage {
  const { ys, xs, h: tileH, w, ly, lx } = grid;
  const mask = taperMask(tileH, w).data;
  const sums = new Float32Array(nout * tileH * lx);
  const weights = new Float64Array(tileH * lx);
  let next = 0;

  async function finish(j: number): Promise<void> {
    const rows = (j + 1 < ys.length ? ys[j + 1] : ly) - ys[j];
    if (rows === 0) return;
    const top = Math.max(ys[j], inner.y);
    const h = Math.min(ys[j] + rows, inner.y + inner.h) - top;
    if (h > 0) {
      const band = { y: top - ys[j], x: inner.x, h, w: inner.w };
      await onBand({ ...band, y: top - inner.y, x: 0 }, divide(sums, weights, nout, lx, band));
    }
    const moved = rows * lx;
    weights.copyWithin(0, moved).fill(0, weights.length - moved);
    for (let k = 0; k < nout; k++) {
      const plane = sums.subarray(k * tileH * lx, (k + 1) * tileH * lx);
      plane.copyWithin(0, moved).fill(0, plane.length - moved);
    }
  }

  return {
    async add(output) {
      addTile(sums, weights, { output, mask, h: tileH, w, lx, x0: xs[next % xs.length], nout });
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

/** A window of the band, each value divided by its weight: (nout, h, w). */
function divide(
  sums: Float32Array,
  weights: Float64Array,
  nout: number,
  lx: number,
  { y, x, h, w }: Window,
): Float32Array {
  const out = new Float32Array(nout * h * w);
  for (let k = 0; k < nout; k++) {
    for (let r = 0; r < h; r++) {
      const from = (y + r) * lx + x;
      const plane = k * weights.length + from;
      const to = (k * h + r) * w;
      for (let i = 0; i < w; i++) out[to + i] = sums[plane + i] / weights[from + i];
    }
  }
  return out;
}
