/** Quantised graphs against the graphs that they come from, in float64 and at ONNX Runtime. */
import { describe, expect, test } from 'vitest';
import { createSession } from '#platform';
import { randomNumbers } from '../../../test/helpers/randomStateDict.ts';
import type { FloatArray } from '../../array/ndarray.ts';
import { isCellposeError } from '../../errors.ts';
import { Graph, type Value } from '../graph.ts';
import { interpret } from '../interpret.ts';
import { encodeOnnx } from '../onnx/encode.ts';
import { quantize, type Ranges, valuesToCalibrate } from './quantize.ts';
import { quantizationOf, quantizeKernel } from './quantizeWeights.ts';

/** A graph under construction that draws its own weights; scales and variances are positive. */
class Sketch {
  readonly g = new Graph();
  readonly weights = new Map<string, FloatArray>();
  readonly #random = randomNumbers(3);
  readonly input: FloatArray;
  readonly x: Value;
  constructor(shape: readonly number[]) {
    this.x = this.g.input('x', shape);
    this.input = this.#draw(shape, 2);
  }
  parameter(shape: readonly number[], spread: number, lowest = -spread / 2): Value {
    const name = `p${this.weights.size}`;
    this.weights.set(name, this.#draw(shape, spread, lowest));
    return this.g.parameter(name, shape);
  }
  norm(x: Value): Value {
    const channels = [x.shape[1]!];
    const [a, b, c, d] = [0.5, -0.5, -0.5, 0.5].map((lowest) => this.parameter(channels, 1, lowest)) as [
      Value,
      Value,
      Value,
      Value,
    ];
    return this.g.batchNorm(x, a, b, c, d);
  }
  conv(x: Value, outs: number, size: number): Value {
    const ins = x.shape[1]!;
    return this.g.conv(
      x,
      this.parameter([outs, ins, size, size], Math.sqrt(12 / (ins * size * size))),
      this.parameter([outs], 1),
    );
  }
  /** Of all that is held in 8 bits, over the input of the sketch. */
  ranges(): Ranges {
    const values = interpret(this.g, this.feeds());
    return Object.fromEntries(
      valuesToCalibrate(this.g, this.weights).map(({ name }) => {
        const { data } = values.get(name)!;
        return [name, [Math.min(...data), Math.max(...data)] as const];
      }),
    );
  }
  feeds(weights: ReadonlyMap<string, FloatArray> = this.weights): Map<string, FloatArray> {
    return new Map([...weights, ['x', this.input]]);
  }
  #draw(shape: readonly number[], spread: number, lowest = -spread / 2): FloatArray {
    const length = shape.reduce((product, extent) => product * extent, 1);
    return { data: Float32Array.from({ length }, () => lowest + spread * this.#random()), shape };
  }
}

const ops = ({ nodes }: Graph) => nodes.map(({ op }) => op).filter((op) => op !== 'Reshape');
const spread = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0));

/** All that CPnet has, in small: two levels, a residual sum, style, and an end in floats. */
function smallNet(): Sketch {
  const s = new Sketch([1, 2, 8, 12]);
  const { g } = s;
  const a = g.relu(s.conv(s.x, 8, 3));
  const left = g.sum(s.conv(s.x, 8, 1), s.conv(a, 8, 3));
  const down = g.relu(s.norm(g.maxPool(left)));
  const deep = s.conv(down, 16, 3);
  const style = g.meanOver(deep, [2, 3]);
  const feature = g.linear(style, s.parameter([16, 16], 1), s.parameter([16], 1));
  const up = g.relu(g.sum(deep, g.reshape(feature, [1, 16, 1, 1])));
  const joined = g.sum(g.upsample(s.conv(up, 8, 1)), s.conv(g.upsample(up), 8, 3));
  g.output('y', s.conv(g.relu(s.norm(g.sum(joined, left))), 3, 1));
  g.output('style', style);
  return s;
}

describe('a small network', () => {
  const s = smallNet();
  const exact = interpret(s.g, s.feeds());

  test.each([
    [8, false],
    [7, false],
    [8, true],
  ] as const)(
    'comes to nearly the same with %i-bit weights, normalisations in floats: %s; at the runtime as by the formulas',
    async (weightBits, normsInFloats) => {
      const { graph, weights } = quantize(s.g, s.weights, s.ranges(), { weightBits, normsInFloats });
      const formulas = interpret(graph, s.feeds(weights));
      const session = await createSession(encodeOnnx(graph, weights), { threads: 1 });
      const runtime = await session.run({ x: s.input });
      await session.release();
      for (const name of ['y', 'style']) {
        const [want, got, ran] = [exact.get(name)!, formulas.get(name)!, runtime[name]!];
        expect(ran.shape).toEqual(want.shape);
        // Rounding to 256 steps, ten times one after the other.
        expect(spread(want.data.map((v, i) => v - got.data[i]!)) / spread(want.data)).toBeLessThan(0.05);
        // Float32 tips single numbers to the neighbouring step.
        expect(spread(got.data.map((v, i) => v - ran.data[i]!)) / spread(got.data)).toBeLessThan(0.01);
      }
    },
  );

  test('is computed in whole numbers but for its beginning, style and end', () => {
    const { graph } = quantize(s.g, s.weights, s.ranges(), { weightBits: 8 });
    const count = (op: string) => ops(graph).filter((name) => name === op).length;
    // Inside: three convolutions, one normalisation, and four parts of the one that follows enlargement.
    expect([count('QLinearConv'), count('QLinearAdd'), count('NhwcMaxPool')]).toEqual([8, 3, 1]);
    expect([count('Conv'), count('Relu'), count('Gemm'), count('MatMul'), count('Add')]).toEqual([2, 2, 1, 1, 3]);
    expect(count('BatchNormalization') + count('Resize') + count('MaxPool')).toBe(0);
  });

  test('normalises in floats where that is asked for', () => {
    const { graph } = quantize(s.g, s.weights, s.ranges(), { weightBits: 8, normsInFloats: true });
    expect(ops(graph).filter((name) => name === 'QLinearConv')).toHaveLength(7);
    expect(ops(graph).join(' ')).toContain('NhwcMaxPool DequantizeLinear Mul Add QuantizeLinear');
  });

  test.each([
    ['missing', undefined, /got none/],
    ['of one number', [1], /got 1:/],
    ['not a number', [0, Number.NaN], /got 0 to NaN/],
    ['infinite', [Number.NEGATIVE_INFINITY, 0], /-Infinity/],
    ['upside down', [2, 1], /got 2 to 1/],
  ])('refuses a range that is %s, and names the value', (_, range, message) => {
    const ranges = s.ranges();
    const [name] = Object.keys(ranges);
    let error: unknown;
    try {
      quantize(s.g, s.weights, { ...ranges, [name!]: range as unknown as [number, number] }, { weightBits: 8 });
    } catch (caught) {
      error = caught;
    }
    expect(isCellposeError(error, 'option')).toBe(true);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain(`'${name}'`);
  });
});

test('what it does not know stays in floats between 8-bit numbers', () => {
  const s = new Sketch([1, 8, 4, 4]);
  const a = s.conv(s.x, 8, 3);
  const joined = s.g.concat([s.g.averagePool(a), s.g.averagePool(s.g.relu(a))], 1);
  s.g.output('y', s.g.relu(s.conv(joined, 8, 3)));
  const { graph, weights } = quantize(s.g, s.weights, s.ranges(), { weightBits: 8 });
  expect(ops(graph)).toEqual(expect.arrayContaining(['AveragePool', 'Concat', 'QLinearConv']));
  const [want, got] = [interpret(s.g, s.feeds()), interpret(graph, s.feeds(weights))].map((all) => all.get('y')!.data);
  expect(spread(want!.map((v, i) => v - got![i]!)) / spread(want!)).toBeLessThan(0.03);
});

test('ranges hold 0 exactly', () => {
  expect(quantizationOf([-1, 1.55])).toEqual({ scale: Math.fround(0.01), zero: 100 });
  expect(quantizationOf([1, 5.1])).toEqual({ scale: Math.fround(0.02), zero: 0 });
  expect(quantizationOf([-2.55, -1])).toEqual({ scale: Math.fround(0.01), zero: 255 });
  expect(quantizationOf([0, 0])).toEqual({ scale: 1, zero: 0 });
});

test('weights fill their bits channel by channel; biases fit into 32 bits whatever the weights are', () => {
  const kernel = { data: Float32Array.of(0.4, -1, 1e-30, 0, 0, 0), shape: [3, 2, 1, 1] };
  const { kernel: whole, scales, bias } = quantizeKernel(kernel, [0.5, 1000, 0], 0.1, 63);
  expect(whole).toEqual({ data: Int8Array.of(25, -63, 0, 0, 0, 0), shape: kernel.shape });
  expect([...bias.data].map((b, o) => b * scales.data[o]! * 0.1)).toEqual([
    expect.closeTo(0.5, 3),
    expect.closeTo(1000, 3),
    0,
  ]);
});
