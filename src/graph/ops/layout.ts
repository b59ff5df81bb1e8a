/** Same numbers, other arrangement. */
import { sizeOf } from '../../array/ndarray.ts';
import { ShapeError } from '../../errors.ts';
import type { Operator, Shape } from '../operator.ts';

/** The same elements in the same order under another shape. */
const Reshape: Operator<{ readonly shape: Shape }> = {
  shape([x], { shape }, where) {
    if (sizeOf(shape) !== sizeOf(x)) throw new ShapeError(where, `a shape of ${sizeOf(x)} elements`, shape);
    return shape;
  },
  onnx: ({ shape }) => ({ attributes: {}, constants: [{ int64: shape }] }),
};

/** Puts inputs one behind the other along an axis. */
const Concat: Operator<{ readonly axis: number }> = {
  shape(inputs, { axis }, where) {
    const [first, ...rest] = inputs as readonly [Shape, ...Shape[]];
    for (const s of rest)
      if (s.length !== first.length || s.some((n, i) => i !== axis && n !== first[i]))
        throw new ShapeError(where, `inputs that agree with (${first.join(', ')}) but for axis ${axis}`, s);
    return first.map((n, i) => (i === axis ? inputs.reduce((sum, s) => sum + s[axis], 0) : n));
  },
};

export const layout = { Reshape, Concat };
