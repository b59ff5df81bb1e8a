/** Calibration, and networks in 8-bit numbers: what they refuse, and how close they come. */
import { beforeAll, describe, expect, test } from 'vitest';
import { randomNumbers, randomStateDict } from '../../test/helpers/randomStateDict.ts';
import type { FloatArray } from '../array/ndarray.ts';
import { isCellposeError } from '../errors.ts';
import { calibrate } from './calibrate.ts';
import { createNetwork, type NetworkOptions } from './network.ts';
import type { ActivationRanges } from './precision.ts';

const random = randomNumbers(5);
const weights = randomStateDict([2, 8, 16, 32]);
const randomTiles = (batch: number, ly: number, lx: number): FloatArray => ({
  data: Float32Array.from({ length: batch * 2 * ly * lx }, random),
  shape: [batch, 2, ly, lx],
});

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(isCellposeError(error)).toBe(true);
  return `${(error as Error).name}: ${(error as Error).message}`;
}

describe('a random network', () => {
  const tiles = [randomTiles(2, 32, 40), randomTiles(1, 24, 24)];
  let ranges: ActivationRanges;
  beforeAll(async () => {
    ranges = await calibrate(weights, tiles, { threads: 1 });
  });

  test('has ranges that survive JSON', () => {
    expect(ranges).toMatchObject({ format: 'cellpose-ts ranges', version: 1, tiles: 3 });
    expect(ranges.weights).toMatch(/^[0-9a-f]{16}$/);
    expect(JSON.parse(JSON.stringify(ranges))).toEqual(ranges);
    expect(Object.values(ranges.values).every(([min, max]) => min <= max && max > 0)).toBe(true);
  });

  test('in 8 bits comes near itself, for tiles of any size, and says how it was run', async () => {
    const [exact, small] = await Promise.all(
      [{}, { precision: 'int8', ranges } as const].map((o) => createNetwork(weights, { threads: 1, ...o })),
    );
    const x = randomTiles(2, 40, 24);
    const [want, got] = [await exact!.forward(x), await small!.forward(x)];
    const length = (v: ArrayLike<number>) => Math.hypot(...Array.from(v));
    for (const [a, b] of [
      [want.y.data, got.y.data],
      [want.style.data, got.style.data],
    ] as const)
      expect(length(a.map((v, i) => v - b[i]!)) / length(a)).toBeLessThan(0.15);
    expect(exact!.engine).not.toContain('int8');
    expect(small!.engine).toMatch(/, int8 with [78]-bit weights$/);
    await exact!.release();
    await small!.release();
  });

  test.each<[string, () => NetworkOptions, string]>([
    ['an unknown precision', () => ({ precision: 'int4' as 'int8' }), "needs 'float32' or 'int8'; got 'int4'"],
    ['no ranges', () => ({ precision: 'int8' }), 'needs the ranges of its values; make them with `calibrate`'],
    [
      'another record',
      () => ({ precision: 'int8', ranges: { format: 'x' } as never }),
      "of format 'cellpose-ts ranges'",
    ],
    [
      'ranges of other weights',
      () => ({ precision: 'int8', ranges: { ...ranges, weights: '0123456789abcdef' } }),
      'got those of other weights, 0123456789abcdef',
    ],
  ])('refuses %s', async (_, options, message) => {
    const said = await refusal(createNetwork(weights, options()));
    expect(said).toMatch(/^OptionError/);
    expect(said).toContain(message);
  });

  test('refuses ranges that lack a value when the first tile comes', async () => {
    const [name, ...others] = Object.keys(ranges.values);
    const values = Object.fromEntries(others.map((key) => [key, ranges.values[key]!]));
    const network = await createNetwork(weights, { precision: 'int8', ranges: { ...ranges, values } });
    expect(await refusal(network.forward(tiles[1]!))).toContain(`'${name}'; got none`);
    await network.release();
  });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])(
  'calibration refuses tiles that hold %s, and names the tile',
  async (v) => {
    const tiles = randomTiles(2, 16, 16);
    tiles.data[2 * 256 + 7] = v;
    const said = await refusal(calibrate(weights, [tiles], { threads: 1 }));
    expect(said).toContain('OptionError: calibrate: needs tiles of finite numbers');
    expect(said).toContain('from tile 1');
  },
);

test('calibration refuses no tiles, and tiles of a wrong shape', async () => {
  expect(await refusal(calibrate(weights, []))).toContain('needs tiles, better 8 to 20; got none');
  expect(await refusal(calibrate(weights, [randomTiles(1, 16, 18)]))).toMatch(/^ShapeError: calibrate: needs tiles/);
});

test('calibration can be cancelled', async () => {
  const controller = new AbortController();
  controller.abort(new Error('enough'));
  await expect(calibrate(weights, [randomTiles(1, 16, 16)], { signal: controller.signal })).rejects.toThrow('enough');
});
