/**
 * The array that Cellpose 3 would have got from an image file. It reads TIFF with tifffile, samples as stored, and PNG and JPEG
 * with OpenCV, which looks colours up in palettes, scales small grey depths to 8 bits and knows no alpha after the channels are
 * put in the order RGB. Source: cellpose 3.1 `io.imread`; OpenCV 4.6 `imread` with flag IMREAD_UNCHANGED, found by trying.
 */
import type { AnyTypedArray, NdArray, TypedArray } from '../array/ndarray.ts';
import type { ImageFile, OpenImage } from './imageFile.ts';
import { type ImagePlanes, planesOfArray } from './imagePlanes.ts';
import { readWhole } from './readImage.ts';

interface Conversion {
  readonly axes: string;
  /** What was done to the samples of the file, in plain words; empty if they are as stored. */
  readonly notes: readonly string[];
}

/** (Y, X) or (Y, X, 3) for PNG and JPEG; for TIFF and NumPy the array of the file. */
export interface CellposeImage extends NdArray<TypedArray>, Conversion {}

/** The same by its planes. */
export interface CellposePlanes extends ImagePlanes, Conversion {}

/**
 * Converts an image file's samples to what Cellpose's own reader returns.
 *
 * Orientation is not applied: neither reader does with these settings. Transparent colours of PNG change nothing. 64-bit integers
 * become float64, which is exact up to 2^53.
 */
export function toCellposeImage(image: ImageFile): CellposeImage {
  const { data: array, axes, format, photometric } = image;
  if (format !== 'png' && format !== 'jpeg') return asStored(array, axes);
  const samples = array.data as Uint8Array | Uint16Array;
  if (photometric === 'palette')
    return rgb(image, (i) => image.palette?.[samples[i]] ?? black, 'palette colours were looked up');
  if (photometric === 'cmyk')
    return rgb(image, (i) => cmykToRgb(samples.subarray(4 * i, 4 * i + 4)), 'CMYK was converted to RGB');
  const n = axes === 'YXS' ? array.shape[2] : 1;
  if (n === 4) return rgb(image, (i) => samples.subarray(4 * i, 4 * i + 3), 'the alpha channel was dropped');
  if (n === 2) {
    const grey = (i: number) => [samples[2 * i], samples[2 * i], samples[2 * i]];
    return rgb(image, grey, 'grey with alpha was made RGB, and alpha dropped');
  }
  if (image.bits >= 8) return { data: samples, shape: array.shape, axes, notes: [] };
  const scale = 255 / (2 ** image.bits - 1);
  const notes = [`grey values of ${image.bits} bits were scaled to 8`];
  return { data: (samples as Uint8Array).map((v) => v * scale), shape: array.shape, axes, notes };
}

/** As `toCellposeImage`, for an image that is open: of PNG and JPEG, which are in memory already, all at once. */
export async function toCellposePlanes(image: OpenImage): Promise<CellposePlanes> {
  const { format, dtype, axes, shape, bytes, isInMemory, read } = image;
  if (format === 'png' || format === 'jpeg') {
    const { data, shape: converted, ...conversion } = toCellposeImage(await readWhole(image));
    return { ...planesOfArray({ data, shape: converted }), ...conversion };
  }
  const notes = dtype === 'uint64' || dtype === 'int64' ? [wide] : [];
  return {
    shape,
    bytes,
    isInMemory,
    axes,
    notes,
    read: async (...range) => {
      const part = await read(...range);
      return { data: narrowed(part.data), shape: part.shape };
    },
  };
}

const black = [0, 0, 0];
const wide = '64-bit integers were made float64';

function asStored({ data, shape }: NdArray<AnyTypedArray>, axes: string): CellposeImage {
  const values = narrowed(data);
  return { data: values, shape, axes, notes: values === data ? [] : [wide] };
}

function narrowed(data: AnyTypedArray): TypedArray {
  return data instanceof BigInt64Array || data instanceof BigUint64Array ? Float64Array.from(data, Number) : data;
}

/** (Y, X, 3), pixel i by `colour`. */
function rgb({ data, dtype }: ImageFile, colour: (i: number) => ArrayLike<number>, note: string): CellposeImage {
  const [height, width] = data.shape;
  const n = height * width;
  const out = dtype === 'uint16' ? new Uint16Array(3 * n) : new Uint8Array(3 * n);
  for (let i = 0; i < n; i++) {
    const c = colour(i);
    out[3 * i] = c[0];
    out[3 * i + 1] = c[1];
    out[3 * i + 2] = c[2];
  }
  return { data: out, shape: [height, width, 3], axes: 'YXS', notes: [note] };
}

/** OpenCV's integer formula, on inks where 255 is none: colour = K − ((255 − C) · K >> 8). */
function cmykToRgb(ink: ArrayLike<number>): number[] {
  const k = 255 - ink[3];
  return [0, 1, 2].map((i) => k - ((ink[i] * k) >> 8));
}
