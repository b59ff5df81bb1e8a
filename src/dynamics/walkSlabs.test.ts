/** Volumes walked slab by slab: the same resting places as in one piece. */
import { describe, expect, it } from 'vitest';
import { memoryScratch, putVolume } from '../../test/helpers/memoryScratch.ts';
import { seededRandom } from '../array/random.ts';
import { computeMasks } from './computeMasks.ts';
import { resizeAndComputeMasks, resizeAndComputeMasksInScratch } from './resizeAndComputeMasks.ts';
import { dynamics3, dynamics2020 } from './rules.ts';
import { type SlabWalk, walkSlabs } from './walkSlabs.ts';

const [lz, ly, lx] = [40, 17, 19];
const n = lz * ly * lx;

/** Flows that lead far along z, with noise: to planes 3, 20 and 33. */
function field() {
  const random = seededRandom(5);
  const dP = new Float32Array(3 * n);
  const cellprob = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const [z, y, x] = [Math.floor(i / (ly * lx)), Math.floor(i / lx) % ly, i % lx];
    const to = [3, 20, 33].toSorted((a, b) => Math.abs(a - z) - Math.abs(b - z))[0] as number;
    const offset = [to - z, (y < 8 ? 4 : 12) - y, (x < 9 ? 4 : 14) - x];
    const length = Math.hypot(...offset, 1);
    for (let k = 0; k < 3; k++) dP[k * n + i] = (5 * offset[k]) / length + 3 * (random() - 0.5);
    cellprob[i] = random() - 0.1;
  }
  return { dP: { data: dP, shape: [3, lz, ly, lx] }, cellprob: { data: cellprob, shape: [lz, ly, lx] } };
}

describe('walkSlabs', () => {
  const { dP, cellprob } = field();

  async function places(options: Partial<SlabWalk>) {
    const found = new Map<number, string>();
    let loads = 0;
    await walkSlabs({
      shape: [lz, ly, lx],
      sampling: 'grid',
      walks: (i) => cellprob.data[i] > 0,
      writeFlow(flow, from, to) {
        loads++;
        for (let i = from; i < to; i++)
          if (cellprob.data[i] > 0) for (let k = 0; k < 3; k++) flow[4 * (i - from) + k] = dP.data[k * n + i] / 5;
      },
      rest: (i, z, y, x) => void found.set(i, `${z} ${y} ${x}`),
      ...{ niter: 150, threads: 1, signal: undefined },
      ...options,
    });
    return { found, loads };
  }

  it.each(['grid', 'nearest'] as const)('brings points to the same places, read by %s', async (sampling) => {
    const whole = await places({ sampling });
    expect(whole.loads).toBe(1);
    expect(whole.found.size).toBe(cellprob.data.filter((p) => p > 0).length);
    for (const slabBytes of [1, 16 * ly * lx * 11, 16 * ly * lx * 39]) {
      const slabs = await places({ sampling, slabBytes });
      expect(slabs.loads).toBeGreaterThan(1);
      expect(slabs.found).toEqual(whole.found);
    }
  });

  it('leaves points where they are without steps, and does nothing without points', async () => {
    const { found } = await places({ sampling: 'nearest', niter: 0, slabBytes: 1 });
    for (const [i, place] of found)
      expect(place).toBe(`${Math.floor(i / (ly * lx))} ${Math.floor(i / lx) % ly} ${i % lx}`);
    expect((await places({ walks: () => false, slabBytes: 1 })).found.size).toBe(0);
  });

  it('stops with the reason of the signal', async () => {
    const reason = new Error('enough');
    await expect(places({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it.each([
    ['dynamics3', { rules: dynamics3 }],
    ['dynamics3, not interpolated', { rules: dynamics3, interp: false }],
    ['dynamics2020', { rules: dynamics2020 }],
  ])('gives the same masks by %s', async (_, options) => {
    const whole = await computeMasks(dP, cellprob, options);
    expect(Math.max(...whole.data)).toBeGreaterThan(2);
    for (const threads of [1, 2])
      expect(await computeMasks(dP, cellprob, { ...options, threads, slabBytes: 1 })).toEqual(whole);
  });

  it.each([
    ['dynamics3', { rules: dynamics3 }],
    ['dynamics2020', { rules: dynamics2020 }],
  ])('gives the same masks of a flow in scratch storage by %s', async (_, options) => {
    const whole = await resizeAndComputeMasks(dP, cellprob, options);
    const scratch = memoryScratch();
    const component = (k: number) => ({ data: dP.data.subarray(k * n, (k + 1) * n), shape: [lz, ly, lx] });
    const parts = await Promise.all([0, 1, 2].map((k) => putVolume(scratch, component(k))));
    const logits = await putVolume(scratch, cellprob);
    for (const slabBytes of [1, 16 * ly * lx * 11, 2 ** 26])
      expect(await resizeAndComputeMasksInScratch(parts, logits, { ...options, slabBytes })).toEqual(whole);
  });
});
