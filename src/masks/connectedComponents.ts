/** Parts of a picture or volume that hang together over shared sides. Source: the role of scipy's `ndimage.label`. */
import { type Masks, sizeOf } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';

/** First place and the one after the last, per axis z, y, x; a picture has one plane. */
export interface ComponentBox {
  readonly from: readonly [number, number, number];
  readonly to: readonly [number, number, number];
}

export interface Components {
  /** Of the given shape: 0 where `inside` is 0, else 1 … n in the order in which the parts are met row by row. */
  readonly labels: Masks;
  /** Box of label k at k − 1. */
  readonly boxes: readonly ComponentBox[];
}

/**
 * Numbers the connected parts of what is inside. Corners and edges do not connect.
 *
 * @param inside  0 outside, other values inside, in C order.
 * @param shape   ([lz,] ly, lx).
 * @throws ShapeError if there are not as many values as the shape says, or for another rank.
 */
export function connectedComponents(inside: Uint8Array, shape: readonly number[]): Components {
  if ((shape.length !== 2 && shape.length !== 3) || sizeOf(shape) !== inside.length)
    throw new ShapeError('connectedComponents', `([lz,] ly, lx) of ${inside.length} values`, shape);
  const labels = new Int32Array(inside.length);
  const boxes: ComponentBox[] = [];
  for (let i = 0; i < inside.length; i++)
    if (inside[i] && labels[i] === 0) boxes.push(fill(inside, labels, i, { shape, label: boxes.length + 1 }));
  return { labels: { data: labels, shape }, boxes };
}

interface Part {
  readonly shape: readonly number[];
  readonly label: number;
}

/** Gives the label to all that hangs together with place `start`. */
function fill(inside: Uint8Array, labels: Int32Array, start: number, { shape, label }: Part): ComponentBox {
  const lx = shape.at(-1)!;
  const plane = lx * shape.at(-2)!;
  const from: [number, number, number] = [Infinity, Infinity, Infinity];
  const to: [number, number, number] = [0, 0, 0];
  const stack = [start];
  labels[start] = label;
  const visit = (i: number): void => {
    if (!inside[i] || labels[i]) return;
    labels[i] = label;
    stack.push(i);
  };
  for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
    const inPlane = i % plane;
    const x = inPlane % lx;
    const at = [(i - inPlane) / plane, (inPlane - x) / lx, x];
    for (let axis = 0; axis < 3; axis++) {
      if (at[axis] < from[axis]) from[axis] = at[axis];
      if (at[axis] >= to[axis]) to[axis] = at[axis] + 1;
    }
    if (x > 0) visit(i - 1);
    if (x < lx - 1) visit(i + 1);
    if (inPlane >= lx) visit(i - lx);
    if (inPlane < plane - lx) visit(i + lx);
    // Beyond the first and last plane there is nothing inside.
    visit(i - plane);
    visit(i + plane);
  }
  return { from, to };
}
