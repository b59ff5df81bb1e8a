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

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const json = (value: unknown): Uint8Array => text(JSON.stringify(value));

export const nrrdFiles = (): Uint8Array[] => [
  text('NRRD0004\n# made here\ntype: uint8\ndimension: 2\nsizes: 3 2\nencoding: raw\nspacings: 0.5 0.5\n\nabcdef'),
  text(
    'NRRD0005\ntype: short\ndimension: 3\nsizes: 2 2 1\nencoding: ascii\nendian: little\nkinds: space space space\n\n1 -2 3 4\n',
  ),
  text('NRRD0001\ntype: unsigned char\ndimension: 2\nsizes: 2 2\nencoding: hex\n\n00ff10a0\n'),
];

const axes = ['y', 'x'].map((name) => ({ name, type: 'space', unit: 'micrometer' }));
const scale = [{ type: 'scale', scale: [0.5, 0.5] }];
const multiscales = (version?: string) => [
  { ...(version && { version }), axes, datasets: [{ path: '0', coordinateTransformations: scale }] },
];

/** A picture of 2 × 3 pixels as Zarr 2 with OME 0.4, and as Zarr 3 with OME 0.5. */
export const zarrFiles: readonly Readonly<Record<string, Uint8Array>>[] = [
  {
    '/.zgroup': json({ zarr_format: 2 }),
    '/.zattrs': json({ multiscales: multiscales('0.4') }),
    '/0/.zarray': json({
      zarr_format: 2,
      shape: [2, 3],
      chunks: [2, 3],
      dtype: '|u1',
      compressor: null,
      fill_value: 0,
      order: 'C',
      filters: null,
      dimension_separator: '/',
    }),
    '/0/0/0': text('abcdef'),
  },
  {
    '/zarr.json': json({
      zarr_format: 3,
      node_type: 'group',
      attributes: { ome: { version: '0.5', multiscales: multiscales() } },
    }),
    '/0/zarr.json': json({
      zarr_format: 3,
      node_type: 'array',
      shape: [2, 3],
      data_type: 'uint8',
      chunk_grid: { name: 'regular', configuration: { chunk_shape: [2, 3] } },
      chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
      fill_value: 0,
      codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
      attributes: {},
    }),
    '/0/c/0/0': text('abcdef'),
  },
];

/** What describes: the files that name other files, sizes and codecs. */
export const zarrMetadata = (): Uint8Array[] =>
  zarrFiles.flatMap((files) => Object.entries(files).flatMap(([key, bytes]) => (/json|\.z/.test(key) ? [bytes] : [])));
