/** Label images as files: 16 bits where the numbers allow it, which every program reads, else 32 bits. */
import type { NdArray } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';
import { type WritePngOptions, writePng } from './png/writePng.ts';
import { type WriteTiffOptions, writeTiff } from './tiff/writeTiff.ts';

/**
 * Labels in the narrowest type that Cellpose saves: uint16 if all are below 65 536, else uint32.
 *
 * @throws OptionError if a label is negative.
 */
export function narrowLabels(labels: NdArray<Int32Array>): NdArray<Uint16Array | Uint32Array> {
  let largest = 0;
  let smallest = 0;
  for (const label of labels.data) {
    if (label > largest) largest = label;
    if (label < smallest) smallest = label;
  }
  if (smallest < 0)
    throw new OptionError('labels', smallest, `narrowLabels: labels must be 0 or more; the smallest is ${smallest}`);
  const data = largest < 65536 ? Uint16Array.from(labels.data) : Uint32Array.from(labels.data);
  return { data, shape: labels.shape };
}

/**
 * Labels (Y, X) as a 16-bit grey PNG.
 *
 * @throws OptionError if there are more labels than 16 bits hold: write a TIFF then.
 */
export function writeLabelPng(labels: NdArray<Int32Array>, options?: WritePngOptions): Uint8Array<ArrayBuffer> {
  const { data, shape } = narrowLabels(labels);
  if (data instanceof Uint32Array)
    throw new OptionError('labels', 'above 65535', 'writeLabelPng: PNG holds labels to 65535; write these as TIFF');
  return writePng({ data, shape }, options);
}

/** Labels ([Z,] Y, X) as a TIFF of 16 bits, or 32 where needed. */
export function writeLabelTiff(labels: NdArray<Int32Array>, options: WriteTiffOptions = {}): Uint8Array<ArrayBuffer> {
  return writeTiff(narrowLabels(labels), { rgb: false, ...options });
}
