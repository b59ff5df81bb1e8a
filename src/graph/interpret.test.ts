/** The interpreter against ONNX Runtime, operator by operator, so that each vouches for the other and for the encoder. */

import { expect, test } from 'vitest';
import { createSession } from '#platform';
import type { FloatArray } from '../array/ndarray.ts';
import { Graph, type Value } from './graph.ts';
import { interpret } from './interpret.ts';
import { encodeOnnx } from './onnx/encode.ts';
import type { OpName } from './operators.ts';
import { operators } from './operators.ts';

let state = 7;
/** Reproducible numbers in [-1, 1). */
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 31 - 1;
}

function randomArray(shape: readonly number[], f = (v: number) => v): FloatArray {
  return { data: Float32Array.from({ length: shape.reduce((n, s) => n * s, 1) }, () => f(random())), shape };
}

const picture = [2, 4, 6, 10];
type Case = [title: string, op: OpName, build: (g: Graph, x: Value, p: (...shape: number[]) => Value) => Value];
const cases: Case[] = [
  ['convolution', 'Conv', (g, x, p) => g.conv(x, p(5, 4, 3, 3), p(5))],
  ['convolution 1 × 1', 'Conv', (g, x, p) => g.conv(x, p(3, 4, 1, 1), p(3))],
  [
    'convolution with uneven pads and strides, in two groups',
    'Conv',
    (g, x, p) => g.conv(x, p(6, 2, 3, 2), p(6), { pads: [0, 1, 2, 0], strides: [2, 3], group: 2 }),
  ],
  [
    'batch normalisation',
    'BatchNormalization',
    (g, x, p) => g.batchNorm(x, p(4), p(4), p(4), g.product(p(4), p(1)), 2),
  ],
  ['ReLU', 'Relu', (g, x) => g.relu(x)],
  ['square root', 'Sqrt', (g, x) => g.sqrt(g.product(x, x))],
  ['sum, a vector over channels', 'Add', (g, x, p) => g.sum(x, p(4, 1, 1))],
  ['difference, both stretched', 'Sub', (g, _, p) => g.difference(p(1, 4, 1), p(3, 1, 2))],
  ['product with a scalar', 'Mul', (g, x, p) => g.product(p(1), x)],
  ['quotient', 'Div', (g, x, p) => g.quotient(x, g.sum(g.product(p(10), p(10)), g.constant('one', ones)))],
  ['largest of four', 'MaxPool', (g, x) => g.maxPool(x)],
  ['mean of four', 'AveragePool', (g, x) => g.averagePool(x)],
  ['enlargement', 'Resize', (g, x) => g.upsample(x)],
  ['enlargement, other in y than in x', 'Resize', (g, x) => g.add('Resize', [x], { scales: [3, 4] })],
  ['linear', 'Gemm', (g, x, p) => g.linear(g.reshape(x, [8, 60]), p(7, 60), p(7))],
  ['sum over axes', 'ReduceSum', (g, x) => g.sumOver(x, [1, 3])],
  ['mean over axes, kept', 'ReduceMean', (g, x) => g.meanOver(x, [0, 2], true)],
  ['another shape', 'Reshape', (g, x) => g.reshape(x, [4, 120])],
  ['one behind the other', 'Concat', (g, x, p) => g.concat([x, p(2, 1, 6, 10), x], 1)],
  ['exponential', 'Exp', (g, x) => g.add('Exp', [x], {})],
  ['logarithms of shares', 'LogSoftmax', (g, x) => g.add('LogSoftmax', [g.product(x, g.scalar(9))], { axis: 1 })],
  ['soft ReLU', 'Softplus', (g, x) => g.add('Softplus', [g.product(x, g.scalar(20))], {})],
  ['logistic', 'Sigmoid', (g, x) => g.add('Sigmoid', [g.product(x, g.scalar(20))], {})],
  ['where greater', 'Greater', (g, x, p) => g.isGreater(x, p(10))],
  ['where equal', 'Equal', (g, x) => g.isEqual(x, g.upsample(g.maxPool(x)))],
  ['matrix product', 'MatMul', (g, x, p) => g.matrixProduct(x, p(4, 10, 3))],
  ['matrix product, one for all', 'MatMul', (g, x, p) => g.matrixProduct(p(5, 6), x)],
  ['axes exchanged', 'Transpose', (g, x) => g.transpose(x, [1, 3, 0, 2])],
  ['a part', 'Slice', (g, x) => g.slice(x, [1, 3], [1, -4], [3, -1])],
  ['turned round', 'Slice', (g, x) => g.flip(x, [2, 3])],
  ['zeros around', 'Pad', (g, x) => g.pad(x, [0, 1, 0, 2], [1, 0, 0, 3])],
  ['stretched', 'Expand', (g, _, p) => g.add('Expand', [p(4, 1, 3)], { shape: [2, 4, 5, 3] })],
  ['smallest over axes', 'ReduceMin', (g, x) => g.add('ReduceMin', [x], { axes: [1, 3], keepdims: false })],
  ['largest of all', 'ReduceMax', (g, x) => g.add('ReduceMax', [x], { axes: [0, 1, 2, 3], keepdims: false })],
  ['8 bits and back', 'QuantizeLinear', (g, x) => floats(g, bytes(g, g.product(x, g.scalar(3))))],
  ['back from 8 bits', 'DequantizeLinear', (g, x) => floats(g, bytes(g, x))],
  ['largest of four in 8 bits', 'NhwcMaxPool', (g, x) => floats(g, g.add('NhwcMaxPool', [bytes(g, x)], {}))],
  [
    'sum in 8 bits, a vector over channels',
    'QLinearAdd',
    (g, x, p) =>
      floats(
        g,
        g.add('QLinearAdd', [x, p(2, 1, 1, 10)].flatMap((v) => [bytes(g, v), ...units(g)]).concat(units(g)), {}),
      ),
  ],
  ['convolution in 8 bits', 'QLinearConv', (g, x) => floats(g, wholeConv(g, bytes(g, x), [5, 10, 3, 3], 1))],
  [
    'each channel by itself in 8 bits',
    'QLinearConv',
    (g, x) => floats(g, wholeConv(g, bytes(g, x), [10, 1, 1, 1], 10)),
  ],
  ['scale and shift per channel', 'Conv', (g, x, p) => g.affine(x, p(4), p(4))],
];

/** Powers of two, so that float32 divides by them exactly. */
function units(g: Graph): [Value, Value] {
  const known = (name: string, data: Float32Array | Uint8Array): Value =>
    [...g.constants.keys()].find((value) => value.name === name) ?? g.constant(name, { data, shape: [] });
  return [known('unit', Float32Array.of(1 / 128)), known('zero', Uint8Array.of(100))];
}

function bytes(g: Graph, x: Value): Value {
  return g.add('QuantizeLinear', [x, ...units(g)], {});
}

function floats(g: Graph, q: Value): Value {
  return g.add('DequantizeLinear', [q, ...units(g)], {});
}

/** Pads unequal, sums of odd numbers over 2⁵ and more, so that some are halfway between two bytes. */
function wholeConv(g: Graph, x: Value, shape: readonly number[], group: number): Value {
  const [outs] = shape;
  const kernel = Int8Array.from(randomArray(shape).data, (v) => Math.round(63 * v));
  const inputs = [
    ...units(g),
    g.constant('kernel', { data: kernel, shape }),
    g.constant('scales', { data: Float32Array.from({ length: outs! }, (_, o) => 2 ** -(o % 2) / 32), shape: [outs!] }),
    g.constant('zeros', { data: new Int8Array(outs!), shape: [outs!] }),
    ...units(g),
    g.constant('bias', { data: Int32Array.from({ length: outs! }, (_, o) => 17 * o - 9), shape: [outs!] }),
  ];
  const pads = shape[2] === 1 ? ([0, 0, 0, 0] as const) : ([1, 0, 1, 2] as const);
  return g.add('QLinearConv', [x, ...inputs], { pads, strides: [1, 1], group });
}

const ones = { data: Float32Array.of(1), shape: [1] };

test.each(cases)('%s', async (_, op, build) => {
  const g = new Graph();
  const feeds = new Map<string, FloatArray>();
  const x = g.input('x', picture);
  feeds.set('x', randomArray(picture));
  const result = build(g, x, (...shape) => {
    const value = g.parameter(`p${feeds.size}`, shape);
    feeds.set(value.name, randomArray(shape));
    return value;
  });
  g.output('y', result);
  expect(g.nodes.map((n) => n.op)).toContain(op);
  const exact = interpret(g, feeds).get('y')!;
  const session = await createSession(encodeOnnx(g, feeds), { threads: 1 });
  const { y } = await session.run({ x: feeds.get('x')! });
  await session.release();
  expect(exact.shape).toEqual(y.shape);
  // float32 against float64; sums of at most 60 terms of size 1.
  const worst = exact.data.reduce((m, v, i) => Math.max(m, Math.abs(v - y.data[i])), 0);
  expect(worst).toBeLessThan(4e-6);
});

test('every operator has a case', () => {
  expect(new Set(cases.map(([, op]) => op))).toEqual(new Set(Object.keys(operators)));
});

test('values between are there by name', () => {
  const g = new Graph();
  const x = g.input('x', [3]);
  const y = g.relu(x);
  g.output('twice', g.sum(y, y));
  const all = interpret(g, new Map([['x', { data: Float32Array.of(-1, 2, Number.NaN), shape: [3] }]]));
  expect(all.get(y.name)!.data).toEqual(Float64Array.of(0, 2, Number.NaN));
  expect(all.get('twice')!.data).toEqual(Float64Array.of(0, 4, Number.NaN));
});

test('a missing array is named', () => {
  const g = new Graph();
  g.output('y', g.relu(g.input('x', [1])));
  expect(() => interpret(g, new Map())).toThrow("needs an array for 'x'");
});
