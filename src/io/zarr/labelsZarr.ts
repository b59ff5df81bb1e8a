/**
 * Labels as OME-Zarr 0.4: a group that is a label image (`image-label`) with a pyramid of resolutions, as Zarr 2 with zlib, which every
 * reader of Zarr knows. A chunk without cells is left out, since Zarr fills it with 0. Source: OME-NGFF specification 0.4, sections
 * multiscales and labels; Zarr storage specification version 2.
 */
import { deflate } from '#platform';
import { type NdArray, sizeOf } from '../../array/ndarray.ts';
import { OptionError, ShapeError } from '../../errors.ts';
import type { PhysicalSize } from '../imageFile.ts';
import { narrowLabels } from '../narrowLabels.ts';

export interface LabelsZarrOptions {
  /** One letter per dimension, out of T, C, Z, Y, X in this order. Default YX, ZYX. */
  readonly axes?: string;
  /** Distance of neighbouring pixels in micrometres, where known. */
  readonly pixelSize?: Omit<PhysicalSize, 'unit'> | undefined;
  /** Name of the label image. */
  readonly name?: string;
}

/** A file of the folder. */
export interface ZarrFile {
  /** From the folder, with slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Pixels of a chunk along y and x. */
const chunk = 1024;
/** Planes of at most this size need no lower resolution. */
const smallest = 256;

const types: Readonly<Record<string, string>> = { T: 'time', C: 'channel', Z: 'space', Y: 'space', X: 'space' };

/**
 * Makes the files of a Zarr folder one after the other, so that one chunk is in memory at a time.
 *
 * @param masks  (Y, X), or with planes or frames before: labels from 0, which is no cell. Stored as uint16, or uint32 from 65,536 on.
 * @throws ShapeError for fewer than two dimensions; OptionError where `axes` do not fit.
 */
export function* labelsZarr(masks: NdArray<Int32Array>, options: LabelsZarrOptions = {}): Generator<ZarrFile> {
  const { shape } = masks;
  const axes = options.axes ?? 'ZYX'.slice(-shape.length);
  if (shape.length < 2 || sizeOf(shape) === 0)
    throw new ShapeError('labelsZarr', '(Y, X) or (Z, Y, X) with pixels', shape);
  if (axes.length !== shape.length || !/^T?C?Z?YX$/.test(axes))
    throw new OptionError(
      'axes',
      axes,
      `labelsZarr: axes needs one letter per dimension of (${shape.join(', ')}), of T, C, Z, Y, X in this order; got "${axes}"`,
    );
  const narrow = narrowLabels(masks);
  const levels = levelsOf(shape);
  yield json('.zgroup', { zarr_format: 2 });
  yield json('.zattrs', attributes(axes, levels, options));
  for (let level = 0; level < levels; level++) yield* arrayFiles(narrow, level);
}

/** Number of resolutions, each half of the one before in y and x. */
function levelsOf(shape: readonly number[]): number {
  return 1 + Math.max(0, Math.ceil(Math.log2(Math.max(...shape.slice(-2)) / smallest)));
}

function attributes(axes: string, levels: number, { pixelSize, name = 'masks' }: LabelsZarrOptions): object {
  const sizeOfAxis = (axis: string) => pixelSize?.[axis.toLowerCase() as 'x' | 'y' | 'z'];
  const described = [...axes].map((axis) => ({
    name: axis.toLowerCase(),
    type: types[axis],
    ...(sizeOfAxis(axis) !== undefined && { unit: 'micrometer' }),
  }));
  const datasets = Array.from({ length: levels }, (_, level) => ({
    path: String(level),
    coordinateTransformations: [
      {
        type: 'scale',
        scale: [...axes].map((axis) => (sizeOfAxis(axis) ?? 1) * (axis === 'Y' || axis === 'X' ? 2 ** level : 1)),
      },
    ],
  }));
  return {
    multiscales: [{ version: '0.4', name, axes: described, datasets, type: 'nearest' }],
    'image-label': { version: '0.4' },
  };
}

/** One resolution: every 2^level-th pixel, so that no label is made up. */
function* arrayFiles({ data, shape }: NdArray<Uint16Array | Uint32Array>, level: number): Generator<ZarrFile> {
  const step = 2 ** level;
  const before = shape.slice(0, -2);
  const [height, width] = shape.slice(-2) as [number, number];
  const [rows, columns] = [Math.ceil(height / step), Math.ceil(width / step)];
  const chunks = [...before.map(() => 1), Math.min(chunk, rows), Math.min(chunk, columns)];
  yield json(`${level}/.zarray`, {
    zarr_format: 2,
    shape: [...before, rows, columns],
    chunks,
    dtype: data instanceof Uint16Array ? '<u2' : '<u4',
    compressor: { id: 'zlib', level: 1 },
    fill_value: 0,
    order: 'C',
    filters: null,
    dimension_separator: '/',
  });
  const [chunkRows, chunkColumns] = chunks.slice(-2) as [number, number];
  for (let plane = 0; plane < sizeOf(before); plane++)
    for (let y = 0; y < rows; y += chunkRows)
      for (let x = 0; x < columns; x += chunkColumns) {
        const piece = new (data instanceof Uint16Array ? Uint16Array : Uint32Array)(chunkRows * chunkColumns);
        let any = 0;
        for (let r = 0; r < Math.min(chunkRows, rows - y); r++) {
          const row = (plane * height + (y + r) * step) * width;
          for (let c = 0; c < Math.min(chunkColumns, columns - x); c++)
            any |= piece[r * chunkColumns + c] = data[row + (x + c) * step];
        }
        if (any === 0) continue;
        const index = [...planeIndex(plane, before), y / chunkRows, x / chunkColumns];
        yield { path: `${level}/${index.join('/')}`, bytes: deflate(new Uint8Array(piece.buffer), 'zlib', 1) };
      }
}

/** A plane's place in the dimensions before Y. */
function planeIndex(plane: number, before: readonly number[]): number[] {
  const index: number[] = [];
  for (let rest = plane, i = before.length - 1; i >= 0; i--) {
    index.unshift(rest % before[i]);
    rest = Math.floor(rest / before[i]);
  }
  return index;
}

function json(path: string, value: object): ZarrFile {
  return { path, bytes: new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`) };
}
