/** Rewritten graphs against the graphs that they come from, in float64. */
import { expect, test } from 'vitest';
import type { FloatArray } from '../../array/ndarray.ts';
import { Graph } from '../graph.ts';
import { interpret } from '../interpret.ts';
import { splitUpsampledConv, splitUpsampledConvInGraph } from './splitUpsampledConv.ts';

let state = 11;
/** Multiples of 1/64 in [0, 1): their sums are exact in float32, so that nothing is rounded. */
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state >>> 26) / 64;
}

function array(...shape: number[]): FloatArray {
  const n = shape.reduce((product, extent) => product * extent, 1);
  return { data: Float32Array.from({ length: n }, random), shape };
}

function example(size: number, attributes = {}) {
  const g = new Graph();
  const x = g.input('x', [2, 3, 4, 5]);
  const weights = new Map([
    ['w', array(4, 3, size, size)],
    ['b', array(4)],
  ]);
  const y = g.conv(g.upsample(x), g.parameter('w', [4, 3, size, size]), g.parameter('b', [4]), attributes);
  g.output('y', g.relu(y));
  return { g, weights };
}

function ops({ nodes }: Graph): string {
  return nodes.map((n) => n.op).join(' ');
}

test('a 3 × 3 convolution after enlargement becomes four of 2 × 2, with the same result', () => {
  const { g, weights } = example(3);
  const lean = splitUpsampledConv(g, weights);
  const row = 'Conv Reshape Conv Reshape Concat Reshape';
  expect(ops(lean.graph)).toBe(`${row} ${row} Concat Reshape Relu`);
  const x = array(2, 3, 4, 5);
  const result = (graph: Graph, w: ReadonlyMap<string, FloatArray>) =>
    interpret(graph, new Map([...w, ['x', x]])).get('y');
  expect(result(lean.graph, lean.weights)).toEqual(result(g, weights));
});

test.each([
  ['1 × 1', example(1)],
  ['a stride', example(3, { strides: [2, 2] })],
  ['other pads', example(3, { pads: [0, 0, 0, 0] })],
])('a convolution with %s stays', (_, { g, weights }) => {
  expect(ops(splitUpsampledConv(g, weights).graph)).toBe('Resize Conv Relu');
});

test('a convolution without weights stays', () => {
  const { g } = example(3);
  expect(ops(splitUpsampledConv(g, new Map()).graph)).toBe('Resize Conv Relu');
});

test('for training the graph makes the small kernels from the whole one, with the same result', () => {
  const { g, weights } = example(3);
  const lean = splitUpsampledConvInGraph(g);
  expect(lean.parameters.map(({ name }) => name).toSorted()).toEqual(['b', 'w']);
  expect(lean.nodes.filter(({ op }) => op === 'Conv').map(({ inputs }) => inputs[1]!.shape.slice(2))).toEqual(
    Array(4).fill([2, 2]),
  );
  const feeds = new Map([...weights, ['x', array(2, 3, 4, 5)]] as const);
  expect(interpret(lean, feeds).get('y')).toEqual(interpret(g, feeds).get('y'));
});
