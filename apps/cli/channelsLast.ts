/** An image as (ly, lx) or (ly, lx, nchan), whatever the order of its axes in the file. */
import type { NdArray } from 'cellpose-ts';
import { RunError } from './errors.ts';

/**
 * Moves the channels to the end.
 *
 * @param image  one plane, any order of axes.
 * @param axes   a letter per axis: Y, X, C for channels; any other only for axes of size 1, which are dropped.
 * @throws RunError for a stack.
 */
export function channelsLast(image: NdArray, axes: string): NdArray {
  const { data, shape } = image;
  const [y, x, c] = ['Y', 'X', 'C'].map((letter) => axes.indexOf(letter)) as [number, number, number];
  const isPlane = [...axes].every((letter, axis) => 'YXC'.includes(letter) || shape[axis] === 1);
  if (y < 0 || x < 0 || !isPlane) throw new RunError(`needs one plane; got axes ${axes} of (${shape.join(', ')})`);
  const stride = (axis: number) => shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const [ly, lx] = [shape[y]!, shape[x]!];
  const nchan = c < 0 ? 1 : shape[c]!;
  const target = c < 0 ? [ly, lx] : [ly, lx, nchan];
  const [strideY, strideX, strideC] = [stride(y), stride(x), c < 0 ? 1 : stride(c)];
  if (strideX === nchan && strideY === lx * nchan && strideC === 1) return { data, shape: target };
  const out = data.slice();
  let at = 0;
  for (let i = 0; i < ly; i++) {
    for (let j = 0; j < lx; j++) {
      for (let k = 0; k < nchan; k++) out[at++] = data[i * strideY + j * strideX + k * strideC]!;
    }
  }
  return { data: out, shape: target };
}
