/** Enlargement of pictures (batch, y, x, channel) by joining and renaming axes: that moves bytes as fast as memory can. */
import type { Graph, Value } from '../graph.ts';

/** Each pixel becomes a square of 2 × 2 equal ones. */
export function enlarged(g: Graph, x: Value): Value {
  return interleaved(g, [x, x, x, x]);
}

/**
 * Four pictures as one of twice the size.
 *
 * @param parts  pixels of even rows and even columns, even rows and odd columns, odd and even, odd and odd.
 */
export function interleaved(g: Graph, parts: readonly [Value, Value, Value, Value]): Value {
  const [batch, ly, lx, channels] = parts[0].shape;
  const [evens, odds] = [parts.slice(0, 2), parts.slice(2)].map((columns) => {
    const flat = columns.map((part) => g.reshape(part, [batch * ly * lx, channels]));
    return g.reshape(g.concat(flat, 1), [batch * ly, 2 * lx * channels]);
  });
  return g.reshape(g.concat([evens, odds], 1), [batch, 2 * ly, 2 * lx, channels]);
}
