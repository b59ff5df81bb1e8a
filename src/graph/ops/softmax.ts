/** From scores to the logarithms of shares. */
import { ShapeError } from '../../errors.ts';
import type { Operator } from '../operator.ts';

/**
 * y = x − ln Σ eˣ, the sum along an axis, without overflow. dx = dy − eʸ · Σ dy.
 */
const LogSoftmax: Operator<{ readonly axis: number }> = {
  shape([x], { axis }, where) {
    if (!(axis >= 0 && axis < x.length)) throw new ShapeError(where, `an input with axis ${axis}`, x);
    return x;
  },
  gradient: ({ g, output, attributes: { axis }, dy }) => [
    () => g.difference(dy, g.product(g.add('Exp', [output], {}), g.sumOver(dy, [axis], true))),
  ],
};

export const softmax = { LogSoftmax };
