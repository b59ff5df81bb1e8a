import { expect, test } from 'vitest';
import { analyticNetwork } from '../../test/helpers/analyticNetwork.ts';
import type { FloatArray } from '../array/ndarray.ts';
import { arrayReader, type Window } from '../array/window.ts';
import { runNet } from './runNet.ts';
import { netSize } from './runNetSize.ts';
import { runNetWindows } from './runNetWindows.ts';

const image: FloatArray = {
  data: Float32Array.from({ length: 60 * 70 * 2 }, (_, k) => (k * 7) % 31),
  shape: [60, 70, 2],
};

test('a network that copies its input gives the image back', async () => {
  const copy = { ...analyticNetwork(), nout: 2, forward: copyForward };
  const { y, netSize: size } = await runNet(copy, image, { bsize: 32 });
  expect(size).toEqual([60, 70]);
  for (let p = 0; p < 60 * 70; p++) {
    // averaging may miss the value by one rounding
    expect(y.data[p]).toBeCloseTo(image.data[2 * p], 4);
    expect(y.data[60 * 70 + p]).toBeCloseTo(image.data[2 * p + 1], 4);
  }
});

test('batch size bounds a run, the network may take fewer', async () => {
  const [two, five] = [analyticNetwork(2), analyticNetwork(8)];
  await runNet(two, image, { bsize: 32, batchSize: 8 });
  await runNet(five, image, { bsize: 32, batchSize: 5 });
  expect(two.runs).toEqual([2, 2, 2, 2, 2, 2]);
  expect(five.runs).toEqual([5, 5, 2]);
});

test('no more runs are under way than the network allows; progress counts tiles', async () => {
  const net = analyticNetwork(1, 3);
  let [underWay, most] = [0, 0];
  const counted = {
    ...net,
    forward: async (tiles: FloatArray) => {
      most = Math.max(most, ++underWay);
      const output = await net.forward(tiles);
      underWay--;
      return output;
    },
  };
  const seen: number[] = [];
  await runNet(counted, image, { bsize: 32, onProgress: ({ done, total }) => seen.push(done / total) });
  expect(most).toBe(3);
  expect(seen).toEqual(Array.from({ length: 12 }, (_, k) => (k + 1) / 12));
});

test('tells each run how many tiles there are, and lets the network rest after a large picture', async () => {
  const net = analyticNetwork(1, 2);
  const told: (number | undefined)[] = [];
  let rests = 0;
  const listening = {
    ...net,
    forward: (tiles: FloatArray, inAll?: number) => {
      told.push(inAll);
      return net.forward(tiles);
    },
    rest: async () => void rests++,
  };
  await runNet(listening, image, { bsize: 32 });
  expect([told, rests]).toEqual([new Array(12).fill(12), 0]);
  await runNet(listening, image, { bsize: 16, tileOverlap: 0.4, pictures: 2 });
  const tiles = told.length - 12;
  expect(tiles).toBeGreaterThanOrEqual(64);
  expect(told.slice(12)).toEqual(new Array(tiles).fill(2 * tiles));
  expect(rests).toBe(1);
});

test('a signal stops the work between runs, with its reason', async () => {
  const stop = new AbortController();
  const net = analyticNetwork(1, 1);
  const reason = new Error('enough');
  const work = runNet(net, image, {
    bsize: 32,
    signal: stop.signal,
    onProgress: ({ done }) => done === 2 && stop.abort(reason),
  });
  await expect(work).rejects.toBe(reason);
  expect(net.runs).toHaveLength(2);
});

test('a failing run ends the work after the others under way have ended', async () => {
  const net = analyticNetwork(1, 3);
  let ended = 0;
  const failing = {
    ...net,
    forward: async (tiles: FloatArray) => {
      const first = net.runs.length === 0;
      const output = await net.forward(tiles);
      ended++;
      if (first) throw new Error('no memory');
      return output;
    },
  };
  await expect(runNet(failing, image, { bsize: 32 })).rejects.toThrow('no memory');
  expect(ended).toBe(3);
});

test('windows are read near the tile only and written once, in bands', async () => {
  const reader = arrayReader(image);
  const reads: number[] = [];
  const bands: number[][] = [];
  const watched = {
    ...reader,
    read: (window: Window) => {
      reads.push(window.h * window.w);
      return reader.read(window);
    },
  };
  const writer = { write: ({ y, x, h, w }: Window) => void bands.push([y, x, h, w]) };
  await runNetWindows(analyticNetwork(), watched, () => writer, { bsize: 32 });
  expect(Math.max(...reads)).toBeLessThanOrEqual(32 * 32);
  expect(bands.reduce((end, [y, x, h, w]) => (y === end && x === 0 && w === 70 ? y + h : Number.NaN), 0)).toBe(60);
});

test.each([
  [{ bsize: 100 }, /bsize must be a multiple of 8/],
  [{ batchSize: 0 }, /batchSize/],
  [{ tileOverlap: 1.5 }, /tileOverlap/],
  [{ rescale: 0 }, /rescale must be a positive number/],
  [{ rescale: Number.NaN }, /rescale must be a positive number/],
])('%j is refused', async (options, message) => {
  await expect(runNet(analyticNetwork(), image, options)).rejects.toThrow(message);
});

test('another number of channels is refused', async () => {
  await expect(runNet(analyticNetwork(), { data: image.data, shape: [60, 140, 1] })).rejects.toThrow(
    /\(ly, lx, 2\).*60, 140, 1/,
  );
});

test('a tiny diameter is refused with the size, the memory and the diameter that fits', () => {
  const attempt = () => netSize(2048, 2048, 30 / 0.5, { diameter: 0.5 });
  expect(attempt).toThrow(/2048 × 2048 pixels would be enlarged to 122880 × 122880, which needs 169 GB/);
  expect(attempt).toThrow(/at least 3\.25/);
  expect(attempt).toThrow(expect.objectContaining({ option: 'diameter', value: 0.5 }));
  expect(netSize(2048, 2048, 30 / 3.25, { diameter: 3.25 })).toEqual([18904, 18904]);
  expect(() => netSize(2048, 2048, 60)).toThrow(/rescale 60 .* at most 9\.23/);
});

test('a diameter that leaves nothing is refused', () => {
  expect(() => netSize(100, 50, 30 / 1600, { diameter: 1600 })).toThrow(
    /nothing is left of 100 × 50 pixels; give at most 1500/,
  );
  expect(netSize(100, 50, 30 / 1500, { diameter: 1500 })).toEqual([2, 1]);
});

test('large pictures pass where they are not enlarged', () => {
  expect(netSize(50000, 50000, 1)).toEqual([50000, 50000]);
});

async function copyForward({ data, shape }: FloatArray) {
  return {
    y: { data: data.slice(), shape },
    style: { data: new Float32Array(shape[0]).fill(1), shape: [shape[0], 1] },
  };
}
