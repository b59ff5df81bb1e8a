/**
 * Zarr folders of other programs: every array that an independent decoder read has the same elements here, and the images of
 * OME-Zarr are found with their axes and sizes. Needs ../shared/data/formats.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isCellposeError } from '../../src/errors.ts';
import { listZarrImages } from '../../src/io/zarr/listZarrImages.ts';
import type { ZarrStore } from '../../src/io/zarr/metadata.ts';
import { openZarrArray } from '../../src/io/zarr/openZarrArray.ts';
import { readZarrImage } from '../../src/io/zarr/readZarrImage.ts';
import { folderStore } from '../helpers/folderStore.ts';
import { shared } from '../helpers/npz.ts';

interface Entry {
  readonly file: string;
  readonly arrays?: Readonly<
    Record<string, { readonly shape?: readonly number[]; readonly sha256?: string; readonly dtype?: string }>
  >;
}

async function readZarrArray(store: ZarrStore, path: string) {
  const array = await openZarrArray(store, path);
  return array.read(0, 0, array.shape[0]!);
}

const folder = `${shared ?? ''}data/formats/`;
const isThere = Boolean(shared) && existsSync(`${folder}zarr`);
const list = isThere ? (JSON.parse(readFileSync(`${folder}expected.json`, 'utf8')) as Entry[]) : [];
const open = (name: string) => folderStore(`${folder}zarr/${name}`);

describe.skipIf(!isThere)('arrays of Zarr 2 and 3 (needs ../shared)', () => {
  for (const { file, arrays } of list.filter((entry) => entry.file.startsWith('zarr/'))) {
    for (const [path, { shape, sha256, dtype }] of Object.entries(arrays ?? {})) {
      if (sha256 !== undefined)
        it(`${file} ${path}: ${dtype}`, async () => {
          const reading = readZarrArray(folderStore(folder + file), path);
          if (dtype === 'float16' && !('Float16Array' in globalThis))
            return expect(reading).rejects.toThrow(/float16; save it as float32/);
          const { data, shape: found } = await reading;
          expect(found).toEqual(shape);
          const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
          expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
        });
      else
        it(`${file} ${path}, which no decoder could check, ends in an array or a typed error`, async () => {
          const result = await readZarrArray(folderStore(folder + file), path).catch((e: unknown) => e);
          expect(result instanceof Error ? isCellposeError(result) : result).toBeTruthy();
        });
    }
  }
});

describe.skipIf(!isThere)('images of OME-Zarr (needs ../shared)', () => {
  for (const [name, paths, shape, axes, unit] of [
    ['blobs_image_v04.ome.zarr', [''], [3, 12, 12], 'CYX', undefined],
    ['blobs_image_v05.ome.zarr', [''], [3, 12, 12], 'CYX', undefined],
    ['cardio_mip_labels.zarr', [''], [3, 540, 640], 'CYX', 'micrometer'],
    ['bioformats2raw/data.zarr', ['0'], [3, 167, 439], 'CYX', undefined],
    ['ome-zarr-examples/valid/image-01.zarr', [''], [1000, 1000], 'YX', 'micrometer'],
    ['ome-zarr-examples/valid/image-03.zarr', [''], [2, 100, 100], 'ZYX', 'micrometer'],
    ['ome-zarr-examples/valid/plate-01.zarr', ['A/1/0', 'A/2/0', 'B/1/0', 'B/2/0'], [1000, 1000], 'YX', 'micrometer'],
  ] as const)
    it(name, async () => {
      const images = await listZarrImages(open(name));
      expect(images).toEqual(paths);
      const image = await readZarrImage(open(name), images[0]!);
      expect([image.data.shape, image.axes, image.axesFrom]).toEqual([shape, axes, 'zarr']);
      expect(image.physicalSize?.unit).toBe(unit);
    });

  it('reads pixel size and channel names', async () => {
    const image = await readZarrImage(open('cardio_mip_labels.zarr'));
    expect(image.physicalSize).toEqual({ x: 1.3, y: 1.3, unit: 'micrometer', z: 1 });
    expect(image.channelNames).toEqual(['DAPI', 'nanog', 'Lamin B1']);
  });

  for (const [name, message] of [
    ['image-01', /describes no image \(multiscales\)/],
    ['image-02', /describes no image \(multiscales\)/],
    ['image-03', /array \/?0 is missing/],
  ] as const)
    it(`refuses invalid/${name}.zarr`, () =>
      expect(readZarrImage(open(`ome-zarr-examples/invalid/${name}.zarr`))).rejects.toThrow(message));

  it('reads the full resolution where a lower one is invalid', async () => {
    const { data } = await readZarrImage(open('ome-zarr-examples/invalid/image-04.zarr'));
    expect(data.shape).toEqual([2, 64, 64]);
  });

  it('refuses a folder without a group', () =>
    expect(listZarrImages(folderStore(`${folder}broken/not_a_zarr.zarr`))).rejects.toThrow(/describes no image/));
});
