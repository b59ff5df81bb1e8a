/** An image as the files of a run show it, with planes first and channels last, whatever the order of its axes in the file. */
import type { NdArray } from 'cellpose-ts';
import { RunError } from './errors.ts';

/**
 * Moves the channels of a plane to the end.
 *
 * @param image  one plane, any order of axes.
 * @param axes   a letter per axis: Y, X, C for channels; any other only for axes of size 1, which are dropped.
 * @returns      (ly, lx) or (ly, lx, nchan).
 * @throws RunError for a stack.
 */
export function channelsLast(image: NdArray, axes: string): NdArray {
  const isPlane = [...axes].every((letter, axis) => 'YXC'.includes(letter) || image.shape[axis] === 1);
  if (!isPlane) throw new RunError(`needs one plane; got axes ${axes} of (${image.shape.join(', ')})`);
  const { data, shape } = planesFirst(image, axes);
  return { data, shape: shape.slice(1) };
}

/**
 * Moves planes to the front and channels to the end.
 *
 * @param axes  Y, X, C for channels, Z or T for planes; any other only for axes of size 1, which are dropped.
 * @returns     (lz, ly, lx) or (lz, ly, lx, nchan); lz is 1 where there are no planes.
 * @throws RunError for other axes.
 */
export function planesFirst(image: NdArray, axes: string): NdArray {
  const { data, shape } = image;
  const z = [...axes].findIndex((letter) => 'ZT'.includes(letter));
  const [y, x, c] = ['Y', 'X', 'C'].map((letter) => axes.indexOf(letter)) as [number, number, number];
  const isKnown = [...axes].every((_, axis) => [z, y, x, c].includes(axis) || shape[axis] === 1);
  if (y < 0 || x < 0 || !isKnown) throw new RunError(`needs planes; got axes ${axes} of (${shape.join(', ')})`);
  const size = (axis: number) => (axis < 0 ? 1 : shape[axis]!);
  const stride = (axis: number) => (axis < 0 ? 0 : shape.slice(axis + 1).reduce((product, n) => product * n, 1));
  const [lz, ly, lx, nchan] = [size(z), size(y), size(x), size(c)];
  const target = c < 0 ? [lz, ly, lx] : [lz, ly, lx, nchan];
  const [strideZ, strideY, strideX, strideC] = [stride(z), stride(y), stride(x), stride(c)];
  const isInOrder =
    (lz === 1 || strideZ === ly * lx * nchan) &&
    strideX === nchan &&
    strideY === lx * nchan &&
    (nchan === 1 || strideC === 1);
  if (isInOrder) return { data, shape: target };
  const out = data.slice();
  let at = 0;
  for (let p = 0; p < lz; p++) {
    for (let i = 0; i < ly; i++) {
      for (let j = 0; j < lx; j++) {
        for (let k = 0; k < nchan; k++) out[at++] = data[p * strideZ + i * strideY + j * strideX + k * strideC]!;
      }
    }
  }
  return { data: out, shape: target };
}
