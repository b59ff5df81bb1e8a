import { describe, expect, it } from 'vitest';
import type { FloatArray, Masks2D } from '../array/ndarray.ts';
import { isCellposeError } from '../errors.ts';
import { computeMasks } from './computeMasks.ts';
import { flowErrors, removeBadFlowMasks } from './flowErrors.ts';
import { followFlows } from './followFlows.ts';
import { getMasks } from './getMasks.ts';
import { masksToFlows } from './masksToFlows.ts';
import { resizeAndComputeMasks } from './resizeAndComputeMasks.ts';
import { dynamics3 } from './rules.ts';

const plane = (data: ArrayLike<number>, ly: number, lx: number): FloatArray => ({
  data: Float32Array.from(data),
  shape: [ly, lx],
});
const flows = (data: ArrayLike<number>, ly: number, lx: number): FloatArray => ({
  data: Float32Array.from(data),
  shape: [2, ly, lx],
});

/** Labels (ly, lx) of discs [y, x, radius], numbered in this order. */
function discs(ly: number, lx: number, list: readonly (readonly [number, number, number])[]): Masks2D {
  const data = new Int32Array(ly * lx);
  list.forEach(([cy, cx, radius], k) => {
    for (let i = 0; i < data.length; i++) {
      if ((Math.floor(i / lx) - cy) ** 2 + ((i % lx) - cx) ** 2 <= radius ** 2) data[i] = k + 1;
    }
  });
  return { data, shape: [ly, lx] };
}

/** A perfect network's output for these masks. */
async function perfect(masks: Masks2D): Promise<{ dP: FloatArray; cellprob: FloatArray }> {
  const [ly, lx] = masks.shape;
  const mu = await masksToFlows(masks);
  return {
    dP: flows(
      mu.data.map((v) => 5 * v),
      ly,
      lx,
    ),
    cellprob: plane(
      Float32Array.from(masks.data, (label) => (label > 0 ? 5 : -5)),
      ly,
      lx,
    ),
  };
}

describe('masksToFlows', () => {
  it('gives nothing for empty masks and for single pixels', async () => {
    const empty = await masksToFlows({ data: new Int32Array(12), shape: [3, 4] });
    expect([...empty.data]).toEqual(new Array(24).fill(0));
    const single = await masksToFlows({ data: Int32Array.of(0, 0, 0, 0, 7, 0, 0, 0, 0), shape: [3, 3] });
    expect([...single.data]).toEqual(new Array(18).fill(0));
  });

  it('points inward with length 1, also for a cell that fills the image', async () => {
    const n = 7 * 9;
    const { data } = await masksToFlows({ data: new Int32Array(n).fill(1), shape: [7, 9] });
    expect(data[0]).toBeGreaterThan(0); // top left: down and right
    expect(data[n]).toBeGreaterThan(0);
    expect(data[n - 1]).toBeLessThan(0);
    expect(data[2 * n - 1]).toBeLessThan(0);
    for (let i = 0; i < n; i++) {
      const length = Math.hypot(data[i], data[n + i]);
      if (i !== (n - 1) / 2) expect(length).toBeCloseTo(1, 12);
    }
  });

  it('moves with the masks, whatever their labels', async () => {
    const here = discs(30, 34, [
      [9, 10, 5],
      [18, 20, 6],
    ]);
    const there: Masks2D = { data: new Int32Array(30 * 34), shape: [30, 34] };
    for (let i = 0; i + 3 * 34 + 2 < here.data.length; i++) there.data[i + 3 * 34 + 2] = 10 * here.data[i];
    const a = (await masksToFlows(here)).data;
    const b = (await masksToFlows(there)).data;
    const shift = 3 * 34 + 2;
    for (let i = 0; i < 30 * 34 - shift; i++) {
      expect(b[i + shift]).toBe(a[i]);
      expect(b[30 * 34 + i + shift]).toBe(a[30 * 34 + i]);
    }
  });
});

describe('followFlows', () => {
  it('leaves pixels where they are with 0 steps and no pixels with none', async () => {
    const dP = flows(new Array(24).fill(1), 3, 4);
    const still = await followFlows(dP, Int32Array.of(0, 5, 11), { niter: 0 });
    expect([...still.data]).toEqual([0, 1, 2, 0, 1, 3]);
    expect((await followFlows(dP, new Int32Array(0))).shape).toEqual([2, 0]);
  });

  it('keeps pixels within the image', async () => {
    const p = await followFlows(flows(new Array(24).fill(2.5), 3, 4), Int32Array.of(0, 5), { niter: 10 });
    expect([...p.data]).toEqual([2, 2, 3, 3]);
  });

  it('mixes the flow of four pixels', async () => {
    // One step of (0.5, 0.5) to the middle of four pixels, then their mean.
    const dP = flows([0.5, 0.25, 0, 0.25, 0.5, 0, 0.25, 0.25], 2, 2);
    const p = await followFlows(dP, Int32Array.of(0), { niter: 2 });
    expect([...p.data]).toEqual([0.75, 0.75]);
  });

  it('refuses other shapes and a negative number of steps', async () => {
    await expect(followFlows(plane(new Array(12), 3, 4), new Int32Array(1))).rejects.toThrow(
      /dP \(2, ly, lx\) or .*; got \(3, 4\)/,
    );
    const refused = followFlows(flows(new Array(24), 3, 4), new Int32Array(1), { niter: -1 });
    await expect(refused).rejects.toSatisfy((e) => isCellposeError(e, 'option') && e.option === 'niter');
  });
});

describe('getMasks', () => {
  /** n points that rest at each of the places [y, x, n], started from pixels in a row. */
  function gather(shape: [number, number], places: readonly (readonly [number, number, number])[], fraction?: number) {
    const rests = places.flatMap(([y, x, n]) => new Array<readonly [number, number]>(n).fill([y, x]));
    const data = Float32Array.from([...rests.map(([y]) => y), ...rests.map(([, x]) => x)]);
    const p = { data, shape: [2, rests.length] };
    const options = fraction === undefined ? {} : { maxSizeFraction: fraction };
    return [...getMasks(p, Int32Array.from(rests.keys()), shape, options).data.subarray(0, rests.length)];
  }

  it('makes one mask per peak of more than 10 points, numbered by first appearance', () => {
    const labels = gather(
      [20, 20],
      [
        [15.9, 4, 11],
        [3, 3, 12],
        [9, 17, 10],
      ],
    );
    expect(labels).toEqual([...new Array(11).fill(1), ...new Array(12).fill(2), ...new Array(10).fill(0)]);
  });

  it('grows five pixels far over bins of more than 2 points', () => {
    const row = [5, 6, 7, 8, 9, 10, 11].map((x) => [5, x, x === 5 ? 20 : 3] as const);
    const labels = gather([20, 20], [...row, [5, 4, 2]]);
    expect(labels).toEqual([...new Array(20 + 5 * 3).fill(1), ...new Array(3).fill(0), 0, 0]);
  });

  it('gives what two seeds reach to the one with more points', () => {
    const labels = gather(
      [20, 20],
      [
        [5, 5, 12],
        [5, 8, 14],
        [5, 6, 3],
        [5, 7, 3],
      ],
    );
    expect(new Set(labels.slice(26))).toEqual(new Set([labels[12]]));
  });

  it('takes peaks at the border of the image', () => {
    expect(
      new Set(
        gather(
          [9, 9],
          [
            [0, 0, 11],
            [8, 8, 11],
          ],
        ),
      ),
    ).toEqual(new Set([1, 2]));
  });

  it('removes masks above the share of the image', () => {
    expect(
      gather(
        [8, 8],
        [
          [1, 1, 30],
          [6, 6, 12],
        ],
        0.4,
      ),
    ).toEqual([...new Array(30).fill(0), ...new Array(12).fill(1)]);
    expect(
      new Set(
        gather(
          [8, 8],
          [
            [1, 1, 30],
            [6, 6, 12],
          ],
          1,
        ),
      ),
    ).toEqual(new Set([1, 2]));
  });
});

describe('flow check', () => {
  it('finds no error in the flow of the masks themselves, and NaN for missing labels', async () => {
    const masks = discs(24, 40, [
      [11, 10, 7],
      [11, 28, 8],
    ]);
    const { dP } = await perfect(masks);
    const spread: Masks2D = { data: masks.data.map((label) => (label === 2 ? 3 : label)), shape: masks.shape };
    const errors = await flowErrors(spread, dP);
    expect(errors[0]).toBeLessThan(1e-12); // dP is rounded to float32
    expect(errors[1]).toBeNaN();
    expect(errors[2]).toBeLessThan(1e-12);
  });

  it('removes a mask whose flow is turned round, and keeps the number of the other', async () => {
    const masks = discs(24, 40, [
      [11, 10, 7],
      [11, 28, 8],
    ]);
    const { dP } = await perfect(masks);
    const turned = flows(
      dP.data.map((v, i) => (masks.data[i % (24 * 40)] === 1 ? -v : v)),
      24,
      40,
    );
    const kept = await removeBadFlowMasks(masks, turned);
    expect(kept.data).toEqual(masks.data.map((label) => (label === 2 ? 2 : 0)));
    await expect(flowErrors(masks, flows(new Array(12), 2, 3))).rejects.toThrow(/dP \(2, 24, 40\)/);
  });
});

describe('computeMasks', () => {
  it('finds the masks again that the flows were made from', async () => {
    const masks = discs(40, 50, [
      [10, 10, 8],
      [12, 31, 9],
      [30, 20, 9],
      [31, 45, 9],
    ]);
    const { dP, cellprob } = await perfect(masks);
    const found = await computeMasks(dP, cellprob);
    expect(found.data).toEqual(masks.data);
  });

  it('is all 0 without cells, and with no points that meet', async () => {
    const dP = flows(new Array(40).fill(0), 4, 5);
    const none = await computeMasks(dP, plane(new Array(20).fill(-1), 4, 5));
    expect([...none.data]).toEqual(new Array(20).fill(0));
    const apart = await computeMasks(dP, plane(new Array(20).fill(Number.NaN), 4, 5));
    expect([...apart.data]).toEqual(new Array(20).fill(0));
    const alone = await computeMasks(dP, plane(new Array(20).fill(1), 4, 5));
    expect([...alone.data]).toEqual(new Array(20).fill(0));
  });

  it('names the sizes that do not fit', async () => {
    const refused = computeMasks(flows(new Array(40), 4, 5), plane(new Array(20), 5, 4));
    await expect(refused).rejects.toThrow('computeMasks: needs dP (2, 5, 4) to match cellprob; got (2, 4, 5)');
  });

  it('resizes to the image before it drops small masks', async () => {
    const masks = discs(40, 50, [
      [10, 10, 8],
      [30, 30, 9],
    ]);
    const { dP, cellprob } = await perfect(masks);
    const small = await resizeAndComputeMasks(dP, cellprob, { resize: [20, 25], minSize: 60 });
    expect(small.shape).toEqual([20, 25]);
    expect(new Set(small.data)).toEqual(new Set([0, 1]));
    const kept = await resizeAndComputeMasks(dP, cellprob, { resize: [20, 25], minSize: 40 });
    expect(new Set(kept.data)).toEqual(new Set([0, 1, 2]));
  });
});

describe('rules', () => {
  it('cannot be changed by accident', () => {
    expect(Object.isFrozen(dynamics3) && Object.isFrozen(dynamics3.flows)).toBe(true);
    expect(Object.isFrozen(dynamics3.follow) && Object.isFrozen(dynamics3.masks)).toBe(true);
  });
});
