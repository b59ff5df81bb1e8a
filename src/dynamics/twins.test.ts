/** Kernels and plain loops are twins: the same bits on random, odd and real input, at any number of threads. */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { goldenPath, readNpz } from '../../test/helpers/npz.ts';
import type { FloatArray, Masks2D } from '../array/ndarray.ts';
import type { Window } from '../array/window.ts';
import { openKernelJob } from '../kernels/kernelJob.ts';
import type { LabelStack } from './cellBoxes.ts';
import { computeMasks } from './computeMasks.ts';
import { planeHeat, solidHeat } from './diffusion.ts';
import { diffusionCells } from './diffusionCells.ts';
import { flowErrors } from './flowErrors.ts';
import {
  type FlowRules,
  flowRules3,
  flowRules3Gpu,
  flowRules3Volume,
  flowRules4,
  flowRules2020,
  flowRules2020Gpu,
} from './flowRules.ts';
import { followFlows } from './followFlows.ts';
import { stepsGrid, stepsNearestVoxel, toGrid } from './gridSteps.ts';
import { heatErrors, heatFlows } from './heatGradient.ts';
import { masksToFlows } from './masksToFlows.ts';
import { dynamics3 } from './rules.ts';
import { stepsLinear, stepsNearest } from './steps.ts';

const size = fc.integer({ min: 1, max: 24 });
const seed = fc.integer();

/** Uniform numbers in [0, 1). */
function random(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Bits, so that NaN equals NaN and 0 differs from -0. */
const bits = (a: Float32Array | Float64Array) => Buffer.from(a.buffer, a.byteOffset, a.byteLength).toString('hex');

const golden = readNpz(goldenPath('dynamics-3.1-cpu.npz')!);
const realFlow = golden['net_dP'] as FloatArray;
const realMasks: Masks2D = { data: Int32Array.from(golden['compute_masks_default'].data), shape: [160, 180] };

describe('steps', () => {
  /** In a plane, and in a window of a picture. */
  async function both(flow: Float32Array, size: [number, number], from: Float32Array, niter: number) {
    await bothAt([0, 0], flow, size, from, niter);
    await bothAt([37, 1009], flow, size, from, niter);
  }

  async function bothAt(
    [y, x]: [number, number],
    flow: Float32Array,
    [ly, lx]: [number, number],
    starts: Float32Array,
    niter: number,
  ) {
    const from = starts.map((place, i) => place + (i % 2 ? x : y));
    const n = from.length / 2;
    const plan = {
      flow: [Float32Array, flow.length],
      points: [Float32Array, 2 * n],
      rooms: [Uint8Array, 2048],
    } as const;
    for (const kernel of ['settled', 'stepsLinear', 'stepsNearest']) {
      const settle = kernel === 'settled';
      const job = await openKernelJob(plan, 1);
      expect(job.hasKernels).toBe(true);
      job.arrays.flow.set(flow);
      job.arrays.points.set(from);
      const { at } = job;
      const last = kernel === 'stepsNearest' ? [at.rooms] : [settle ? 1 : 0, at.rooms];
      const args = (a: number, b: number) => [at.flow, y, x, ly, lx, at.points, a, b, niter, ...last];
      const work = { kernel: settle ? 'stepsLinear' : kernel, args, plain: () => {} };
      // Two ranges, the first not a multiple of a kernel's block.
      const middle = Math.floor(n / 3);
      await job.run(work, [
        [0, middle],
        [middle, n],
      ]);
      const plain = from.slice();
      const range = { from: 0, to: n, niter };
      if (kernel === 'stepsNearest') stepsNearest({ flow, ly, lx, y, x }, plain, range);
      else stepsLinear({ flow, ly, lx, y, x }, plain, range, settle);
      expect(bits(job.arrays.points)).toBe(bits(plain));
      job.close();
    }
  }

  it('are equal on random flows, small and large', async () => {
    await fc.assert(
      fc.asyncProperty(size, size, seed, fc.integer({ min: 0, max: 60 }), async (ly, lx, s, niter) => {
        const next = random(s);
        const strength = [0.3, 1, 5][Math.abs(s) % 3];
        const flow = Float32Array.from({ length: 2 * ly * lx }, () => strength * (2 * next() - 1));
        const from = Float32Array.from({ length: 2 * 150 }, (_, i) => next() * ((i % 2 ? lx : ly) - 1));
        await both(flow, [ly, lx], from, niter);
      }),
      { numRuns: 60 },
    );
  });

  it('are equal where a flow is not a number or infinite', async () => {
    const flow = Float32Array.from(
      { length: 2 * 36 },
      (_, i) => [0.4, Number.NaN, -1.2, Number.POSITIVE_INFINITY, 0][i % 5],
    );
    const from = Float32Array.from({ length: 72 }, (_, i) => (i % 2 ? (i >> 1) % 6 : Math.floor(i / 12)));
    await both(flow, [6, 6], from, 20);
  });

  it('are equal on the flow of a network', async () => {
    const n = 160 * 180;
    const flow = Float32Array.from({ length: 2 * n }, (_, i) => realFlow.data[(i % 2) * n + (i >> 1)] / 5);
    const from = Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 ? (i >> 1) % 180 : Math.floor((i >> 1) / 180)));
    await both(flow, [160, 180], from, 100);
  });
});

describe('steps in volumes and in grid coordinates', () => {
  type Volume = [lz: number, ly: number, lx: number];

  async function both(flow: Float32Array, shape: Volume, from: Float32Array, niter: number) {
    await bothIn({ y: 0, x: 0, h: shape[1], w: shape[2] }, flow, shape, from, niter);
    if (shape[0] > 1) {
      const part = [1, Math.max(1, shape[0] - 2)] as const;
      const rows = 4 * shape[1] * shape[2];
      const there = flow.subarray(rows, rows * (1 + part[1]));
      return bothIn({ y: 0, x: 0, h: shape[1], w: shape[2] }, there, shape, from, niter, part);
    }
    const window = { y: 4, x: 3, h: shape[1], w: shape[2] };
    const places = from.map((place, i) => place + [0, 4, 3, 0][i % 4]);
    await bothIn(window, flow, [1, shape[1] + 9, shape[2] + 5], places, niter);
  }

  async function bothIn(
    window: Window,
    flow: Float32Array,
    shape: Volume,
    from: Float32Array,
    niter: number,
    [z0, d]: readonly [number, number] = [0, shape[0]],
  ) {
    const { y, x, h, w } = window;
    const n = from.length / 4;
    const plan = {
      flow: [Float32Array, flow.length],
      points: [Float32Array, 4 * n],
      rooms: [Uint8Array, 1536],
    } as const;
    for (const kernel of ['stepsGrid', 'stepsNearestVoxel']) {
      const isGrid = kernel === 'stepsGrid';
      if (!isGrid && h < shape[1]) continue; // goes by whole volumes
      const job = await openKernelJob(plan, 1);
      const scaled = from.slice();
      if (isGrid) toGrid(scaled, shape);
      for (let i = 0; i < n; i++) scaled[4 * i + 3] = niter;
      job.arrays.flow.set(flow);
      job.arrays.points.set(scaled);
      const { at } = job;
      const part = isGrid ? [z0, y, x, d, h, w] : [z0, d];
      const args = (a: number, b: number) => [at.flow, ...shape, ...part, at.points, a, b, at.rooms];
      const middle = Math.floor(n / 3);
      await job.run({ kernel, args, plain: () => {} }, [
        [0, middle],
        [middle, n],
      ]);
      const steps = isGrid ? stepsGrid : stepsNearestVoxel;
      steps({ flow, shape, window, planes: [z0, d] }, scaled, [0, n]);
      expect(bits(job.arrays.points), kernel).toBe(bits(scaled));
      job.close();
    }
  }

  it('are equal on random flows, in planes and volumes', async () => {
    const depth = fc.integer({ min: 1, max: 6 });
    await fc.assert(
      fc.asyncProperty(depth, size, size, seed, fc.integer({ min: 0, max: 60 }), async (lz, ly, lx, s, niter) => {
        const next = random(s);
        const strength = [0.05, 0.5, 3][Math.abs(s) % 3];
        const lanes = (i: number) => i % 4 === 3 || (i % 4 === 0 && lz === 1);
        const flow = Float32Array.from({ length: 4 * lz * ly * lx }, (_, i) =>
          lanes(i) ? 0 : strength * (2 * next() - 1),
        );
        const last = [lz - 1, ly - 1, lx - 1, 0];
        const from = Float32Array.from({ length: 4 * 150 }, (_, i) => next() * last[i % 4]);
        await both(flow, [lz, ly, lx], from, niter);
      }),
      { numRuns: 60 },
    );
  });

  it('are equal where a flow is not a number or infinite', async () => {
    const odd = [0.4, Number.NaN, -1.2, Number.POSITIVE_INFINITY, 0];
    const flow = Float32Array.from({ length: 4 * 64 }, (_, i) => (i % 4 === 3 ? 0 : odd[i % 5]));
    const from = Float32Array.from({ length: 4 * 64 }, (_, i) => [i >> 6, (i >> 4) % 4, (i >> 2) % 4, 0][i % 4]);
    await both(flow, [4, 4, 4], from, 20);
  });
});

describe('settling', () => {
  it('changes no whole part', () => {
    fc.assert(
      fc.property(size, size, seed, (ly, lx, s) => {
        const next = random(s);
        // Flows towards a few sinks, so that many cells of the grid hold what enters them.
        const flow = Float32Array.from({ length: 2 * ly * lx }, (_, i) => {
          const [y, x] = [Math.floor((i >> 1) / lx), (i >> 1) % lx];
          return 0.7 * Math.sin((i % 2 ? x : y) * 0.9 + 1) + 0.3 * (next() - 0.5);
        });
        const from = Float32Array.from({ length: 2 * ly * lx }, (_, i) =>
          i % 2 ? (i >> 1) % lx : Math.floor((i >> 1) / lx),
        );
        const exact = from.slice();
        const settled = from.slice();
        const range = { from: 0, to: ly * lx, niter: 200 };
        stepsLinear({ flow, ly, lx }, exact, range);
        stepsLinear({ flow, ly, lx }, settled, range, true);
        expect(settled.map(Math.trunc)).toEqual(exact.map(Math.trunc));
      }),
      { numRuns: 60 },
    );
  });
});

describe('early ends', () => {
  it.each([0, 1, 2, 7, 8, 9, 100, 101, 102, 103])(
    'a point that runs in a circle of two stands where %i steps leave it',
    (niter) => {
      // Steps of +1 and −1 along one row.
      const points = Float32Array.of(0, 0);
      stepsNearest({ flow: Float32Array.of(0, 1, 0, -1), ly: 1, lx: 2 }, points, { from: 0, to: 1, niter });
      expect([...points]).toEqual([0, niter % 2]);
    },
  );

  it.each([3, 50, 99, 100, 200])('a point that runs round four pixels, %i steps', (niter) => {
    const flow = Float32Array.of(0, 1, 1, 0, -1, 0, 0, -1); // (0,0) → (0,1) → (1,1) → (1,0) → (0,0)
    const points = Float32Array.of(0, 0);
    stepsNearest({ flow, ly: 2, lx: 2 }, points, { from: 0, to: 1, niter });
    expect([...points]).toEqual(
      [
        [0, 0],
        [0, 1],
        [1, 1],
        [1, 0],
      ][niter % 4],
    );
  });
});

describe('diffusion', () => {
  const presets = { flowRules2020, flowRules2020Gpu, flowRules3, flowRules3Gpu, flowRules3Volume, flowRules4 };

  /** Flows, or flow errors, by the plain loops alone. */
  function plain(labels: LabelStack, rules: FlowRules, solid: boolean, niter: number | undefined, dP?: Float32Array) {
    const [, ly, lx] = labels.shape;
    const cells = diffusionCells(labels, rules, solid, niter);
    const range = { labels: labels.data, ly, lx, cells: cells.table, from: 0, to: cells.count };
    const heat = new Float64Array(labels.data.length);
    if (solid) solidHeat(range, heat);
    else planeHeat(range, rules, heat);
    const field = { ...labels, labels: labels.data, heat, solid, own: rules.neighbours === 'own', eps: rules.eps };
    const out = new Float64Array(dP ? cells.count : (solid ? 3 : 2) * heat.length);
    if (dP) heatErrors(field, range, { dP, flowScale: 5 }, out);
    else heatFlows(field, [0, labels.shape[0] * ly], out);
    return out;
  }

  async function both(masks: Masks2D, dP: Float32Array, rules: FlowRules, niter?: number) {
    const labels: LabelStack = { data: masks.data, shape: [1, ...masks.shape] };
    const mu = await masksToFlows(masks, { rules, ...(niter === undefined ? {} : { niter }) });
    expect(bits(mu.data)).toBe(bits(plain(labels, rules, false, niter)));
    if (niter !== undefined) return;
    const found = await flowErrors(
      masks,
      { data: dP, shape: [2, ...masks.shape] },
      { rules: { ...dynamics3, flows: rules } },
    );
    expect(bits(found.filter((e) => !Number.isNaN(e)))).toBe(bits(plain(labels, rules, false, niter, dP)));
  }

  it.each(Object.entries(presets))('is equal on random labels, ragged and in pieces, %s', async (_, rules) => {
    await fc.assert(
      fc.asyncProperty(size, size, seed, async (ly, lx, s) => {
        const next = random(s);
        const data = Int32Array.from({ length: ly * lx }, () => Math.floor(next() * 4) * (Math.abs(s) % 3));
        const dP = Float32Array.from({ length: 2 * ly * lx }, () => 10 * (next() - 0.5));
        await both({ data, shape: [ly, lx] }, dP, rules);
        await both({ data, shape: [ly, lx] }, dP, rules, Math.abs(s) % 10);
      }),
      { numRuns: rules === flowRules3 ? 60 : 20 },
    );
  });

  it.each(Object.entries(presets))('is equal on real cells, %s', (_, rules) => both(realMasks, realFlow.data, rules));

  it('is equal in random solids, ragged and in pieces', async () => {
    const side = fc.integer({ min: 1, max: 9 });
    await fc.assert(
      fc.asyncProperty(side, side, side, seed, async (lz, ly, lx, s) => {
        const next = random(s);
        const data = Int32Array.from({ length: lz * ly * lx }, () => Math.floor(next() * 4) * (Math.abs(s) % 3));
        const labels: LabelStack = { data, shape: [lz, ly, lx] };
        const mu = await masksToFlows(labels, { rules: flowRules3Volume });
        expect(bits(mu.data)).toBe(bits(plain(labels, flowRules3Volume, true, undefined)));
      }),
      { numRuns: 40 },
    );
  });
});

describe('threads', () => {
  // Large enough that workers are used.
  const side = 640;
  const labels = Int32Array.from({ length: side * side }, (_, i) => {
    const [y, x] = [Math.floor(i / side), i % side];
    return (y % 32) * (x % 32) === 0 ? 0 : 1 + Math.floor(y / 32) * 20 + Math.floor(x / 32);
  });
  const masks: Masks2D = { data: labels, shape: [side, side] };
  const cellprob: FloatArray = { data: Float32Array.from(labels, (l) => (l > 0 ? 1 : -1)), shape: [side, side] };
  const flowOf = async (threads: number): Promise<FloatArray> => {
    const next = random(9);
    const mu = await masksToFlows(masks, { niter: 120, threads });
    return { data: Float32Array.from(mu.data, (v) => 5 * v + next() - 0.5), shape: mu.shape };
  };
  afterEach(() => vi.unstubAllGlobals());

  it('do not change flows, resting places or masks', async () => {
    const dP = await flowOf(1);
    expect(bits((await flowOf(3)).data)).toBe(bits(dP.data));
    const pixels = Int32Array.from([...labels.keys()].filter((i) => labels[i] > 0));
    const one = await followFlows(dP, pixels, { niter: 12, threads: 1 });
    const three = await followFlows(dP, pixels, { niter: 12, threads: 3 });
    expect(bits(three.data)).toBe(bits(one.data));
    const alone = await computeMasks(dP, cellprob, { threads: 1 });
    const together = await computeMasks(dP, cellprob, { threads: 2 });
    expect(together.data.every((label, i) => label === alone.data[i])).toBe(true);
    expect(Math.max(...new Set(alone.data))).toBe(400);
  });

  it('serve two computations at once', async () => {
    const dP = await flowOf(2);
    const both = await Promise.all(
      [0.1, -0.5].map((t) => computeMasks(dP, cellprob, { threads: 2, cellprobThreshold: t })),
    );
    expect(both[1].data.every((label, i) => label === both[0].data[i])).toBe(true);
  });

  it('stop soon after the signal', async () => {
    const dP = await flowOf(2);
    const controller = new AbortController();
    const work = computeMasks(dP, cellprob, { threads: 2, interp: false, niter: 100_000, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 30);
    await expect(work).rejects.toThrow('enough');
  });
});

describe('without WebAssembly', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('the plain loops give the same masks', async () => {
    const cellprob = golden['net_cellprob'] as FloatArray;
    const masks = await computeMasks(realFlow, cellprob);
    vi.stubGlobal('WebAssembly', { compile: () => Promise.reject(new Error('none')) });
    const job = await openKernelJob({ a: [Float32Array, 4] }, 2);
    expect(job.hasKernels).toBe(false);
    const plain = await computeMasks(realFlow, cellprob);
    expect(plain.data.every((label, i) => label === masks.data[i])).toBe(true);
  });

  it('an aborted signal stops them too', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    const signal = AbortSignal.abort(new Error('enough'));
    const cellprob = golden['net_cellprob'] as FloatArray;
    await expect(computeMasks(realFlow, cellprob, { signal })).rejects.toThrow('enough');
  });
});
