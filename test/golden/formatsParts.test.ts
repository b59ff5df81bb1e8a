/**
 * Images in parts: what is read of any image file along any of its axes is what lies there in the image as it is read whole, number for
 * number. Over the files of other programs in ../shared/data/formats; without it, those in test/goldens/formats.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AnyTypedArray, type NdArray, sizeOf } from '../../src/array/ndarray.ts';
import { seededRandom } from '../../src/array/random.ts';
import { isCellposeError } from '../../src/errors.ts';
import { openImage } from '../../src/io/openImage.ts';
import { readImage } from '../../src/io/readImage.ts';
import { listZarrImages } from '../../src/io/zarr/listZarrImages.ts';
import { openZarrImage } from '../../src/io/zarr/openZarrImage.ts';
import { readZarrImage } from '../../src/io/zarr/readZarrImage.ts';
import { countedSource } from '../helpers/countedSource.ts';
import { folderStore } from '../helpers/folderStore.ts';
import { shared } from '../helpers/npz.ts';

const own = new URL('../goldens/formats/', import.meta.url).pathname;
const folder = shared && existsSync(`${shared}data/formats`) ? `${shared}data/formats/` : own;
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(tiff?|nrrd|nhdr|np[yz]|png|jpe?g)$/.test(name) && !/^(broken|roi|zarr)/.test(name))
  .toSorted();
const load = (path: string) => new Uint8Array(readFileSync(path));
const beside = (path: string) => async (name: string) => load(join(dirname(path), basename(name)));

/** The part, element by element. */
function slowly({ data, shape }: NdArray<AnyTypedArray>, axis: number, from: number, to: number): AnyTypedArray {
  const inner = sizeOf(shape.slice(axis + 1));
  const kept = Array.from({ length: data.length }, (_, i) => i).filter((i) => {
    const place = Math.floor(i / inner) % shape[axis]!;
    return place >= from && place < to;
  });
  const out = new (data.constructor as new (n: number) => AnyTypedArray)(kept.length);
  for (const [k, i] of kept.entries()) out[k] = data[i]!;
  return out;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: AnyTypedArray) => Buffer.from(buffer, byteOffset, byteLength);

interface Parts {
  readonly shape: readonly number[];
  read(axis: number, from: number, to: number): Promise<NdArray<AnyTypedArray>>;
}

async function expectParts(image: Parts, whole: NdArray<AnyTypedArray>, random: () => number) {
  expect(image.shape).toEqual(whole.shape);
  for (const [axis, n] of whole.shape.entries()) {
    const from = Math.floor(random() * n);
    const to = from + 1 + Math.floor(random() * (n - from));
    const part = await image.read(axis, from, to);
    expect(part.shape).toEqual(whole.shape.with(axis, to - from));
    expect(part.data.constructor).toBe(whole.data.constructor);
    expect(bytesOf(part.data).equals(bytesOf(slowly(whole, axis, from, to))), `axis ${axis}, ${from} to ${to}`).toBe(
      true,
    );
  }
}

describe('parts of the image files of other programs', () => {
  it('has files to go through', () => expect(files.length).toBeGreaterThan(5));

  for (const [k, name] of files.entries())
    it(name, async () => {
      const path = folder + name;
      const bytes = load(path);
      const whole = await readImage(bytes, { readBeside: beside(path) }).catch((error: unknown) => error);
      const openBeside = async (other: string) => countedSource(await beside(path)(other));
      const reading = openImage(countedSource(bytes), { openBeside });
      if (whole instanceof Error) {
        expect(isCellposeError(whole)).toBe(true);
        await expect(reading.then(({ read, shape }) => read(0, 0, shape[0]!))).rejects.toThrow(whole.message);
        return;
      }
      const { data, ...facts } = whole as Awaited<ReturnType<typeof readImage>>;
      const image = await reading;
      expect(image).toMatchObject(facts);
      expect(image.bytes).toBe(data.data.byteLength);
      await expectParts(image, data, seededRandom(k));
    });
});

const zarrs = `${folder}zarr/`;

describe.skipIf(!existsSync(zarrs))('parts of the images of OME-Zarr (needs ../shared)', () => {
  for (const name of [
    'blobs_image_v04.ome.zarr',
    'blobs_image_v05.ome.zarr',
    'cardio_mip_labels.zarr',
    'bioformats2raw/data.zarr',
    'ome-zarr-examples/valid/image-03.zarr',
  ])
    it(name, async () => {
      const store = folderStore(zarrs + name);
      const path = (await listZarrImages(store))[0]!;
      const { data, ...facts } = await readZarrImage(store, path);
      const image = await openZarrImage(store, path);
      expect(image).toMatchObject(facts);
      await expectParts(image, data, seededRandom(1));
    });
});
