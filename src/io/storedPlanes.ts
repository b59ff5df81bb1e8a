/**
 * Planes of an image whose samples a file can give from any place on, one behind the other in C order: every format that is not packed
 * as a whole. A part along an axis is as many runs of samples as there are places before that axis.
 */
import { type AnyTypedArray, sizeOf } from '../array/ndarray.ts';
import { arrayClasses, type ElementType, fromStored } from './elementType.ts';
import { checkSize, defaultMaxBytes } from './imageFile.ts';
import { checkRangeOf, type ImagePlanes } from './imagePlanes.ts';
import type { Source } from './source.ts';
import { swapBytes } from './swapBytes.ts';

export interface StoredSamples {
  readonly shape: readonly number[];
  readonly dtype: ElementType;
  /** Bytes that are unpacked together, as far as the format has such: pages. Pieces end there. @default 1 */
  readonly unit?: number;
  /** Puts the samples from byte `at` of the whole on into `out`, little-endian. It comes as zeros and holds whole samples. */
  fill(at: number, out: Uint8Array): Promise<void>;
}

/** Bytes that are asked for at a time, unless one unit has more. */
const piece = 2 ** 26;
/** Runs with less between them are read together. */
const smallGap = 2 ** 16;
/** So many bytes of them at a time. */
const span = 2 ** 23;

/** @param maxBytes  largest array that one read may allocate. */
export function storedPlanes(
  { shape, dtype, unit = 1, fill }: StoredSamples,
  maxBytes: number = defaultMaxBytes,
): ImagePlanes<AnyTypedArray> {
  const Class = arrayClasses[dtype];
  const element = Class.BYTES_PER_ELEMENT;
  return {
    shape,
    bytes: sizeOf(shape) * (dtype === 'float16' ? 4 : element),
    isInMemory: false,
    read: async (axis, from, to) => {
      checkRangeOf(shape, axis, from, to);
      const part = shape.with(axis, to - from);
      checkSize(sizeOf(part) * element, maxBytes);
      const data = new Class(sizeOf(part));
      const inner = element * sizeOf(shape.slice(axis + 1));
      const outer = sizeOf(shape.slice(0, axis));
      const isOne = to - from === shape[axis] || outer === 1;
      const length = (isOne ? outer : 1) * (to - from) * inner;
      const runs = { first: from * inner, length, step: shape[axis] * inner, count: isOne ? 1 : outer };
      const together = runs.step - length <= smallGap ? Math.floor(span / runs.step) : 1;
      if (isOne || together <= 1) await fillRuns(fill, runs, unit, data.buffer);
      else await fillTogether(fill, runs, together, data.buffer);
      return { data: fromStored(data, dtype), shape: part };
    },
  };
}

export interface RawSamples extends Omit<StoredSamples, 'unit' | 'fill'> {
  readonly source: Source;
  /** Where the samples begin. */
  readonly offset: number;
  readonly isBigEndian: boolean;
}

/** Planes of samples that lie in a file as they are. */
export function rawPlanes(
  { source, offset, dtype, isBigEndian, shape }: RawSamples,
  maxBytes?: number,
): ImagePlanes<AnyTypedArray> {
  const fill = async (at: number, out: Uint8Array) => {
    out.set(await source.read(offset + at, out.length));
    if (isBigEndian) swapBytes(out, arrayClasses[dtype].BYTES_PER_ELEMENT);
  };
  return storedPlanes({ shape, dtype, fill }, maxBytes);
}

interface Runs {
  readonly first: number;
  readonly length: number;
  /** From the beginning of one to that of the next. */
  readonly step: number;
  readonly count: number;
}

type Fill = StoredSamples['fill'];

/** Each run by itself, in pieces. */
async function fillRuns(fill: Fill, { first, length, step, count }: Runs, unit: number, out: ArrayBuffer) {
  for (let k = 0; k < count; k++) {
    const start = first + k * step;
    for (let at = start; at < start + length; ) {
      const stop = unit * Math.max(Math.floor((at + piece) / unit), Math.floor(at / unit) + 1);
      const end = Math.min(stop, start + length);
      await fill(at, new Uint8Array(out, k * length + at - start, end - at));
      at = end;
    }
  }
}

/** Some runs at a time, with what is between them. */
async function fillTogether(fill: Fill, { first, length, step, count }: Runs, together: number, out: ArrayBuffer) {
  for (let k = 0; k < count; k += together) {
    const n = Math.min(together, count - k);
    const bytes = new Uint8Array((n - 1) * step + length);
    await fill(first + k * step, bytes);
    for (let i = 0; i < n; i++)
      new Uint8Array(out, (k + i) * length, length).set(bytes.subarray(i * step, i * step + length));
  }
}
