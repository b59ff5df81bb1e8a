/** Rewritten graphs against the graphs that they come from, in float64. */
import { expect, test } from 'vitest';
import type { FloatArray } from '../../array/ndarray.ts';
import { Graph, type Value } from '../graph.ts';
import { interpret } from '../interpret.ts';
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
    const [a, b, c, d] = [0, 0, 0, 0].map(() => this.parameter(x.shape[1]));
    return this.g.batchNorm(x, a, b, c, d);
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
  const result = (g: Graph) => interpret(g, s.arrays).get('y');
  expect(result(late)).toEqual(result(s.g));
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

test.each([
  ['a 3 × 3 convolution', (s: Sketch) => s.conv(s.g.upsample(s.x), 3)],
  ['a sum of two maps', (s: Sketch) => s.g.sum(s.g.upsample(s.x), s.g.upsample(s.x))],
])('enlargement stays before %s', (_, build) => {
  const s = new Sketch();
  s.g.output('y', build(s));
  expect(ops(lateUpsampling(s.g))).toBe(ops(s.g));
});
