/** The way back from broadcasting. */
import type { Graph, Value } from '../graph.ts';
import type { Shape } from '../operator.ts';

/** Sums a gradient over the copies that broadcasting made of an input of this shape. */
export function sumTo(g: Graph, value: Value, shape: Shape): Value {
  const extra = value.shape.length - shape.length;
  const axes = value.shape.flatMap((n, i) => (i < extra || (n !== 1 && shape[i - extra] === 1) ? [i] : []));
  return axes.length === 0 ? value : g.reshape(g.sumOver(value, axes), shape);
}
