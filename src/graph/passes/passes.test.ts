/** Rewritten graphs against the graphs that they come from, in float64: what differs is the rounding of folded weights. */
import { expect, test } from 'vitest';
import type { FloatArray } from '../../array/ndarray.ts';
import { Graph, type Value } from '../graph.ts';
import { interpret } from '../interpret.ts';
import { foldBatchNorm } from './foldBatchNorm.ts';
import { lateUpsampling } from './lateUpsampling.ts';

let state = 3;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

/** A graph under construction that draws its own weights; variances, like all else, are positive. */
class Sketch {
  readonly g = new Graph();
  readonly arrays = new Map<string, FloatArray>();
  readonly x = this.g.input('x', [2, 3, 4, 6]);
  constructor() {
    this.#draw(this.x);
  }
  parameter(...shape: number[]): Value {
    return this.#draw(this.g.parameter(`p${this.arrays.size}`, shape));
  }
  norm(x: Value): Value {
    const [a, b, c, d] = [0, 0, 0, 0].map(() => this.parameter(x.shape[1]!));
    return this.g.batchNorm(x, a!, b!, c!, d!);
  }
  conv(x: Value, size: number): Value {
    return this.g.conv(x, this.parameter(3, 3, size, size), this.parameter(3));
  }
  #draw(value: Value): Value {
    const n = value.shape.reduce((product, extent) => product * extent, 1);
    this.arrays.set(value.name, { data: Float32Array.from({ length: n }, random), shape: value.shape });
    return value;
  }
}

function ops({ nodes }: Graph): string {
  return nodes.map((n) => n.op).join(' ');
}

/** Largest difference of 'y', relative to its largest value. */
function difference(a: Graph, b: Graph, arrays: ReadonlyMap<string, FloatArray>, other = arrays): number {
  const p = interpret(a, arrays).get('y')!.data;
  const q = interpret(b, new Map([...other, ['x', arrays.get('x')!]])).get('y')!.data;
  const largest = p.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  return p.reduce((m, v, i) => Math.max(m, Math.abs(v - q[i]!)), 0) / largest;
}

const style = (s: Sketch): Value =>
  s.g.reshape(s.g.linear(s.g.meanOver(s.x, [2, 3]), s.parameter(3, 3), s.parameter(3)), [2, 3, 1, 1]);

const foldable: [string, (s: Sketch) => Value, string][] = [
  ['before a 1 × 1 convolution', (s) => s.conv(s.norm(s.x), 1), 'Conv'],
  ['after a convolution', (s) => s.g.relu(s.norm(s.conv(s.x, 3))), 'Conv Relu'],
  ['after a sum with the style', (s) => s.norm(s.g.sum(s.conv(s.x, 3), style(s))), 'Conv ReduceMean Gemm Reshape Add'],
];

test.each(foldable)('batch normalisation %s is folded', (_, build, expected) => {
  const s = new Sketch();
  s.g.output('y', build(s));
  const folded = foldBatchNorm(s.g, s.arrays);
  expect(ops(folded.graph).split(' ').sort()).toEqual(expected.split(' ').sort());
  expect([...folded.weights.keys()]).toEqual(folded.graph.parameters.map((p) => p.name));
  // Folded weights are rounded to float32 once more.
  expect(difference(s.g, folded.graph, s.arrays, folded.weights as Map<string, FloatArray>)).toBeLessThan(3e-7);
});

const notFoldable: [string, (s: Sketch) => Value][] = [
  ['before a 3 × 3 convolution, whose border is zero after it', (s) => s.conv(s.norm(s.x), 3)],
  ['with ReLU between', (s) => s.conv(s.g.relu(s.norm(s.x)), 1)],
  [
    'after a convolution that is used elsewhere',
    (s) => {
      const c = s.conv(s.x, 3);
      return s.g.sum(c, s.norm(c));
    },
  ],
  ['after a sum of two maps', (s) => s.norm(s.g.sum(s.conv(s.x, 3), s.x))],
];

test.each(notFoldable)('batch normalisation %s stays', (_, build) => {
  const s = new Sketch();
  s.g.output('y', build(s));
  const folded = foldBatchNorm(s.g, s.arrays);
  expect(ops(folded.graph)).toBe(ops(s.g));
  expect(difference(s.g, folded.graph, s.arrays, folded.weights as Map<string, FloatArray>)).toBe(0);
});

test('enlargement moves behind all that looks at one pixel, on each of its ways', () => {
  const s = new Sketch();
  const up = s.g.upsample(s.x);
  s.g.output('y', s.g.sum(s.conv(s.norm(up), 1), s.conv(s.g.relu(s.norm(up)), 3)));
  const late = lateUpsampling(s.g);
  expect(ops(late)).toBe('BatchNormalization Conv Resize BatchNormalization Relu Resize Conv Add');
  expect(late.nodes.filter((n) => n.op === 'BatchNormalization').map((n) => n.output.shape)).toEqual([
    [2, 3, 4, 6],
    [2, 3, 4, 6],
  ]);
  expect(difference(s.g, late, s.arrays)).toBe(0);
});

test('what no output needs is left behind, inputs stay', () => {
  const s = new Sketch();
  s.conv(s.x, 3);
  s.g.output('y', s.g.relu(s.g.constant('c', { data: Float32Array.of(1), shape: [1] })));
  const late = lateUpsampling(s.g);
  expect(ops(late)).toBe('Relu');
  expect(late.inputs.map((v) => v.name)).toEqual(['x']);
  expect(late.parameters).toEqual([]);
});
