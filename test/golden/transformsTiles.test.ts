/** Places of tiles, their flips, the taper and the average of cellpose 3.1 `make_tiles`, `unaugment_tiles`, `average_tiles`. */
import { expect, test } from 'vitest';
import { averageTiles } from '../../src/transforms/averageTiles.ts';
import { flipTile, unflipOutput } from '../../src/transforms/flipTile.ts';
import { taperMask } from '../../src/transforms/taperMask.ts';
import { type TileGrid, type TileOptions, tileGrid } from '../../src/transforms/tileGrid.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const arrays = readNpz(goldenPath('transforms-tiles.npz') as string);
const list = (name: string): number[] => Array.from(arrays[name].data);

const cases: [string, TileOptions][] = [
  ['plain', { bsize: 64 }],
  ['overlap03', { bsize: 64, tileOverlap: 0.3 }],
  ['augment', { bsize: 64, augment: true }],
  ['small', { bsize: 224 }],
  ['small_aug', { bsize: 160, augment: true }],
];

test.each(cases)('tileGrid %s', (name, options) => {
  const grid = tileGrid(120, 150, options);
  expect(ranges(grid)).toEqual([list(`${name}_ysub`), list(`${name}_xsub`)]);
  const { ys, xs, h, w, ly, lx } = grid;
  expect([ys.length, xs.length, 2, h, w, ly, lx]).toEqual(list(`${name}_shape`));
});

test.each(cases)('pixels of the tiles: %s', (name, options) => {
  const grid = tileGrid(120, 150, options);
  const sums: number[] = [];
  const rows: number[] = [];
  eachTile(grid, (j, i) => {
    const tile = cut(grid, j, i);
    if (grid.augment) flipTile(tile, grid.h, grid.w, [j, i]);
    for (const c of [0, 1]) {
      const plane = tile.subarray(c * grid.h * grid.w, (c + 1) * grid.h * grid.w);
      sums.push(plane.reduce((a, b) => a + b, 0));
      rows.push(...plane.subarray(grid.w, 2 * grid.w));
    }
  });
  expect(sums).toEqual(list(`${name}_sum`));
  expect(rows).toEqual(list(`${name}_row1`));
});

test('tileGrid at 224 pixels', () => {
  const [rows, columns] = arrays['tile_counts_224'].shape;
  for (let k = 0; k < rows; k++) {
    const [ly, lx, augment, ...expected] = list('tile_counts_224').slice(k * columns, (k + 1) * columns);
    const grid = tileGrid(ly, lx, { augment: augment === 1 });
    const { ys, xs } = grid;
    const [lastY, lastX] = [ys[ys.length - 1], xs[xs.length - 1]];
    expect([ys.length, xs.length, lastY, lastY + grid.h, xs[1] ?? 0, lastX, grid.ly, grid.lx]).toEqual(expected);
  }
});

test('taperMask: 1e-15, as exp may differ in its last bit', () => {
  const close = (got: ArrayLike<number>, name: string): void => {
    expect(got).toHaveLength(arrays[name].data.length);
    list(name).forEach((value, k) => {
      expect(Math.abs(got[k] - value)).toBeLessThan(1e-15);
    });
  };
  close(taperMask(64, 64).data, 'taper_64');
  const full = taperMask(224, 224).data;
  close(full.subarray(112 * 224, 113 * 224), 'taper_224_row');
  close(
    Float64Array.from({ length: 224 }, (_, k) => full[k * 225]),
    'taper_224_diag',
  );
  close(taperMask(100, 61).data.subarray(50 * 61, 51 * 61), 'taper_100_61_row');
  close(taperMask(256, 256).data.subarray(128 * 256, 129 * 256), 'taper_256_row');
  close(taperMask(64, 64, 3).data.subarray(20 * 64, 21 * 64), 'taper_64_sig3_row');
});

test('unflipOutput', () => {
  const grid = tileGrid(52, 66, { bsize: 32, augment: true });
  expect(ranges(grid)).toEqual([list('aug_ysub'), list('aug_xsub')]);
  const got: number[] = [];
  outputs(grid, 'aug_y').forEach((tile) => {
    got.push(...tile);
  });
  expect(got.map((value) => value + 0)).toEqual(list('aug_unaugmented'));
});

test.each([
  ['aug', true],
  ['plain', false],
])('averageTiles %s: one rounding, as exp may differ in its last bit', async (name, augment) => {
  const grid = tileGrid(52, 66, { bsize: 32, augment });
  const got = new Float32Array(3 * 52 * 66);
  const bands: number[] = [];
  const average = averageTiles(grid, 3, { y: 0, x: 0, h: 52, w: 66 }, ({ y, h, w }, values) => {
    bands.push(y, h);
    for (let k = 0; k < 3; k++) got.set(values.subarray(k * h * w, (k + 1) * h * w), (k * 52 + y) * 66);
  });
  for (const tile of outputs(grid, `${name}_y`)) await average.add(tile);
  expect(bands.reduce((sum, value, k) => (k % 2 ? sum + value : sum), 0)).toBe(52);
  expect(got.every((value, k) => Math.abs(value - arrays[`${name}_average`].data[k]) < 1e-6)).toBe(true);
});

function ranges({ ys, xs, h, w }: TileGrid): number[][] {
  return [ys.flatMap((y) => xs.flatMap(() => [y, y + h])), ys.flatMap(() => xs.flatMap((x) => [x, x + w]))];
}

function eachTile({ ys, xs }: TileGrid, visit: (j: number, i: number) => void): void {
  for (let j = 0; j < ys.length; j++) for (let i = 0; i < xs.length; i++) visit(j, i);
}

/** Tile (j, i) of the golden's image, channels first, zeros outside. */
function cut({ ys, xs, h, w }: TileGrid, j: number, i: number): Float32Array {
  const out = new Float32Array(2 * h * w);
  for (let p = 0; p < out.length; p++) {
    const y = ys[j] + (Math.floor(p / w) % h);
    const x = xs[i] + (p % w);
    if (y < 120 && x < 150) out[p] = arrays['img'].data[(y * 150 + x) * 2 + Math.floor(p / (h * w))];
  }
  return out;
}

/** Outputs of the network for the tiles of a grid, turned back. */
function outputs(grid: TileGrid, name: string): Float32Array[] {
  const size = 3 * grid.h * grid.w;
  const tiles: Float32Array[] = [];
  eachTile(grid, (j, i) => {
    const tile = Float32Array.from(arrays[name].data.slice(tiles.length * size, (tiles.length + 1) * size));
    if (grid.augment) unflipOutput(tile, grid.h, grid.w, [j, i]);
    tiles.push(tile);
  });
  return tiles;
}
