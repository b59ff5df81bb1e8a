/** Sums and means over axes. */
import { ShapeError } from '../../errors.ts';
import type { Operator, Shape } from '../operator.ts';

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

const ReduceSum: Operator<ReduceAttributes> = {
  shape: reducedShape,
  onnx: ({ axes, keepdims }) => ({ attributes: { keepdims: Number(keepdims) }, constants: [{ int64: axes }] }),
};

/** Differs from ReduceSum in ONNX's form: at opset 17 its axes are an attribute. */
const ReduceMean: Operator<ReduceAttributes> = {
  shape: reducedShape,
  onnx: ({ axes, keepdims }) => ({ attributes: { axes, keepdims: Number(keepdims) } }),
};

export const reduction = { ReduceSum, ReduceMean };
