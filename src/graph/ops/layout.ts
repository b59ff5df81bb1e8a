/** Same numbers, other arrangement. */
import { sizeOf } from '../../array/ndarray.ts';
import { ShapeError } from '../../errors.ts';
import { broadcast, type Operator, type Shape } from '../operator.ts';

/** The same elements in the same order under another shape. */
const Reshape: Operator<{ readonly shape: Shape }> = {
  shape([x], { shape }, where) {
    if (sizeOf(shape) !== sizeOf(x)) throw new ShapeError(where, `a shape of ${sizeOf(x)} elements`, shape);
    return shape;
  },
  onnx: ({ shape }) => ({ attributes: {}, constants: [{ int64: shape }] }),
  gradient: ({ g, inputs: [x], dy }) => [() => g.reshape(dy, x.shape)],
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
  gradient({ g, inputs, attributes: { axis }, dy }) {
    let end = 0;
    return inputs.map(({ shape }) => {
      const start = end;
      end += shape[axis];
      const stop = end;
      return () => g.slice(dy, [axis], [start], [stop]);
    });
  },
};

/** Axis i of the result is axis perm[i] of the input. */
const Transpose: Operator<{ readonly perm: readonly number[] }> = {
  shape([x], { perm }, where) {
    if (perm.length !== x.length || x.some((_, i) => !perm.includes(i)))
      throw new ShapeError(where, `an input of the axes ${perm.join(', ')}`, x);
    return perm.map((axis) => x[axis]);
  },
  gradient: ({ g, attributes: { perm }, dy }) => [
    () =>
      g.transpose(
        dy,
        perm.map((_, i) => perm.indexOf(i)),
      ),
  ],
};

export interface SliceAttributes {
  readonly axes: readonly number[];
  /** First element of each axis; negative counts from the end. */
  readonly starts: readonly number[];
  /** The one after the last; negative counts from the end, −(extent + 1) is the place before the first. */
  readonly ends: readonly number[];
  /** 1 forward, −1 backward. */
  readonly steps: readonly number[];
}

/** A part of the input; step −1 turns an axis round. */
const Slice: Operator<SliceAttributes> = {
  shape([x], { axes, starts, ends, steps }, where) {
    const shape = [...x];
    for (const [k, axis] of axes.entries()) {
      const at = (i: number) => (i < 0 ? i + x[axis] : i);
      const from = at(starts[k]);
      shape[axis] = (at(ends[k]) - from) * steps[k];
      const last = from + steps[k] * (shape[axis] - 1);
      if (!(shape[axis] >= 1 && from >= 0 && from < x[axis] && last >= 0 && last < x[axis]))
        throw new ShapeError(where, `an input with places ${starts[k]} to ${ends[k]} along axis ${axis}`, x);
    }
    return shape;
  },
  onnx: ({ axes, starts, ends, steps }) => ({
    attributes: {},
    constants: [starts, ends, axes, steps].map((int64) => ({ int64 })),
  }),
  /** Zeros around, for parts that run forward; a turned axis is turned back. */
  gradient({ g, inputs: [x], attributes: { axes, starts, steps }, dy }) {
    return [
      () => {
        const turned = axes.filter((_, k) => steps[k] < 0);
        const straight = turned.length > 0 ? g.flip(dy, turned) : dy;
        const before = x.shape.map((n, axis) => {
          const k = axes.indexOf(axis);
          if (k < 0) return 0;
          const from = starts[k] < 0 ? starts[k] + n : starts[k];
          return steps[k] > 0 ? from : from - dy.shape[axis] + 1;
        });
        const after = x.shape.map((n, axis) => n - before[axis] - dy.shape[axis]);
        return [...before, ...after].some((n) => n > 0) ? g.pad(straight, before, after) : straight;
      },
    ];
  },
};

/** Zeros around the input: `before` and `after` each axis. */
const Pad: Operator<{ readonly before: readonly number[]; readonly after: readonly number[] }> = {
  shape([x], { before, after }, where) {
    if (before.length !== x.length || after.length !== x.length)
      throw new ShapeError(where, `an input of ${before.length} axes`, x);
    return x.map((n, i) => before[i] + n + after[i]);
  },
  onnx: ({ before, after }) => ({ attributes: {}, constants: [{ int64: [...before, ...after] }] }),
  gradient: ({ g, inputs: [x], attributes: { before }, dy }) => [
    () =>
      g.slice(
        dy,
        [...before.keys()],
        before,
        x.shape.map((n, i) => before[i] + n),
      ),
  ],
};

/** Repeats along axes of extent 1 until the shape is reached. */
const Expand: Operator<{ readonly shape: Shape }> = {
  shape([x], { shape }, where) {
    if (broadcast(x, shape, where).join() !== shape.join())
      throw new ShapeError(where, `an input that stretches to (${shape.join(', ')})`, x);
    return shape;
  },
  onnx: ({ shape }) => ({ attributes: {}, constants: [{ int64: shape }] }),
};

export const layout = { Reshape, Concat, Transpose, Slice, Pad, Expand };
