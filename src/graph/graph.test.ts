import { expect, test } from 'vitest';
import { isCellposeError } from '../errors.ts';
import { Graph } from './graph.ts';
import { printGraph } from './print.ts';

function picture(shape: readonly number[]) {
  const g = new Graph();
  return { g, x: g.input('x', shape) };
}

test('shapes follow from the inputs', () => {
  const { g, x } = picture([2, 3, 10, 7]);
  const w = g.parameter('w', [5, 3, 3, 3]);
  const b = g.parameter('b', [5]);
  expect(g.conv(x, w, b).shape).toEqual([2, 5, 10, 7]);
  expect(g.conv(x, w, b, { pads: [0, 0, 1, 0], strides: [2, 1] }).shape).toEqual([2, 5, 5, 5]);
  expect(g.maxPool(x).shape).toEqual([2, 3, 5, 3]);
  expect(g.averagePool(x).shape).toEqual([2, 3, 5, 3]);
  expect(g.upsample(x).shape).toEqual([2, 3, 20, 14]);
  expect(g.meanOver(x, [2, 3]).shape).toEqual([2, 3]);
  expect(g.sumOver(x, [1], true).shape).toEqual([2, 1, 10, 7]);
  expect(g.sum(x, g.parameter('row', [3, 1, 7])).shape).toEqual([2, 3, 10, 7]);
  expect(g.reshape(x, [2, 210]).shape).toEqual([2, 210]);
  expect(g.linear(g.reshape(x, [2, 210]), g.parameter('m', [4, 210]), g.parameter('c', [4])).shape).toEqual([2, 4]);
  expect(g.concat([x, x], 1).shape).toEqual([2, 6, 10, 7]);
});

const mistakes: [string, (g: Graph) => unknown, RegExp][] = [
  [
    'a kernel for other channels',
    (g) => g.conv(g.input('x', [1, 2, 8, 8]), g.parameter('w', [4, 3, 3, 3]), g.parameter('b', [4])),
    /^Conv 'Conv_0': needs a kernel for 2 input channels; got \(4, 3, 3, 3\)/,
  ],
  [
    'a bias of another length',
    (g) => g.conv(g.input('x', [1, 2, 8, 8]), g.parameter('w', [4, 2, 3, 3]), g.parameter('b', [3])),
    /bias \(4\); got \(3\)/,
  ],
  [
    'a picture without channels',
    (g) => g.conv(g.input('x', [8, 8]), g.parameter('w', [4, 2, 3, 3]), g.parameter('b', [4])),
    /\(batch, channel, y, x\)/,
  ],
  [
    'a picture smaller than its kernel',
    (g) =>
      g.conv(g.input('x', [1, 2, 2, 8]), g.parameter('w', [4, 2, 3, 3]), g.parameter('b', [4]), { pads: [0, 0, 0, 0] }),
    /no smaller than its kernel/,
  ],
  [
    'shapes that do not broadcast',
    (g) => g.sum(g.input('x', [2, 3]), g.input('y', [2, 4])),
    /broadcasts with \(2, 3\)/,
  ],
  ['statistics of another length', (g) => normalised(g, [1, 3, 2, 2], 4), /γ, β, mean and var \(3\); got \(4\)/],
  ['one row of pixels', (g) => g.maxPool(g.input('x', [1, 1, 1, 4])), /at least 2 × 2 pixels/],
  ['an axis that is not there', (g) => g.sumOver(g.input('x', [2, 3]), [2]), /axis 2/],
  ['another number of elements', (g) => g.reshape(g.input('x', [2, 3]), [7]), /6 elements/],
  [
    'a matrix for other inputs',
    (g) => g.linear(g.input('x', [2, 3]), g.parameter('w', [5, 4]), g.parameter('b', [5])),
    /\(out, 3\)/,
  ],
  ['inputs that cannot be joined', (g) => g.concat([g.input('x', [2, 3]), g.input('y', [3, 3])], 1), /but for axis 1/],
];

function normalised(g: Graph, shape: readonly number[], channels: number) {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => g.parameter(name, [channels]));
  return g.batchNorm(g.input('x', shape), a, b, c, d);
}

test.each(mistakes)('%s: a ShapeError that says so', (_, build, message) => {
  let error: unknown;
  try {
    build(new Graph());
  } catch (caught) {
    error = caught;
  }
  expect(isCellposeError(error, 'shape')).toBe(true);
  expect((error as Error).message).toMatch(message);
});

test('a name is given once', () => {
  const { g } = picture([1]);
  expect(() => g.parameter('x', [1])).toThrow(/'x' is taken/);
});

test('a graph prints as a listing', () => {
  const { g, x } = picture([1, 2, 8, 8]);
  const t = g.relu(g.conv(x, g.parameter('w', [4, 2, 3, 3]), g.parameter('b', [4])));
  g.output('y', g.meanOver(t, [2, 3]));
  expect(printGraph(g)).toBe(`input x (1, 2, 8, 8)
Conv_0 (1, 4, 8, 8) = Conv(x, w, b) pads [1, 1, 1, 1] strides [1, 1] group 1
Relu_1 (1, 4, 8, 8) = Relu(Conv_0)
ReduceMean_2 (1, 4) = ReduceMean(Relu_1) axes [2, 3] keepdims false
output y = ReduceMean_2
`);
});
