/** The encoder against an independent decoder: protobufjs with the schema of ONNX. */
import { onnx } from 'onnx-proto';
import { describe, expect, test } from 'vitest';
import { Graph } from '../graph.ts';
import { encodeOnnx } from './encode.ts';
import { Message } from './wire.ts';

/** A convolution, a normalisation, an enlargement and a reduction; only some parameters have weights. */
function example() {
  const g = new Graph();
  const x = g.input('x', [1, 2, 4, 6]);
  const c = g.conv(x, g.parameter('w', [3, 2, 1, 1]), g.parameter('b', [3]), { strides: [2, 1] });
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'mean', 'var'].map((name) => g.parameter(name, [3]));
  const n = g.batchNorm(c, gamma, beta, mean, variance, 0.25);
  const up = g.upsample(g.upsample(n));
  g.output('total', g.sumOver(g.product(up, g.constant('half', { data: Float32Array.of(0.5), shape: [1] })), [1, 3]));
  const three = (v: number) => ({ data: new Float32Array(3).fill(v), shape: [3] });
  const w = { data: Float32Array.of(1, -2, 3.5, 4, 5, 6e-20), shape: [3, 2, 1, 1] };
  const weights = new Map([['w', w], ...['gamma', 'beta', 'mean', 'var'].map((k, i) => [k, three(i)] as const)]);
  return { g, weights };
}

describe('an independent decoder reads', () => {
  const { g, weights } = example();
  const model = onnx.ModelProto.decode(encodeOnnx(g, weights));
  const graph = model.graph!;
  const node = (op: string) => graph.node!.find((n) => n.opType === op)!;
  const attributes = (op: string) =>
    Object.fromEntries(
      node(op).attribute!.map((a) => {
        const { INT, FLOAT, STRING } = onnx.AttributeProto.AttributeType;
        if (a.type === INT) return [a.name, Number(a.i)];
        if (a.type === FLOAT) return [a.name, a.f];
        if (a.type === STRING) return [a.name, new TextDecoder().decode(a.s!)];
        return [a.name, a.ints!.map(Number)];
      }),
    );

  test('the header', () => {
    expect(Number(model.irVersion)).toBe(8);
    expect(model.opsetImport.map((o) => [o.domain, Number(o.version)])).toEqual([['', 17]]);
    expect(onnx.ModelProto.verify(model)).toBeNull();
  });

  test('nodes in order, with names and attributes', () => {
    expect(graph.node!.map((n) => n.opType)).toEqual([
      ...['Conv', 'BatchNormalization', 'Resize', 'Resize', 'Mul', 'ReduceSum', 'Identity'],
    ]);
    expect(node('Conv').input).toEqual(['x', 'w', 'b']);
    expect(attributes('Conv')).toEqual({ pads: [0, 0, 0, 0], strides: [2, 1], group: 1 });
    expect(attributes('BatchNormalization')).toEqual({ epsilon: 0.25 });
    expect(attributes('Resize')['mode']).toBe('nearest');
    expect(node('Resize').input).toEqual(['BatchNormalization_1', '', 'float32 1 1 2 2']);
    expect(attributes('ReduceSum')).toEqual({ keepdims: 0 });
    expect(node('Identity').output).toEqual(['total']);
  });

  test('weights as constants, the rest as inputs', () => {
    const shapeOf = (v: onnx.IValueInfoProto) => v.type!.tensorType!.shape!.dim!.map((d) => Number(d.dimValue));
    expect(graph.input!.map((v) => [v.name, shapeOf(v)])).toEqual([
      ['x', [1, 2, 4, 6]],
      ['b', [3]],
    ]);
    expect(graph.output!.map((v) => [v.name, shapeOf(v)])).toEqual([['total', [1, 8]]]);
    const initializers = new Map(graph.initializer!.map((t) => [t.name!, t]));
    const floats = (name: string) => Array.from(new Float32Array(initializers.get(name)!.rawData!.slice().buffer));
    expect(floats('w')).toEqual(Array.from(weights.get('w')!.data));
    expect(initializers.get('w')!.dims!.map(Number)).toEqual([3, 2, 1, 1]);
    expect(floats('half')).toEqual([0.5]);
    expect(floats('float32 1 1 2 2')).toEqual([1, 1, 2, 2]);
    expect(graph.initializer!.filter((t) => t.name === 'float32 1 1 2 2')).toHaveLength(1);
    const axes = initializers.get('int64 1 3')!;
    expect(axes.dataType).toBe(onnx.TensorProto.DataType.INT64);
    expect(Array.from(new BigInt64Array(axes.rawData!.slice().buffer))).toEqual([1n, 3n]);
  });
});

test('numbers beyond 7, 32 and 53 bits, and negative ones, survive', () => {
  const values = [0, 1, 127, 128, 300, 2 ** 31, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER, -1, -300];
  const tensor = onnx.TensorProto.decode(new Message().ints(1, values).finish());
  expect(tensor.dims.map(Number)).toEqual(values);
});

test('weights of another shape are refused by name', () => {
  const { g, weights } = example();
  const wrong = new Map(weights).set('w', { data: new Float32Array(6), shape: [2, 3, 1, 1] });
  expect(() => encodeOnnx(g, wrong)).toThrow("'w': needs weights (3, 2, 1, 1); got (2, 3, 1, 1)");
});

test('a graph without output is refused', () => {
  expect(() => encodeOnnx(new Graph(), new Map())).toThrow(/needs an output/);
});
