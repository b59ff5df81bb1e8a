/**
 * Scales intensities by percentiles of their surroundings, for pictures of uneven brightness. Percentiles are taken in
 * tiles and interpolated between. Source: cellpose 3.1 `transforms.normalize99_tile`.
 */
import { checkArray, type FloatArray } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { axisMap } from './resizeLinear.ts';
import { type TileGrid, tileGrid } from './tileGrid.ts';

export interface TileNormOptions {
  /** Size of the tiles in pixels; default 100. Neighbours overlap by a tenth. */
  readonly blocksize?: number | undefined;
  /** Lower and upper percentile that become 0 and 1; default [1, 99]. */
  readonly percentile?: readonly [number, number] | undefined;
  /** Volumes: the same scale for all planes (their mean), or one for each plane (default). */
  readonly norm3D?: boolean | undefined;
  /** Sigma, in tiles, of one more smoothing of volumes with `norm3D`; default 1, and 0 counts as 1. */
  readonly smooth3D?: number | undefined;
  /**
   * In pictures (ly, lx, nchan) each row is scaled by its own percentiles (default), or all by those of the first row, as
   * 3.1 does: it drops a z axis there that the interpolated percentiles do not have.
   */
  readonly rows?: 'first' | 'own' | undefined;
  /**
   * Percentiles are smoothed over neighbouring tiles along both axes of the picture (default, 'rowsAndColumns'), each plane
   * by itself. Or as 3.1 and 4 do ('rows'): they count the axes of (z, y, x) from 0 and take the first two, and for the
   * smoothing with `norm3D` the last of them again, also in a picture; so bright and dark columns keep hard edges.
   */
  readonly smoothAlong?: 'rows' | 'rowsAndColumns' | undefined;
}

/**
 * Scales each channel by percentiles that vary over the picture.
 *
 * @param image  ([lz,] ly, lx, nchan), finite values. Not changed.
 * @returns      new array of the same shape.
 * @throws ShapeError for other ranks; OptionError for a blocksize that is no whole number from 1, or smooth3D below 0.
 */
export function normalize99Tile(image: FloatArray, options: TileNormOptions = {}): FloatArray {
  const { blocksize = 100, percentile = [1, 99], norm3D = false, smooth3D = 1, rows = 'own' } = options;
  const { smoothAlong = 'rowsAndColumns' } = options;
  checkOptions(blocksize, smooth3D);
  const { data, shape } = image;
  if (shape.length !== 3 && shape.length !== 4) throw new ShapeError('normalize99Tile', '([lz,] ly, lx, nchan)', shape);
  checkArray('normalize99Tile', image);
  const [ly, lx, nchan] = shape.slice(-3);
  const lz = shape.length === 4 ? shape[0] : 1;
  const size = ly * lx * nchan;
  const grid = tileGrid(ly, lx, { bsize: blocksize, tileOverlap: 0.1 });
  const planes = Array.from({ length: lz }, (_, z) => data.subarray(z * size, (z + 1) * size));
  const maps = planes.map((plane) => tilePercentiles(plane, grid, nchan, percentile));
  const more = norm3D ? smooth3D || 1 : 0;
  if (smoothAlong === 'rows') smoothRows(maps, grid, nchan, more);
  else smoothTiles(maps, grid, nchan, lz > 1 ? more : 0);
  const out = data.slice();
  const shared = norm3D || lz === 1 ? meanMap(maps) : undefined;
  for (let z = 0; z < lz; z++) {
    const target = out.subarray(z * size, (z + 1) * size);
    scaleByMap(target, shared ?? maps[z], grid, nchan, shape.length === 3 && rows === 'first');
  }
  return { data: out, shape };
}

/** Percentiles of the tiles of one plane, each (ny, nx, nchan). */
interface PercentileMap {
  low: Float64Array;
  high: Float64Array;
}

function tilePercentiles(
  plane: Float32Array,
  { ys, xs, h, w, lx }: TileGrid,
  nchan: number,
  [lower, upper]: readonly [number, number],
): PercentileMap {
  const count = ys.length * xs.length;
  const map = { low: new Float64Array(count * nchan), high: new Float64Array(count * nchan) };
  const values = new Float32Array(h * w);
  for (let tile = 0; tile < count; tile++) {
    const [top, left] = [ys[Math.floor(tile / xs.length)], xs[tile % xs.length]];
    for (let c = 0; c < nchan; c++) {
      for (let y = 0, k = 0; y < h; y++) {
        let p = ((top + y) * lx + left) * nchan + c;
        for (let x = 0; x < w; x++, p += nchan) values[k++] = plane[p];
      }
      values.sort();
      map.low[tile * nchan + c] = percentileOfSorted(values, lower);
      map.high[tile * nchan + c] = percentileOfSorted(values, upper);
    }
  }
  for (let c = 0; c < nchan; c++) fillFlatTiles(map, ys.length, xs.length, nchan, c);
  return map;
}

/** Linear between order statistics, the difference in float32, as numpy. Tiles are small: sorting beats counting. */
function percentileOfSorted(sorted: Float32Array, percent: number): number {
  const place = (sorted.length - 1) * (percent / 100);
  const a = sorted[Math.floor(place)];
  const b = sorted[Math.min(Math.floor(place) + 1, sorted.length - 1)];
  const t = place - Math.floor(place);
  const step = Math.fround(b - a);
  return t >= 0.5 ? b - step * (1 - t) : a + step * t;
}

/** Tiles whose percentiles differ by less than 1e-3 take those of the nearest other tile; if all do so, 0 and 1. */
function fillFlatTiles({ low, high }: PercentileMap, ny: number, nx: number, nchan: number, c: number): void {
  const tiles = Array.from({ length: ny * nx }, (_, tile) => tile);
  const isFlat = tiles.map((tile) => high[tile * nchan + c] - low[tile * nchan + c] < 1e-3);
  const good = tiles.filter((tile) => !isFlat[tile]);
  const distance = (a: number, b: number): number =>
    (Math.floor(a / nx) - Math.floor(b / nx)) ** 2 + ((a % nx) - (b % nx)) ** 2;
  for (const tile of tiles) {
    if (!isFlat[tile]) continue;
    let nearest = good[0];
    for (const other of good) if (distance(tile, other) < distance(tile, nearest)) nearest = other;
    low[tile * nchan + c] = good.length === 0 ? 0 : low[nearest * nchan + c];
    high[tile * nchan + c] = good.length === 0 ? 1 : high[nearest * nchan + c];
  }
}

/** Smooths the percentiles of each plane over rows and columns of tiles, with sigma 1 and then with `smooth3D` if above 0. */
function smoothTiles(maps: PercentileMap[], { ys, xs }: TileGrid, nchan: number, smooth3D: number): void {
  for (const map of maps) {
    for (const side of ['low', 'high'] as const) {
      for (const sigma of smooth3D > 0 ? [1, smooth3D] : [1]) {
        const rows = smoothAxis(map[side], ys.length, xs.length * nchan, sigma);
        map[side] = smoothAxis(rows, xs.length, nchan, sigma);
      }
    }
  }
}

/** As 3.1: over z and tile rows with sigma 1, then over tile rows again with `smooth3D` if above 0. */
function smoothRows(maps: PercentileMap[], { ys, xs }: TileGrid, nchan: number, smooth3D: number): void {
  const inRow = xs.length * nchan;
  const inPlane = ys.length * inRow;
  for (const side of ['low', 'high'] as const) {
    const stack = Float64Array.from(maps.flatMap((map) => Array.from(map[side])));
    let smoothed = smoothAxis(stack, maps.length, inPlane, 1);
    smoothed = smoothAxis(smoothed, ys.length, inRow, 1);
    if (smooth3D > 0) smoothed = smoothAxis(smoothed, ys.length, inRow, smooth3D);
    maps.forEach((map, z) => {
      map[side] = smoothed.subarray(z * inPlane, (z + 1) * inPlane);
    });
  }
}

/** Gaussian along the axis of `count` steps, `stride` values apart; cut at 4 sigma, edges mirrored, as scipy's `gaussian_filter1d`. */
function smoothAxis(values: Float64Array, count: number, stride: number, sigma: number): Float64Array {
  const radius = Math.floor(4 * sigma + 0.5);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, m) =>
    Math.exp((-0.5 * (m - radius) ** 2) / sigma ** 2),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  const mirror = (k: number): number => {
    const place = ((k % (2 * count)) + 2 * count) % (2 * count);
    return Math.min(place, 2 * count - 1 - place);
  };
  return values.map((_, p) => {
    const k = Math.floor(p / stride) % count;
    let total = 0;
    for (let m = -radius; m <= radius; m++) total += weights[m + radius] * values[p + (mirror(k + m) - k) * stride];
    return total / sum;
  });
}

function meanMap(maps: readonly PercentileMap[]): PercentileMap {
  const mean = (side: 'low' | 'high'): Float64Array =>
    maps[0][side].map((_, p) => maps.reduce((sum, map) => sum + map[side][p], 0) / maps.length);
  return { low: mean('low'), high: mean('high') };
}

/** (x − low) / (high − low) in place, percentiles interpolated between the tiles as OpenCV's linear resizing does. */
function scaleByMap(
  plane: Float32Array,
  { low, high }: PercentileMap,
  { ys, xs, ly, lx }: TileGrid,
  nchan: number,
  onlyFirstRow: boolean,
): void {
  const inRow = xs.length * nchan;
  const my = axisMap(ys.length, ly, false);
  const mx = axisMap(xs.length, lx, true);
  for (let y = 0, p = 0; y < ly; y++) {
    const row = onlyFirstRow ? 0 : y;
    const [a, b] = [my.low[row] * inRow, my.high[row] * inRow];
    const [wa, wb] = [my.weightLow[row], my.weightHigh[row]];
    const blendRows = (map: Float64Array): Float64Array =>
      Float64Array.from({ length: inRow }, (_, k) => map[a + k] * wa + map[b + k] * wb);
    const [lows, highs] = [blendRows(low), blendRows(high)];
    for (let x = 0; x < lx; x++) {
      const [left, right] = [mx.low[x] * nchan, mx.high[x] * nchan];
      const [wl, wr] = [mx.weightLow[x], mx.weightHigh[x]];
      for (let c = 0; c < nchan; c++, p++) {
        const shift = lows[left + c] * wl + lows[right + c] * wr;
        const range = highs[left + c] * wl + highs[right + c] * wr - shift;
        plane[p] = Math.fround(plane[p] - shift) / range;
      }
    }
  }
}

function checkOptions(blocksize: number, smooth3D: number): void {
  if (!(blocksize >= 1 && Number.isInteger(blocksize))) {
    const message = `normalize99Tile: the block size (tileNormBlocksize) must be a whole number of pixels, 1 or more; got ${blocksize}`;
    throw new OptionError('tileNormBlocksize', blocksize, message);
  }
  if (!(smooth3D >= 0 && smooth3D <= 1000)) {
    const message = `normalize99Tile: smooth3D (tileNormSmooth3D) must be a number of tiles, 0 to 1000; got ${smooth3D}`;
    throw new OptionError('tileNormSmooth3D', smooth3D, message);
  }
}
