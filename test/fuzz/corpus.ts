/** The files that damage starts from: goldens by ending, and what our own writers make where there is no golden. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeNpy } from '../../src/io/npy.ts';
import { writeNpyDictionary } from '../../src/io/npyObject.ts';
import { writeNpz } from '../../src/io/npz.ts';
import { writeOnnxModel } from '../../src/io/onnx/writeOnnxModel.ts';
import { writeSafetensors } from '../../src/io/safetensors.ts';
import { writeCheckpoint } from '../../src/train/checkpoint.ts';
import { randomStateDict } from '../helpers/randomStateDict.ts';

/** Larger files are slow to damage and hold nothing that smaller ones lack. */
const mostBytes = 100_000;

/** Goldens whose name ends so, in the order of their names. */
export function goldens(root: string, ...endings: readonly string[]): Uint8Array[] {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();
  const files = names.filter((name) => endings.some((ending) => name.endsWith(ending)));
  return files
    .map((name) => new Uint8Array(readFileSync(join(root, name))))
    .filter(({ length }) => length <= mostBytes);
}

const floats = { data: Float32Array.of(1, -2, 3.5, 1e-20, 5, 6), shape: [2, 3] };
const labels = { data: Uint16Array.of(0, 1, 1, 0, 2, 2, 0, 0), shape: [2, 2, 2] };
const bytes = { data: Uint8Array.of(0, 1, 1, 0), shape: [2, 2] };
const wholes = { data: BigInt64Array.of(1n, 2n, -3n, 4n), shape: [2, 2] };

export const npyFiles = (): Uint8Array[] => [floats, labels, bytes, wholes].map((array) => writeNpy(array));

export const npzFiles = (): Uint8Array[] => [writeNpz({ floats, labels, wholes }), writeNpz({ bytes })];

function network() {
  const one = (x: number) => ({ data: Float32Array.of(x), shape: [1] });
  return randomStateDict([2, 3, 4]).set('diam_mean', one(30)).set('diam_labels', one(20));
}

export const safetensorsFiles = (): Uint8Array[] => [
  writeSafetensors(network()),
  writeSafetensors(network(), { dtypeOf: () => 'float16', metadata: { kind: 'model' } }),
];

export const onnxFiles = (): Uint8Array[] => [writeOnnxModel(network())];

export const trainingLists = (): Uint8Array[] => [
  writeNpyDictionary([
    ['train_files', ['a_img.tif', 'b_img.tif']],
    ['test_files', ['c_img.tif']],
    ['train_probs', [0.25, 0.75]],
  ]),
];

export const jsonLists = (): Uint8Array[] => [
  new TextEncoder().encode('{ "train_files": ["a.tif", "b.tif"], "test_files": [], "train_probs": [0.25, 0.75] }'),
];

export const checkpoints = (): Uint8Array[] => {
  const weights = new Map([['a.weight', floats]]);
  const moments = new Map([['a.weight', floats.data]]);
  const progress = { trainLosses: [1, 0.5], testLosses: [2, null], precisions: [null, 0.25], settings: 'one' };
  return [writeCheckpoint({ weights, moments, steps: 8, progress, best: weights })];
};
