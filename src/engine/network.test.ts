import { beforeAll, describe, expect, test } from 'vitest';
import { randomNumbers, randomStateDict } from '../../test/helpers/randomStateDict.ts';
import type { FloatArray } from '../array/ndarray.ts';
import { isCellposeError } from '../errors.ts';
import { createNetwork } from './network.ts';

const random = randomNumbers(5);

function randomTiles(batch: number, ly: number, lx: number): FloatArray {
  return { data: Float32Array.from({ length: batch * 2 * ly * lx }, random), shape: [batch, 2, ly, lx] };
}

function tile({ data, shape: [batch, ...rest] }: FloatArray, i: number): FloatArray {
  const n = data.length / batch;
  return { data: data.slice(i * n, (i + 1) * n), shape: [1, ...rest] };
}

describe('the same bits', () => {
  // The channels of Cellpose's own network: what the runtime shares out among threads depends on them.
  const weights = randomStateDict([2, 32, 64, 128, 256]);
  const tiles = randomTiles(8, 64, 72);
  let single: Awaited<ReturnType<typeof run>>;
  const run = async (threads: number, x: FloatArray) => {
    const network = await createNetwork(weights, { threads });
    const { y, style } = await network.forward(x);
    await network.release();
    return { y, style };
  };
  beforeAll(async () => {
    single = await run(1, tiles);
  });

  test('numbers are there, and differ between tiles', () => {
    expect(single.y.data.every(Number.isFinite)).toBe(true);
    expect(tile(single.y, 0).data).not.toEqual(tile(single.y, 1).data);
    expect(single.style.shape).toEqual([8, 256]);
    for (let i = 0; i < 8; i++) expect(Math.hypot(...tile(single.style, i).data)).toBeCloseTo(1, 5);
  });

  test.each([2, 3])('at %i threads', async (threads) => {
    const many = await run(threads, tiles);
    expect(many.y).toEqual(single.y);
    expect(many.style).toEqual(single.style);
  });

  test('for a tile alone and in a batch', async () => {
    const alone = await run(2, tile(tiles, 5));
    expect(alone.y).toEqual(tile(single.y, 5));
    expect(alone.style.data).toEqual(tile(single.style, 5).data);
  });
});

describe('a small network', () => {
  const weights = randomStateDict([2, 4, 8]);

  test('says what it is, and what runs it once it has run', async () => {
    const network = await createNetwork(weights, { threads: 1 });
    expect(network).toMatchObject({ nchan: 2, nout: 3, tilesPerRun: 1, concurrency: 2 });
    expect(network.config).toMatchObject({ nbase: [2, 4, 8], styleLength: 8 });
    await network.forward(randomTiles(1, 8, 8));
    expect(network.engine).toMatch(/^onnxruntime-node \d+\.\d+\.\d+, cpu$/);
    await network.release();
  });

  test('takes calls of several sizes at once', async () => {
    const network = await createNetwork(weights, { threads: 1 });
    const inputs = [8, 12, 16, 8].map((size) => randomTiles(2, size, 10));
    const together = await Promise.all(inputs.map((x) => network.forward(x)));
    for (const [i, x] of inputs.entries()) expect((await network.forward(x)).y).toEqual(together[i].y);
    await network.release();
    await expect(network.forward(inputs[0])).rejects.toThrow(/released/);
  });

  test.each([[[1, 3, 8, 8]], [[1, 2, 8, 9]], [[0, 2, 8, 8]], [[2, 8, 8]], [[1, 2, 0, 8]]])(
    'refuses tiles (%j)',
    async (shape) => {
      const network = await createNetwork(weights, { threads: 1 });
      const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
      const error: unknown = await network.forward({ data, shape }).catch((e: unknown) => e);
      expect(isCellposeError(error, 'shape')).toBe(true);
      expect((error as Error).message).toMatch(/^forward: needs tiles \(batch, 2, y, x\) with y and x divisible by 2/);
    },
  );

  test.each([0, 1.5, -1, Number.NaN])('refuses %d threads', async (threads) => {
    await expect(createNetwork(weights, { threads })).rejects.toThrow(/threads must be a whole number from 1/);
  });
});
