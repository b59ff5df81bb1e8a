/**
 * Learning to restore, against PyTorch's numbers from the real Cellpose 3.1: losses as a small segmentation network of one channel
 * sees pictures, gradients, steps of AdamW; and noise where what chance decides was given.
 */
import { readFileSync } from 'node:fs';
import { readWeights, type StateDict, sourceFromBytes } from 'cellpose-ts';
import { beforeAll, describe, expect, it, test } from 'vitest';
import type { FloatArray, NdArray } from '../../src/array/ndarray.ts';
import { seededRandom } from '../../src/array/random.ts';
import { backward } from '../../src/graph/backward.ts';
import { Graph } from '../../src/graph/graph.ts';
import { interpret } from '../../src/graph/interpret.ts';
import { readCPnetState } from '../../src/nets/cpnetState.ts';
import { addNoise, kernelReach, type Noise } from '../../src/train/addNoise.ts';
import { adamW } from '../../src/train/optimizers.ts';
import { correlations } from '../../src/train/perceptualLoss.ts';
import { restoreTask } from '../../src/train/restoreTask.ts';
import { createTrainer } from '../../src/train/trainer.ts';
import { gradientName, trainingGraph } from '../../src/train/trainingGraph.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const golden = readNpz(goldenPath('restore-train.npz')!);
const float32 = (name: string): FloatArray => golden[name] as FloatArray;
const weights = (name: string): Promise<StateDict> =>
  readWeights(sourceFromBytes(readFileSync(goldenPath(`checkpoints/${name}.pth`)!)));
const [x, clean, restored] = ['X', 'clean', 'restored'].map(float32) as [FloatArray, FloatArray, FloatArray];
/** (3, 4, 48, 48): 1 in cells, flow y, flow x, the good picture. */
const lbl = withLast(float32('lbl'), clean);
const lams = {
  default: { per: 1, seg: 1.5, rec: 0 },
  rec: { per: 0, seg: 0, rec: 1 },
  all: { per: 1, seg: 0.5, rec: 2 },
};

let segmenter: StateDict;
let network: StateDict;
beforeAll(async () => {
  segmenter = await weights('small');
  network = await weights('restore');
});

test.each(['per', 'seg', 'rec'])('the loss %s of a picture, and its gradient, in float64', (part) => {
  const g = new Graph();
  const y = g.input('y', restored.shape);
  const labels = g.input('lbl', lbl.shape);
  const task = restoreTask({ per: 0, seg: 0, rec: 0, [part]: 1 }, segmenter);
  const { loss } = task.appendLosses(g, y, labels);
  g.output('loss', loss);
  g.output('gradient', backward(g, loss, [y]).get(y)!);
  const values = interpret(
    g,
    new Map<string, NdArray>([
      ['y', restored],
      ['lbl', lbl],
    ]),
  );
  expect(relative(values.get('loss')!.data, float32(`loss/${part}`).data)).toBeLessThan(1e-5);
  // PyTorch's are float32, through two passes over the network and quotients of small variances.
  expect(relative(values.get('gradient')!.data, float32(`gradient/${part}`).data)).toBeLessThan(2e-4);
});

test('gradients of all losses together, in float64', () => {
  const { config, weights: read } = readCPnetState(network);
  const { graph } = trainingGraph(config, { batch: 3, ly: 48, lx: 48 }, restoreTask(lams.all, segmenter));
  const values = interpret(graph, new Map<string, NdArray>([...read, ['x', x], ['lbl', lbl]]));
  expect(relative(values.get('loss')!.data, [golden['step/all']!.data[0] as number])).toBeLessThan(1e-5);
  for (const [key, expected] of Object.entries(golden).filter(([k]) => k.startsWith('grad/all/'))) {
    const ours = values.get(gradientName(key.slice('grad/all/'.length)))!;
    expect(relative(ours.data, expected.data as Float32Array), key).toBeLessThan(2e-4);
  }
});

test.each(Object.entries(lams))('the losses %s at inference', async (name, losses) => {
  const trainer = createTrainer(network, { optimizer: adamW(), task: restoreTask(losses, segmenter), threads: 1 });
  const { loss, parts } = await trainer.evaluate({ x, lbl });
  const [expected, per] = Array.from(float32(`test/${name}`).data) as [number, number];
  expect(relative([loss], [expected])).toBeLessThan(1e-4);
  if (losses.per > 0) expect(relative([parts['per']!], [per])).toBeLessThan(1e-4);
  await trainer.release();
});

test('three steps of AdamW lose as much', async () => {
  const task = restoreTask(lams.default, segmenter);
  const trainer = createTrainer(network, { optimizer: adamW(), task, threads: 1 });
  for (let step = 0; step < 3; step++) {
    const { loss } = await trainer.step({ x, lbl }, 0.001);
    expect(relative([loss], float32(`adamw/${step}`).data)).toBeLessThan(1e-3);
  }
  await trainer.release();
});

test('channels go together as in the network of Cellpose', () => {
  const g = new Graph();
  const map = g.input('map', [1, 2, 1, 3]);
  g.output('sigma', correlations(g, map));
  const values = interpret(g, new Map([['map', { data: Float32Array.of(1, 2, 3, 6, 4, 2), shape: [1, 2, 1, 3] }]]));
  // Of three pixels, so 2/3 on the diagonal: squares are summed over all and divided by the sample's variance.
  const sigma = Array.from(values.get('sigma')!.data);
  [2 / 3, -2 / 3, -2 / 3, 2 / 3].forEach((value, i) => {
    expect(sigma[i]).toBeCloseTo(value, 6);
  });
});

describe('noise', () => {
  const pictures = planesOf(float32('noise/img'));
  const cases: Record<string, readonly Noise[]> = {
    blur: [1.5, 3, 9].map((s) => ({ blur: [s, s] })),
    oneway: [1.5, 3, 4].map((s) => ({ blur: [s, s / 10] })),
    downsample: [1, 1.5, 2].map((s, i) => ({
      blur: [s, s],
      step: [
        [2, 2],
        [3, 3],
        [5, 5],
      ][i] as [number, number],
    })),
    aniso: [1, 2, 2.5].map((s) => ({ blur: [s, s / 10], step: [4, 1] })),
  };

  it.each(Object.keys(cases))('is that of Cellpose: %s', (name) => {
    const reach = Math.max(...cases[name]!.map(({ blur }) => kernelReach(blur!)));
    const expected = planesOf(float32(`noise/${name}`));
    pictures.forEach((picture, i) => {
      const ours = addNoise(picture, cases[name]![i]!, seededRandom(1), reach);
      // Float32 sums over a kernel, then divided by the range of percentiles.
      expect(furthest(ours, expected[i]!.data)).toBeLessThan(2e-5);
    });
  });

  it('scales the counts of photons as Cellpose does', () => {
    const expected = planesOf(float32('noise/photons'));
    // The golden is of the mean counts themselves, which scaling does not tell from the picture.
    pictures.forEach((picture, i) => {
      expect(furthest(addNoise(picture, {}, seededRandom(1)), expected[i]!.data)).toBeLessThan(1e-5);
    });
  });

  it('counts photons: the mean stays, the variance is the mean', () => {
    const flat = { data: new Float32Array(10000).fill(0.5), ly: 100, lx: 100 };
    flat.data.fill(0, 0, 1000);
    const counts = addNoise(flat, { photons: 8 }, seededRandom(3));
    const bright = counts.subarray(1000);
    const mean = bright.reduce((a, b) => a + b, 0) / bright.length;
    const variance = bright.reduce((a, b) => a + (b - mean) ** 2, 0) / bright.length;
    // Scaled by a common factor u: mean 4 u, variance 4 u².
    expect(mean ** 2 / variance).toBeGreaterThan(3.6);
    expect(mean ** 2 / variance).toBeLessThan(4.4);
  });
});

function furthest(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(...Array.from(expected, (v, i) => Math.abs(v - actual[i]!)));
}

/** Largest difference as a share of the largest expected value. */
function relative(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  return furthest(actual, expected) / Math.max(...Array.from(expected, Math.abs));
}

function withLast(labels: FloatArray, last: FloatArray): FloatArray {
  const [count, planes, ly, lx] = labels.shape as [number, number, number, number];
  const n = ly * lx;
  const data = new Float32Array(count * (planes + 1) * n);
  for (let i = 0; i < count; i++) {
    data.set(labels.data.subarray(i * planes * n, (i + 1) * planes * n), i * (planes + 1) * n);
    data.set(last.data.subarray(i * n, (i + 1) * n), (i * (planes + 1) + planes) * n);
  }
  return { data, shape: [count, planes + 1, ly, lx] };
}

function planesOf({ data, shape }: FloatArray): { data: Float32Array; ly: number; lx: number }[] {
  const [count, , ly, lx] = shape as [number, number, number, number];
  const n = ly * lx;
  return Array.from({ length: count }, (_, i) => ({ data: data.slice(i * n, (i + 1) * n), ly, lx }));
}
