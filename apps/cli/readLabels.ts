/** Files of labels, whatever their format. */
import { readFile } from 'node:fs/promises';
import { type AnyTypedArray, type NdArray, readImage, readSegNpy } from 'cellpose-ts';
import { describeError } from './describeError.ts';
import { RunError } from './errors.ts';

/** Labels of a picture file, or of a `_seg.npy`. @throws RunError that names the file. */
export async function readLabelFile(path: string): Promise<NdArray<AnyTypedArray>> {
  if (!path.endsWith('_seg.npy')) return readArray(path);
  return named(path, async () => readSegNpy(new Uint8Array(await readFile(path))).masks);
}

/** The array of a picture file, as it is there. @throws RunError that names the file. */
export function readArray(path: string): Promise<NdArray<AnyTypedArray>> {
  return named(path, async () => (await readImage(new Uint8Array(await readFile(path)))).data);
}

async function named<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new RunError(`${path}: ${describeError(error)}`, { cause: error });
  }
}
