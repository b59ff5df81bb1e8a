/** CPnet with its style as maps against CPnet, in float64. */
import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../../../test/helpers/randomStateDict.ts';
import type { FloatArray } from '../../array/ndarray.ts';
import { type CPnetConfig, cpnet } from '../../nets/cpnet.ts';
import { Graph } from '../graph.ts';
import { interpret } from '../interpret.ts';
import { styleAsMaps } from './styleAsMaps.ts';

const random = randomNumbers(23);

function draw(graph: Graph): Map<string, FloatArray> {
  const array = (shape: readonly number[]): FloatArray => {
    const n = shape.reduce((product, extent) => product * extent, 1);
    return { data: Float32Array.from({ length: n }, () => random() + 0.1), shape };
  };
  return new Map([...graph.inputs, ...graph.parameters].map(({ name, shape }) => [name, array(shape)]));
}

/** Normalisations of a sum with a single pixel: ops that ONNX Runtime would unpack maps for. */
function sumsWithPixels({ nodes }: Graph): number {
  return nodes.filter(
    ({ op, inputs }) => op === 'Add' && inputs.some(({ shape }) => shape.length === 4 && shape[2] === 1),
  ).length;
}

const nbase = [2, 3, 4, 5];
// Three sums with the style a level; one where levels are two convolutions.
const cases: [string, CPnetConfig, number][] = [
  ['CPnet', { nbase, nout: 3 }, 9],
  ['without style', { nbase, nout: 3, styleOn: false }, 9],
  ['concatenation', { nbase, nout: 3, concatenation: true }, 9],
  ['convolutions alone', { nbase, nout: 2, residualOn: false }, 3],
];
test.each(cases)('%s changes by rounding only', (_, config, sums) => {
  const graph = cpnet(config, { batch: 2, ly: 8, lx: 12 });
  const weights = draw(graph);
  const lean = styleAsMaps(graph, weights);
  expect(sumsWithPixels(graph)).toBe(sums);
  expect(sumsWithPixels(lean.graph)).toBe(0);
  const [before, after] = [interpret(graph, weights), interpret(lean.graph, lean.weights)];
  for (const name of graph.outputs.keys()) {
    const [a, b] = [before.get(name)!.data, after.get(name)!.data];
    for (const [i, v] of a.entries()) expect(Math.abs(b[i] - v) / Math.abs(v)).toBeLessThan(1e-6);
  }
});

describe('what stays', () => {
  test('a normalisation without arrays', () => {
    const graph = cpnet({ nbase, nout: 3 }, { batch: 1, ly: 8, lx: 8 });
    expect(sumsWithPixels(styleAsMaps(graph, new Map()).graph)).toBe(9);
  });

  test('a sum that others see is kept for them', () => {
    const g = new Graph();
    const sum = g.sum(g.input('x', [1, 2, 3, 3]), g.input('style', [1, 2, 1, 1]));
    const [gamma, beta, mean, variance] = [0, 1, 2, 3].map((i) => g.parameter(`n${i}`, [2]));
    g.output('normal', g.batchNorm(sum, gamma, beta, mean, variance));
    g.output('sum', sum);
    const lean = styleAsMaps(g, draw(g)).graph;
    expect(lean.nodes.map(({ op }) => op)).toEqual(['Add', 'BatchNormalization']);
  });
});
