/**
 * Image files written by other programs: each is read with the samples that an independent decoder found, or refused as it
 * should be. The list is ../shared/data/formats/expected.json; without it, the files in test/goldens/formats stand for all.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isCellposeError } from '../../src/errors.ts';
import type { ImageFile } from '../../src/io/imageFile.ts';
import { readImage } from '../../src/io/readImage.ts';
import { toCellposeImage } from '../../src/io/toCellposeImage.ts';
import { shared } from '../helpers/npz.ts';

interface Entry {
  readonly file: string;
  readonly shape?: readonly number[];
  readonly dtype?: string;
  readonly axes?: string;
  readonly sha256?: string;
  readonly lossy?: boolean;
  readonly tolerance?: number;
  readonly compression?: string;
  readonly orientation?: number;
  readonly exif_orientation?: number;
  readonly photometric?: number;
  readonly expect?: string;
  readonly error?: string;
  readonly what?: string;
}

const own = new URL('../goldens/formats/', import.meta.url).pathname;
const folder = shared && existsSync(`${shared}data/formats/expected.json`) ? `${shared}data/formats/` : own;
const folders = ['tiff', 'ome-tiff', 'imagej', 'png', 'jpeg', 'npy', 'broken'];
/** Arrays that are no images: without pixels, or of one element. They belong to the tests of NPY. */
const noImages = ['npy/empty.npy', 'npy/scalar.npy'];
const all = (
  existsSync(`${folder}expected.json`) ? JSON.parse(readFileSync(`${folder}expected.json`, 'utf8')) : []
) as Entry[];
const images = all
  .map(corrected)
  .filter(({ file }) => folders.includes(file.split('/')[0]!) && /\.(tiff?|png|jpe?g|np[yz])$/.test(file))
  .filter(({ file }) => !noImages.includes(file));
const broken = images.filter((entry) => entry.expect?.startsWith('error') || entry.error !== undefined);
const readable = images.filter((entry) => entry.sha256 !== undefined && !broken.includes(entry));

/** Compressions that are refused by name. */
const refusedCompression = /^(ccitt|lzma|webp|ojpeg)/;
const isRefused = ({ file, compression }: Entry) =>
  refusedCompression.test(compression ?? '') || file === 'tiff/libtiffpic_ycbcr-cat.tif';

/**
 * The list gives this planar file as a decoder misread it (one plane taken for interleaved samples). It holds the same picture as
 * its neighbour in strips, whose entry is by libtiff.
 */
function corrected(entry: Entry): Entry {
  if (entry.file !== 'tiff/pil_tiff_tiled_planar_16bit_RGB.tif') return entry;
  const { shape, sha256 } = all.find(({ file }) => file === 'tiff/pil_tiff_strip_planar_16bit_RGB.tif')!;
  return { ...entry, shape: shape!, sha256: sha256! };
}

const load = (entry: Entry) => new Uint8Array(readFileSync(folder + entry.file));

/** Bytes of the samples as the file's type has them, little-endian. */
function sampleBytes({ data: { data }, dtype }: ImageFile): Uint8Array {
  if (dtype !== 'float16') return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const halves = Uint16Array.from(data as Float32Array, floatToHalf);
  return new Uint8Array(halves.buffer);
}

/** Exact for numbers that are halves. */
function floatToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | (size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | ((exponent + 15) << 10) | ((size / 2 ** exponent - 1) * 1024);
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('image files of other programs', () => {
  it('has a list to go through', () => expect(readable.length).toBeGreaterThan(5));

  for (const entry of readable.filter((e) => !isRefused(e))) {
    it(`reads ${entry.file}`, async () => {
      const image = await readImage(load(entry), { name: entry.file });
      expect(image.data.shape).toEqual(entry.shape);
      expect(image.dtype).toBe(entry.dtype);
      if (entry.axes) expect(image.axes).toBe(entry.axes);
      expect(image.orientation ?? 1).toBe(entry.orientation ?? entry.exif_orientation ?? 1);
      expect(sha256(sampleBytes(image))).toBe(entry.sha256);
    });
  }

  for (const entry of readable.filter(isRefused)) {
    it(`refuses ${entry.file}, naming ${entry.compression}`, async () => {
      const error = await readImage(load(entry)).catch((e: unknown) => e);
      expect(isCellposeError(error, 'unsupported')).toBe(true);
      expect(String(error)).toMatch(/CCITT|LZMA|WebP|old-style JPEG|subsampled YCbCr/);
    });
  }

  for (const entry of broken) {
    it(`survives ${entry.file}: ${entry.what ?? entry.error}`, async () => {
      const start = performance.now();
      const result = await readImage(load(entry)).catch((e: unknown) => e);
      expect(performance.now() - start).toBeLessThan(1000);
      if (result instanceof Error) expect(isCellposeError(result), String(result.stack)).toBe(true);
      else expect((result as ImageFile).data.data.length).toBeGreaterThan(0);
    });
  }
});

/** By file: shape, dtype and sha256 of what `cellpose.io.imread` makes of it with OpenCV 4.6; null where OpenCV refuses. */
const opencv = JSON.parse(readFileSync(`${own}opencv.json`, 'utf8')) as Record<
  string,
  [number[], string, string] | null
>;

describe('PNG and JPEG as Cellpose reads them', () => {
  const locate = (name: string) => [own, folder].map((start) => start + name).find((path) => existsSync(path));
  for (const [file, expected] of Object.entries(opencv)) {
    const path = locate(file);
    if (!path) continue;
    it(file, async () => {
      const image = await readImage(new Uint8Array(readFileSync(path))).catch((e: unknown) => e as Error);
      if (expected === null) {
        expect(image).toBeInstanceOf(Error);
        return;
      }
      const { data, shape, axes } = toCellposeImage(image as ImageFile);
      expect([shape, data instanceof Uint16Array ? 'uint16' : 'uint8']).toEqual(expected.slice(0, 2));
      expect(axes).toBe(shape.length === 2 ? 'YX' : 'YXS');
      expect(sha256(new Uint8Array(data.buffer))).toBe(expected[2]);
    });
  }
});
