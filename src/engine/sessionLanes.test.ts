import { expect, test } from 'vitest';
import type { RuntimeSession } from '../platform/types.ts';
import { SessionLanes } from './sessionLanes.ts';

/** Lanes whose runs say how many threads they have, and how many were under way at most. */
function recorder(threads: number, sideBySide = true) {
  const made: number[] = [];
  const released: number[] = [];
  const ran: number[] = [];
  let most = 0;
  let now = 0;
  const models: Uint8Array[] = [];
  let modelsMade = 0;
  const makeModel = ([ly]: readonly number[]) => Uint8Array.of(ly, ++modelsMade);
  const compile = async (model: Uint8Array, share: number): Promise<RuntimeSession> => {
    made.push(share);
    models.push(model);
    return { engine: `${share}`, run: async () => ({}), release: async () => void released.push(share) };
  };
  const lanes = new SessionLanes(threads, sideBySide, makeModel, compile);
  const run = async (inAll: number, size = 8) => {
    await lanes.use([size, size], inAll, async ({ engine }) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      ran.push(Number(engine));
      now--;
    });
  };
  const runAll = (n: number, size = 8) => Promise.all(Array.from({ length: n }, () => run(n, size)));
  return { lanes, made, models, released, ran, runAll, most: () => most };
}

test.each([
  ['a lone tile has all threads', 4, 1, [4], 1],
  ['two share them', 4, 2, [2, 2], 2],
  ['three are sooner done with all threads', 4, 3, [4, 4, 4], 1],
  ['many take turns in two halves', 3, 5, [1, 1, 2, 2, 2], 2],
  ['one thread is not shared', 1, 4, [1, 1, 1, 1], 1],
])('%s', async (_, threads, tiles, shares, most) => {
  const { ran, runAll, most: underWay } = recorder(threads);
  await runAll(tiles);
  expect(ran.toSorted()).toEqual(shares);
  expect(underWay()).toBe(most);
});

test('where sessions wait for each other there is one', async () => {
  const { lanes, made, runAll } = recorder(4, false);
  await runAll(6);
  expect(made).toEqual([4]);
  expect(lanes.concurrency).toBe(2);
});

test('two lanes compile the same model, each an array of its own', async () => {
  const { models, runAll } = recorder(2);
  await runAll(2);
  await runAll(4, 16);
  expect(models).toEqual(
    [
      [8, 1],
      [8, 1],
      [16, 2],
      [16, 2],
    ].map((bytes) => Uint8Array.from(bytes)),
  );
  expect(new Set(models.map(({ buffer }) => buffer)).size).toBe(4);
});

test('a run that fails leaves its lane free', async () => {
  const { lanes, ran, runAll } = recorder(2);
  const failing = () => Promise.reject(new Error('no'));
  for (let i = 0; i < 3; i++) await expect(lanes.use([8, 8], 2, failing)).rejects.toThrow('no');
  await runAll(4);
  expect(ran).toHaveLength(4);
});

test('at rest the lanes are given up, and made anew when they are needed', async () => {
  const { lanes, made, released, runAll } = recorder(2);
  await runAll(1);
  await runAll(2);
  await lanes.rest();
  expect(released).toEqual([1, 1]);
  await runAll(2);
  expect(made).toEqual([2, 1, 1, 1, 1]);
});

test('release ends all lanes, and later runs fail', async () => {
  const { lanes, released, runAll } = recorder(2);
  await runAll(1);
  await runAll(2);
  await lanes.release();
  expect(released.toSorted()).toEqual([1, 1, 2]);
  await expect(lanes.use([8, 8], 2, async () => 0)).rejects.toThrow(/released/);
});
