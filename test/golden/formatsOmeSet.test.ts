/** An OME-TIFF of five files with a companion (Viv's): opened by any of them, it is one stack. Needs ../shared/data/formats. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readImage } from '../../src/io/readImage.ts';
import { shared } from '../helpers/npz.ts';

const folder = `${shared ?? ''}data/formats/ome-tiff/`;
const bytes = (name: string) => new Uint8Array(readFileSync(folder + name));
/** Of the planes, as the list in ../shared/data/formats/expected.json has them. */
const planes = ['c111889c', 'fa6ed371', '77de17ab', '6839ffd0', '05a514f7'];

describe.skipIf(!shared || !existsSync(folder))('an OME-TIFF of several files (needs ../shared)', () => {
  for (const z of [1, 2, 5])
    it(`is one stack, opened by plane ${z}`, async () => {
      const readBeside = async (name: string) => bytes(name);
      const { data, axes, axesFrom, warnings } = await readImage(bytes(`multifile-Z${z}.ome.tiff`), { readBeside });
      expect([data.shape, axes, axesFrom, warnings]).toEqual([[5, 24, 18], 'ZYX', 'ome', []]);
      const found = planes.map((_, i) => data.data.slice(i * 24 * 18, (i + 1) * 24 * 18) as Uint8Array);
      expect(found.map((plane) => createHash('sha256').update(plane).digest('hex').slice(0, 8))).toEqual(planes);
    });

  it('passes on what is said of a missing file', () =>
    expect(
      readImage(bytes('multifile-Z1.ome.tiff'), {
        readBeside: async (name) => {
          if (name === 'multifile-Z4.ome.tiff') throw new Error(`${name} is missing`);
          return bytes(name);
        },
      }),
    ).rejects.toThrow('multifile-Z4.ome.tiff is missing'));

  it('names a file that is no TIFF', () =>
    expect(
      readImage(bytes('multifile-Z1.ome.tiff'), {
        readBeside: async (name) => (name.includes('Z3') ? Uint8Array.of(1, 2, 3) : bytes(name)),
      }),
    ).rejects.toThrow(/multifile-Z3\.ome\.tiff, which holds a part of the image/));

  it('is the pages of the file where others cannot be had', async () => {
    const { data, warnings } = await readImage(bytes('multifile-Z2.ome.tiff'));
    expect(data.shape).toEqual([24, 18]);
    expect(warnings.join()).toMatch(/in another file/);
  });
});
