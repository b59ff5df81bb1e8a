/** Sums and means over axes. */
import { sizeOf } from '../../array/ndarray.ts';
import { ShapeError } from '../../errors.ts';
import type { Value } from '../graph.ts';
import type { Backward, Operator, Shape } from '../operator.ts';

export interface ReduceAttributes {
  readonly axes: readonly number[];
  /** Keep reduced axes with extent 1. */
  readonly keepdims: boolean;
}

function reducedShape([x]: readonly Shape[], { axes, keepdims }: ReduceAttributes, where: string): Shape {
  for (const axis of axes)
    if (!(axis >= 0 && axis < x.length)) throw new ShapeError(where, `an input with axis ${axis}`, x);
  return keepdims ? x.map((n, i) => (axes.includes(i) ? 1 : n)) : x.filter((_, i) => !axes.includes(i));
}

/** dy for each element that went into the sum. */
function spread({ g, inputs: [x], attributes: { axes }, dy }: Backward<ReduceAttributes>): Value {
  const kept = x.shape.map((n, i) => (axes.includes(i) ? 1 : n));
  return g.add('Expand', [g.reshape(dy, kept)], { shape: x.shape });
}

const ReduceSum: Operator<ReduceAttributes> = {
  shape: reducedShape,
  onnx: ({ axes, keepdims }) => ({ attributes: { keepdims: Number(keepdims) }, constants: [{ int64: axes }] }),
  gradient: (node) => [() => spread(node)],
};

/** Differs from ReduceSum in ONNX's form: at opset 17 its axes are an attribute. */
const ReduceMean: Operator<ReduceAttributes> = {
  shape: reducedShape,
  onnx: ({ axes, keepdims }) => ({ attributes: { axes, keepdims: Number(keepdims) } }),
  gradient: (node) => {
    const { g, inputs, output, dy } = node;
    const share = g.scalar(sizeOf(output.shape) / sizeOf(inputs[0].shape));
    return [() => spread({ ...node, dy: g.product(dy, share) })];
  },
};

/** The smallest and the largest, without gradient: for looking at ranges. */
const extreme: Operator<ReduceAttributes> = { shape: reducedShape, onnx: ReduceMean.onnx! };

export const reduction = { ReduceSum, ReduceMean, ReduceMin: extreme, ReduceMax: extreme };
