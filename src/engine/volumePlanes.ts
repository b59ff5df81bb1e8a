/** The planes of a volume along its three axes, as pictures for a network: reading them, and adding their outputs. */
import type { FloatArray } from '../array/ndarray.ts';
import type { WindowWriter } from '../array/window.ts';

/** One of the three directions in which a volume is cut into planes. Axes are 0 z, 1 y, 2 x. */
export interface VolumePass {
  /** Axes of its planes. */
  readonly name: 'YX' | 'ZX' | 'ZY';
  /** The axis that counts the planes … */
  readonly across: 0 | 1 | 2;
  /** … and those of their rows and columns. */
  readonly rows: 0 | 1;
  readonly columns: 1 | 2;
}

/** In the order in which Cellpose adds them. */
export const volumePasses: readonly VolumePass[] = [
  { name: 'YX', across: 0, rows: 1, columns: 2 },
  { name: 'ZX', across: 1, rows: 0, columns: 2 },
  { name: 'ZY', across: 2, rows: 0, columns: 1 },
];

/**
 * Gives planes (rows, columns, nchan) of a volume (lz, ly, lx, c), each an array of its own or a view. Channels that the volume
 * lacks are 0.
 */
export function planeReader(
  { data, shape }: FloatArray,
  pass: VolumePass,
  nchan: number,
): (index: number) => FloatArray {
  const { stride, height, width } = layout(shape, pass);
  const own = shape[3];
  return (index) => {
    const start = index * stride.across * own;
    if (pass.across === 0 && own === nchan)
      return { data: data.subarray(start, start + stride.across * own), shape: shape.slice(1) };
    const plane = new Float32Array(height * width * nchan);
    let to = 0;
    for (let row = 0; row < height; row++) {
      let from = start + row * stride.rows * own;
      for (let column = 0; column < width; column++, from += stride.columns * own, to += nchan)
        for (let c = 0; c < own; c++) plane[to + c] = data[from + c];
    }
    return { data: plane, shape: [height, width, nchan] };
  };
}

/** Height and width of the planes of a pass, as a text to compare. */
export function planeSize(shape: readonly number[], pass: VolumePass): string {
  const { height, width } = layout(shape, pass);
  return `${height} × ${width}`;
}

/**
 * Adds the outputs of a plane, (flow along rows, flow along columns, logit), to the sums of the volume.
 *
 * @param sums   for z, y, x and cell probability, (lz, ly, lx) each.
 * @param shape  (lz, ly, lx, …) of the volume.
 */
export function planeWriter(
  sums: readonly Float32Array[],
  shape: readonly number[],
  pass: VolumePass,
  index: number,
): WindowWriter {
  const { stride } = layout(shape, pass);
  const targets = [sums[pass.rows], sums[pass.columns], sums[3]];
  return {
    write({ y, x, h, w }, values) {
      targets.forEach((sum, k) => {
        let from = k * h * w;
        for (let row = y; row < y + h; row++) {
          let to = index * stride.across + row * stride.rows + x * stride.columns;
          for (let column = 0; column < w; column++, to += stride.columns) sum[to] += values[from++];
        }
      });
    },
  };
}

function layout([lz, ly, lx]: readonly number[], { across, rows, columns }: VolumePass) {
  const strides = [ly * lx, lx, 1];
  return {
    stride: { across: strides[across], rows: strides[rows], columns: strides[columns] },
    height: rows === 0 ? lz : ly,
    width: columns === 1 ? ly : lx,
  };
}
