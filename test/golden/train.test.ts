/** Training against PyTorch's numbers (goldens network-train, lr-schedule): losses, gradients, optimisers, running statistics. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { FloatArray, NdArray } from '../../src/array/ndarray.ts';
import { interpret } from '../../src/graph/interpret.ts';
import { readCPnetState } from '../../src/nets/cpnetState.ts';
import { learningRates, schedule3, schedule4 } from '../../src/train/learningRates.ts';
import { adamW, type Optimizer, sgd } from '../../src/train/optimizers.ts';
import { createTrainer } from '../../src/train/trainer.ts';
import { gradientName, trainingGraph } from '../../src/train/trainingGraph.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const golden = readNpz(goldenPath('network-train.npz')!);
const part = (prefix: string): Map<string, NdArray> => {
  const entries = Object.entries(golden).filter(([name]) => name.startsWith(prefix));
  return new Map(entries.map(([name, array]) => [name.slice(prefix.length), array]));
};
const float32 = ({ data, shape }: NdArray): FloatArray => ({ data: Float32Array.from(data), shape });

/** Largest difference. */
function furthest(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  return Math.max(...Array.from(expected, (v, i) => Math.abs(v - actual[i]!)));
}

/** Largest difference as a share of the largest expected value. */
function relative(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  return furthest(actual, expected) / Math.max(...Array.from(expected, Math.abs));
}

/** A bias before a batch normalisation changes nothing: its gradient is rounding noise on both sides. */
const noise = 1e-6;

describe('network-train', () => {
  const [x, lbl] = [golden['x']!, golden['lbl']!].map(float32) as [FloatArray, FloatArray];
  const batch = { x, lbl };

  test('every gradient, in float64', () => {
    const { config, weights } = readCPnetState(part('sd/'));
    const [n, , ly, lx] = x.shape as [number, number, number, number];
    const { graph, trained } = trainingGraph(config, { batch: n, ly, lx });
    const values = interpret(graph, new Map<string, NdArray>([...weights, ['x', x], ['lbl', lbl]]));
    expect(values.get('loss')!.data[0]).toBeCloseTo(golden['loss']!.data[0]!, 5);
    expect(values.get('loss_flow')!.data[0]).toBeCloseTo(golden['loss_flow']!.data[0]!, 5);
    expect(values.get('loss_prob')!.data[0]).toBeCloseTo(golden['loss_prob']!.data[0]!, 5);
    const expected = part('grad/');
    expect(new Set(trained)).toEqual(new Set(expected.keys()));
    for (const [name, gradient] of expected) {
      const ours = values.get(gradientName(name))!;
      expect(ours.shape).toEqual(gradient.shape);
      const largest = Math.max(...Array.from(gradient.data, Math.abs));
      if (largest < noise) expect(Math.max(...ours.data.map(Math.abs)), name).toBeLessThan(noise);
      else expect(relative(ours.data, gradient.data), name).toBeLessThan(1e-4);
    }
  });

  const optimizers: [string, Optimizer, number][] = [
    ['adamw', adamW(), 0.005],
    ['sgd', sgd(), 0.2],
    ['adamw_wd01', adamW({ weightDecay: 0.1 }), 0.001],
  ];
  test.each(optimizers)('five steps of %s', async (name, optimizer, learningRate) => {
    const trainer = createTrainer(part('sd/'), { optimizer, threads: 1 });
    const losses: number[] = [];
    const compare = (key: string, tolerance: number) => {
      for (const [parameter, expected] of part(`${name}/${key}/`)) {
        if (parameter === 'norms') continue;
        const gradient = golden[`grad/${parameter}`];
        if (gradient && Math.max(...Array.from(gradient.data, Math.abs)) < noise) continue;
        expect(furthest(trainer.weights.get(parameter)!.data, expected.data), parameter).toBeLessThan(tolerance);
      }
    };
    for (let step = 1; step <= 5; step++) {
      losses.push((await trainer.step(batch, learningRate)).loss);
      if (step === 1) compare('step1', 1e-5);
      if (step === 3) compare('step3', 1e-4);
    }
    // Adam moves also the biases whose gradient is noise, by up to the learning rate a step, to either side; the mean of the
    // batch normalisation behind them moves along: 0.05 · (2 + 4 + 6 + 8) steps of each at most, and up to four of them add up.
    for (const [parameter, { data }] of part(`${name}/bn_after5/`)) {
      const ours = trainer.weights.get(parameter)!.data;
      const moved = parameter.endsWith('running_mean') && name !== 'sgd';
      if (moved) expect(furthest(ours, data)).toBeLessThan(4 * learningRate);
      else expect(relative(ours, data), parameter).toBeLessThan(1e-3);
    }
    expect(relative(losses, golden[`${name}/losses`]!.data)).toBeLessThan(1e-4);
    await trainer.release();
  });

  test('the loss at inference', async () => {
    const trainer = createTrainer(part('sd/'), { optimizer: sgd(), threads: 1 });
    const { loss, parts } = await trainer.evaluate(batch);
    expect(loss).toBeCloseTo(golden['eval_loss']!.data[0]!, 5);
    expect(Object.keys(parts)).toEqual(['flow', 'prob']);
    expect(parts['flow']! + parts['prob']!).toBeCloseTo(loss, 5);
    await trainer.release();
  });

  test('running statistics after one pass', async () => {
    const trainer = createTrainer(part('sd/'), { optimizer: sgd(), threads: 1 });
    await trainer.step(batch, 0);
    for (const [name, expected] of part('bn_after_forward/'))
      expect(relative(trainer.weights.get(name)!.data, expected.data), name).toBeLessThan(1e-5);
    for (const [name, expected] of part('sd/'))
      if (golden[`grad/${name}`]) expect(trainer.weights.get(name)!.data, name).toEqual(float32(expected).data);
    await trainer.release();
  });
});

describe('lr-schedule', () => {
  const file = goldenPath('lr-schedule.json')!;
  const schedules = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Runs>;
  interface Runs {
    readonly length: number;
    readonly runs: readonly (readonly [count: number, rate: number])[];
  }
  test.each(Object.entries(schedules))('%s', (key, { length, runs }) => {
    const [version, epochs] = key.split('/');
    const rates = learningRates(1, Number(epochs), version === '4' ? schedule4 : schedule3);
    expect(rates.length).toBe(length);
    const expected = runs.flatMap(([count, rate]) => new Array<number>(count).fill(rate));
    expect(relative(rates, expected)).toBeLessThan(1e-12);
  });
  test('nonsense is refused', () => {
    expect(() => learningRates(0, 10)).toThrow('learningRate: needs a number above 0');
    expect(() => learningRates(1, 2.5)).toThrow('epochs: needs a whole number');
  });
});
