import { describe, expect, it } from 'vitest';
import { isCellposeError } from '../../errors.ts';
import { labelsZarr } from './labelsZarr.ts';
import { listZarrImages } from './listZarrImages.ts';
import { readZarrImage } from './readZarrImage.ts';

/** A Zarr of one small image, some of its files changed or, with null, taken away. */
function store(changes: Readonly<Record<string, object | string | null>> = {}) {
  const masks = { data: Int32Array.from({ length: 12 }, (_, i) => i), shape: [3, 4] };
  const files = new Map([...labelsZarr(masks)].map(({ path, bytes }) => [`/${path}`, bytes]));
  for (const [name, content] of Object.entries(changes)) {
    if (content === null) files.delete(name);
    else files.set(name, new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content)));
  }
  return { get: async (key: string) => files.get(key) };
}
const array = {
  zarr_format: 2,
  shape: [3, 4],
  chunks: [3, 4],
  dtype: '<u2',
  compressor: null,
  fill_value: 7,
  order: 'C',
  filters: null,
  dimension_separator: '/',
};
const multiscales = (dataset: object) => ({ multiscales: [{ axes: ['y', 'x'], datasets: [dataset] }] });

describe('readZarrImage', () => {
  it('fills what is missing', async () => {
    const { data } = await readZarrImage(store({ '/0/.zarray': array, '/0/0/0': null }));
    expect([...data.data]).toEqual(new Array(12).fill(7));
  });

  it('names what is wrong with a folder', async () => {
    for (const [changes, message] of [
      [{ '/.zattrs': '{"multiscales": [' }, /\/\.zattrs is no JSON/],
      [{ '/.zattrs': '[]' }, /no JSON object/],
      [{ '/.zattrs': multiscales({}) }, /names no dataset/],
      [{ '/.zattrs': multiscales({ path: '../x' }) }, /names no dataset with a path inside/],
      [{ '/.zattrs': multiscales({ path: 'gone' }) }, /array \/?gone is missing/],
      [{ '/.zattrs': { multiscales: [{ axes: ['x', 'y'], datasets: [{ path: '0' }] }] } }, /which end in y, x/],
      [{ '/.zattrs': {} }, /describes no image/],
      [{ '/0/.zarray': { ...array, shape: [3, -4] } }, /impossible/],
      [{ '/0/.zarray': { ...array, shape: [300000, 400000] } }, /maxBytes/],
      [{ '/0/.zarray': { ...array, chunks: [300000, 400000] } }, /maxBytes/],
      [{ '/0/.zarray': { ...array, dtype: '<U7' } }, /no numbers|unsupported/i],
      [{ '/0/.zarray': { ...array, compressor: { id: 'lzma' } } }, /lzma.*save it with blosc, zstd, gzip or none/],
      [{ '/0/0/0': 'no zlib' }, /cannot be read/],
      [{ '/0/.zarray': array }, /cannot be read|it needs 12/],
      [{ '/0/.zarray': array, '/0/0/0': 'abcdef' }, /chunk 0\/0 of array .* has 3 elements; it needs 12/],
    ] as const) {
      const error = await readZarrImage(store(changes)).catch((e: unknown) => e);
      expect(String(error)).toMatch(message);
      expect(isCellposeError(error), String(error)).toBe(true);
    }
  });
});

describe('listZarrImages', () => {
  it('finds fields and series, and keeps inside', async () => {
    const well = { well: { images: [{ path: '0' }, { path: '1' }] } };
    const plate = { '/.zattrs': { plate: { wells: [{ path: 'B/3' }] } }, '/B/3/.zattrs': well };
    expect(await listZarrImages(store(plate))).toEqual(['B/3/0', 'B/3/1']);
    const series = { '/.zattrs': {}, '/OME/.zattrs': { series: ['5', 'b'] } };
    expect(await listZarrImages(store(series))).toEqual(['5', 'b']);
    const outside = { '/.zattrs': {}, '/OME/.zattrs': { series: ['../5'] } };
    await expect(listZarrImages(store(outside))).rejects.toThrow(/"\.\.\/5" is no path of a group/);
    await expect(listZarrImages(store({ '/.zattrs': null, '/.zgroup': null }))).rejects.toThrow(
      /there is no Zarr group/,
    );
  });
});
