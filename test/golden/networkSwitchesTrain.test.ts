/**
 * Gradients of networks with other switches against PyTorch's (CPnet([2, 4, 6]) of Cellpose 2.2.3 in float64, statistics of the
 * batch, the loss of Cellpose; arrays stored as float32).
 */
import { expect, test } from 'vitest';
import type { FloatArray, NdArray } from '../../src/array/ndarray.ts';
import { interpret } from '../../src/graph/interpret.ts';
import { readCPnetState } from '../../src/nets/cpnetState.ts';
import { gradientName, trainingGraph } from '../../src/train/trainingGraph.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const golden = readNpz(goldenPath('network-switches-train.npz')!);

function part(prefix: string): Map<string, NdArray> {
  const entries = Object.entries(golden).filter(([name]) => name.startsWith(prefix));
  return new Map(entries.map(([name, array]) => [name.slice(prefix.length), array]));
}

/** Largest difference, relative to the largest entry. */
function worst(actual: NdArray, expected: NdArray): number {
  const largest = Math.max(...expected.data.map(Math.abs));
  return Math.max(...expected.data.map((e, i) => Math.abs(e - actual.data[i]))) / largest;
}

test.each([
  ['u', 'convolutions alone, concatenation, no style', false],
  ['r', 'residual steps, concatenation', true],
])('%s: %s', (name, _, styleOn) => {
  const { config, weights } = readCPnetState(part(`${name}/sd/`));
  const { graph, trained } = trainingGraph({ ...config, styleOn }, { batch: 3, ly: 16, lx: 20 });
  const data = ['x', 'lbl'].map((key) => [key, golden[`${name}/${key}`] as FloatArray] as const);
  const values = interpret(graph, new Map([...weights, ...data]));
  expect(values.get('loss')!.data[0]).toBeCloseTo(golden[`${name}/loss`].data[0], 10);
  const gradients = part(`${name}/grad/`);
  expect([...gradients.keys()].sort()).toEqual([...trained].sort());
  // Both are computed in float64, from weights rounded to float32; the golden's gradients are rounded once more. Some are
  // nothing but rounding: a bias before a batch's statistics, the map of a style that is switched off.
  for (const [parameter, expected] of gradients) {
    if (Math.max(...expected.data.map(Math.abs)) < 1e-9) continue;
    expect(worst(values.get(gradientName(parameter))!, expected), parameter).toBeLessThan(2e-6);
  }
});
