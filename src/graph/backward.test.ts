/** Gradients against finite differences in float64, operator by operator; and what cannot have one says so. */
import { describe, expect, it, test } from 'vitest';
import type { FloatArray } from '../array/ndarray.ts';
import { backward } from './backward.ts';
import { Graph, type Value } from './graph.ts';
import { interpret } from './interpret.ts';
import type { OpName } from './operators.ts';
import { operators } from './operators.ts';

let state = 11;
/** Reproducible numbers in [-1, 1). */
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 31 - 1;
}

function randomArray(shape: readonly number[]): FloatArray {
  return { data: Float32Array.from({ length: shape.reduce((n, s) => n * s, 1) }, random), shape };
}

type Parameter = (...shape: number[]) => Value;
type Case = readonly [title: string, op: OpName, build: (g: Graph, p: Parameter) => Value];

const positive = (g: Graph, x: Value) => g.sum(g.product(x, x), g.scalar(0.5));
/** Mean and biased variance per channel. */
function statistics(g: Graph, x: Value): [Value, Value] {
  const mean = g.meanOver(x, [0, 2, 3]);
  return [mean, g.difference(g.meanOver(g.product(x, x), [0, 2, 3]), g.product(mean, mean))];
}

const cases: Case[] = [
  ['convolution', 'Conv', (g, p) => g.conv(p(2, 3, 4, 5), p(2, 3, 3, 3), p(2))],
  ['convolution 1 × 1', 'Conv', (g, p) => g.conv(p(2, 3, 4, 2), p(4, 3, 1, 1), p(4))],
  ['convolution, uneven', 'Conv', (g, p) => g.conv(p(1, 2, 5, 4), p(2, 2, 3, 2), p(2), { pads: [0, 1, 2, 0] })],
  [
    'batch normalisation with stored statistics',
    'BatchNormalization',
    (g, p) => g.batchNorm(p(2, 3, 2, 2), p(3), p(3), ...fixed(g)),
  ],
  [
    'batch normalisation with its own statistics',
    'BatchNormalization',
    (g, p) => {
      const x = p(2, 3, 2, 4);
      return g.add('BatchNormalization', [x, p(3), p(3), ...statistics(g, x)], { epsilon: 0.1, ofInput: true });
    },
  ],
  ['ReLU', 'Relu', (g, p) => g.relu(p(3, 4))],
  ['square root', 'Sqrt', (g, p) => g.sqrt(positive(g, p(5)))],
  ['exponential', 'Exp', (g, p) => g.add('Exp', [p(5)], {})],
  ['logarithms of shares', 'LogSoftmax', (g, p) => g.add('LogSoftmax', [p(2, 3, 2)], { axis: 1 })],
  ['soft ReLU', 'Softplus', (g, p) => g.add('Softplus', [g.product(p(6), g.scalar(5))], {})],
  ['sum, stretched', 'Add', (g, p) => g.sum(p(2, 3, 4), p(3, 1))],
  ['sum with itself', 'Add', (g, p) => twice(p(3), (x) => g.sum(x, x))],
  ['difference, both stretched', 'Sub', (g, p) => g.difference(p(1, 3), p(2, 1))],
  ['product, stretched', 'Mul', (g, p) => g.product(p(2, 3), p(1))],
  ['product with itself', 'Mul', (g, p) => twice(p(4), (x) => g.product(x, x))],
  ['quotient', 'Div', (g, p) => g.quotient(p(2, 3), positive(g, p(3)))],
  ['largest of four', 'MaxPool', (g, p) => g.maxPool(p(2, 1, 4, 6))],
  ['mean of four', 'AveragePool', (g, p) => g.averagePool(p(2, 1, 4, 2))],
  ['enlargement', 'Resize', (g, p) => g.upsample(p(2, 2, 2, 3))],
  ['other enlargement', 'Resize', (g, p) => g.add('Resize', [p(2, 2, 2, 1)], { scales: [1, 3] })],
  ['linear', 'Gemm', (g, p) => g.linear(p(2, 3), p(4, 3), p(4))],
  ['matrix product', 'MatMul', (g, p) => g.matrixProduct(p(2, 3, 4), p(2, 4, 2))],
  ['matrix product, stretched', 'MatMul', (g, p) => g.matrixProduct(p(2, 3), p(3, 1, 3, 2))],
  ['sum over axes', 'ReduceSum', (g, p) => g.sumOver(p(2, 3, 4), [0, 2])],
  ['mean over axes, kept', 'ReduceMean', (g, p) => g.meanOver(p(2, 3, 4), [1], true)],
  ['another shape', 'Reshape', (g, p) => g.reshape(p(2, 6), [3, 4])],
  ['one behind the other', 'Concat', (g, p) => g.concat([p(2, 1), p(2, 3)], 1)],
  ['axes exchanged', 'Transpose', (g, p) => g.transpose(p(2, 3, 4), [2, 0, 1])],
  ['a part', 'Slice', (g, p) => g.slice(p(4, 5), [1, 0], [-3, 1], [-1, 3])],
  ['turned round', 'Slice', (g, p) => g.flip(p(3, 2, 2), [2, 0])],
  [
    'a part, turned round',
    'Slice',
    (g, p) => g.add('Slice', [p(2, 6)], { axes: [1], starts: [4], ends: [1], steps: [-1] }),
  ],
  ['zeros around', 'Pad', (g, p) => g.pad(p(2, 3), [1, 0], [0, 2])],
];

function twice(x: Value, f: (x: Value) => Value): Value {
  return f(x);
}

function fixed(g: Graph): [Value, Value] {
  const mean = { data: Float32Array.of(0.3, -0.2, 0.1), shape: [3] };
  const variance = { data: Float32Array.of(1, 0.25, 2), shape: [3] };
  return [g.constant('mean', mean), g.constant('var', variance)];
}

/** The sum of the result's elements, each with a weight of its own, so that every element's gradient counts. */
function weighed(g: Graph, y: Value): Value {
  const weights = g.constant('weights', randomArray(y.shape));
  return g.sumOver(g.product(y, weights), [...y.shape.keys()]);
}

test.each(cases)('%s', (_, op, build) => {
  const g = new Graph();
  const parameters: Value[] = [];
  const feeds = new Map<string, FloatArray>();
  const y = build(g, (...shape) => {
    const value = g.parameter(`p${parameters.length}`, shape);
    parameters.push(value);
    feeds.set(value.name, randomArray(shape));
    return value;
  });
  expect(g.nodes.map((n) => n.op)).toContain(op);
  const loss = weighed(g, y);
  g.output('loss', loss);
  const before = g.nodes.length;
  const forward = new Graph();
  Object.assign(forward, { nodes: g.nodes.slice(0, before), constants: new Map(g.constants), outputs: g.outputs });
  const gradients = backward(g, loss, parameters);
  const exact = interpret(g, feeds);
  const step = 2 ** -10;
  for (const parameter of parameters) {
    const gradient = exact.get(gradients.get(parameter)!.name)!;
    expect(gradient.shape).toEqual(parameter.shape);
    const { data } = feeds.get(parameter.name)!;
    for (let i = 0; i < data.length; i++) {
      const kept = data[i]!;
      const at = (v: number) => {
        data[i] = v;
        return interpret(forward, feeds).get('loss')!.data[0]!;
      };
      const difference = at(kept + step) - at(kept - step);
      const width = Math.fround(kept + step) - Math.fround(kept - step);
      data[i] = kept;
      // Central differences err by a sixth of the third derivative times step², some 1e-6.
      expect(gradient.data[i], `${parameter.name}[${i}]`).toBeCloseTo(difference / width, 4);
    }
  }
});

test('equally large pixels share the gradient of their square', () => {
  const g = new Graph();
  const x = g.parameter('x', [1, 1, 2, 6]);
  const loss = g.sumOver(g.maxPool(x), [0, 1, 2, 3]);
  const gradient = backward(g, loss, [x]).get(x)!;
  const data = Float32Array.of(3, 3, 0, 5, 1, 7, 3, 3, 5, 4, 2, 6);
  const values = interpret(g, new Map([['x', { data, shape: x.shape }]]));
  const quarters = values.get(gradient.name)!.data.map((share) => 4 * share);
  expect([...quarters]).toEqual([1, 1, 0, 2, 0, 4, 1, 1, 2, 0, 0, 0]);
});

test('every operator with a gradient has a case', () => {
  const differentiable = Object.entries(operators).flatMap(([name, { gradient }]) => (gradient ? [name] : []));
  expect(new Set(cases.map(([, op]) => op))).toEqual(new Set(differentiable));
});

describe('what has no gradient', () => {
  const x = (g: Graph) => g.parameter('x', [2, 2]);
  it('is refused by operator', () => {
    const g = new Graph();
    const p = x(g);
    const loss = g.sumOver(g.add('Sigmoid', [p], {}), [0, 1]);
    expect(() => backward(g, loss, [p])).toThrow("Sigmoid 'Sigmoid_0' has no gradient");
  });
  it('is refused for strides', () => {
    const g = new Graph();
    const w = g.parameter('w', [1, 1, 1, 1]);
    const y = g.conv(g.input('x', [1, 1, 4, 4]), w, g.parameter('b', [1]), { strides: [2, 2] });
    expect(() => backward(g, g.sumOver(y, [0, 1, 2, 3]), [w])).toThrow('strides 2,2');
  });
  it('is refused for several losses', () => {
    const g = new Graph();
    const p = x(g);
    expect(() => backward(g, g.relu(p), [p])).toThrow('one element');
  });
  it('is named where the loss does not depend on it', () => {
    const g = new Graph();
    const loss = g.sumOver(x(g), [0, 1]);
    expect(() => backward(g, loss, [g.parameter('other', [1])])).toThrow("does not depend on 'other'");
  });
  it('is refused for comparisons', () => {
    const g = new Graph();
    const p = x(g);
    const loss = g.sumOver(g.product(g.isGreater(p, g.scalar(0)), p), [0, 1]);
    const feeds = new Map([['x', { data: Float32Array.of(1, -2, 3, -4), shape: [2, 2] }]]);
    expect(() => backward(g, loss, [p])).toThrow('Greater');
    expect(interpret(g, feeds).get(loss.name)!.data[0]).toBe(4);
  });
});
