/** Networks with batch normalisation folded into weights against the same without, in float64. */
import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../../../test/helpers/randomStateDict.ts';
import type { FloatArray } from '../../array/ndarray.ts';
import { type CPnetConfig, cpnet } from '../../nets/cpnet.ts';
import { Graph, type Value } from '../graph.ts';
import { interpret } from '../interpret.ts';
import { foldBatchNorm } from './foldBatchNorm.ts';
import { lateUpsampling } from './lateUpsampling.ts';

const random = randomNumbers(17);

function array(shape: readonly number[]): FloatArray {
  const n = shape.reduce((product, extent) => product * extent, 1);
  return { data: Float32Array.from({ length: n }, () => random() + 0.1), shape };
}

function draw(graph: Graph): Map<string, FloatArray> {
  return new Map([...graph.inputs, ...graph.parameters].map((value) => [value.name, array(value.shape)]));
}

/** Largest difference of the folded graph's outputs, relative to the output. */
function worst(graph: Graph, weights: ReadonlyMap<string, FloatArray>): number {
  const lean = foldBatchNorm(graph, weights);
  const [a, b] = [interpret(graph, weights), interpret(lean.graph, lean.weights)];
  const differences = [...graph.outputs.keys()].flatMap((name) =>
    Array.from(a.get(name)!.data, (v, i) => Math.abs(v - b.get(name)!.data[i]) / Math.abs(v)),
  );
  return Math.max(...differences);
}

function norms(graph: Graph): number {
  return graph.nodes.filter((node) => node.op === 'BatchNormalization').length;
}

// New weights are rounded to float32, 6e-8 each, and nothing else is.
const ROUNDING = 1e-6;

describe('whole networks change by rounding only', () => {
  const nbase = [2, 3, 4, 5];
  const cases: [string, CPnetConfig, number, number][] = [
    // Two on each level stay on the way down and three up, and one before the output.
    ['CPnet', { nbase, nout: 3 }, 31, 16],
    ['without style', { nbase, nout: 3, styleOn: false }, 31, 16],
    ['concatenation', { nbase, nout: 3, concatenation: true }, 31, 16],
    ['convolutions alone', { nbase, nout: 2, residualOn: false }, 13, 9],
    ['U-net', { nbase, nout: 3, residualOn: false, styleOn: false, concatenation: true }, 13, 9],
  ];
  test.each(cases)('%s', (_, config, before, after) => {
    const graph = cpnet(config, { batch: 2, ly: 8, lx: 4 });
    const weights = draw(graph);
    expect(norms(graph)).toBe(before);
    expect(norms(foldBatchNorm(graph, weights).graph)).toBe(after);
    expect(worst(graph, weights)).toBeLessThan(ROUNDING);
    expect(worst(lateUpsampling(graph), weights)).toBeLessThan(ROUNDING);
  });
});

describe('what stays', () => {
  const norm = (g: Graph, x: Value) => {
    const [gamma, beta, mean, variance] = [0, 1, 2, 3].map((i) => g.parameter(`n${i}`, [3]));
    return g.batchNorm(x, gamma, beta, mean, variance);
  };
  const conv3x3 = (g: Graph, x: Value) => g.conv(x, g.parameter('w', [3, 3, 3, 3]), g.parameter('b', [3]));
  const cases: [string, (g: Graph) => void][] = [
    ['before a convolution with pads', (g) => g.output('y', conv3x3(g, norm(g, g.input('x', [1, 3, 4, 4]))))],
    [
      'after a convolution that others see',
      (g) => {
        const x = conv3x3(g, g.input('x', [1, 3, 4, 4]));
        g.output('y', g.sum(norm(g, x), x));
      },
    ],
    [
      'after a convolution that is a result',
      (g) => {
        const x = conv3x3(g, g.input('x', [1, 3, 4, 4]));
        g.output('x conv', x);
        g.output('y', norm(g, x));
      },
    ],
  ];
  test.each(cases)('a normalisation %s', (_, build) => {
    const graph = new Graph();
    build(graph);
    const weights = draw(graph);
    expect(norms(foldBatchNorm(graph, weights).graph)).toBe(1);
    expect(worst(graph, weights)).toBe(0);
  });

  test('all, where weights are inputs, as in training', () => {
    const graph = cpnet({ nbase: [2, 3], nout: 3 }, { batch: 1, ly: 4, lx: 4 });
    expect(norms(foldBatchNorm(graph, new Map()).graph)).toBe(norms(graph));
  });
});
