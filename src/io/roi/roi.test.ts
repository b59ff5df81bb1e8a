/** Regions for ImageJ, read back by a reader of the format's description and painted again. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { shared } from '../../../test/helpers/npz.ts';
import { paintRings } from '../../../test/helpers/paintRings.ts';
import { readRoi } from '../../../test/helpers/readRoi.ts';
import { simulateImage } from '../../simulate/simulateImage.ts';
import { concat } from '../concat.ts';
import { sourceFromBytes } from '../source.ts';
import { readZipDirectory, readZipEntry } from '../zipRead.ts';
import { roiZipParts } from './writeRoiZip.ts';

async function regions(zip: Uint8Array) {
  const source = sourceFromBytes(zip);
  const entries = [...(await readZipDirectory(source)).values()];
  return Promise.all(
    entries.map(async (entry) => ({ file: entry.name, roi: readRoi(await readZipEntry(source, entry, 1e6)) })),
  );
}

describe('an archive of regions', () => {
  it('holds the labels of a simulated picture to the pixel', async () => {
    const { masks, count } = simulateImage({ seed: 3, size: [96, 120], diameter: 16, clustering: 1 });
    const all = await regions(concat(roiZipParts(masks)));
    expect(all.map(({ file }) => file)).toEqual(Array.from({ length: count }, (_, k) => `${k + 1}.roi`));
    const painted = new Int32Array(masks.data.length);
    for (const { roi } of all) {
      expect(roi).toMatchObject({ type: 8, position: 0 });
      paintRings(roi.rings, painted, masks.shape, Number(roi.name));
    }
    expect(painted).toEqual(masks.data);
  });

  it('keeps holes and parts as one composite region', async () => {
    const rows = ['2222200', '2000202', '2020200', '2000211', '2222211'];
    const data = Int32Array.from(rows.join(''), Number);
    const all = await regions(concat(roiZipParts({ data, shape: [5, 7] })));
    expect(all.map(({ roi }) => [roi.name, roi.type, roi.bounds, roi.rings.length])).toEqual([
      ['1', 8, [5, 3, 7, 5], 1],
      ['2', 1, [0, 0, 7, 5], 4],
    ]);
    const painted = new Int32Array(35);
    for (const { roi } of all) paintRings(roi.rings, painted, [5, 7], Number(roi.name));
    expect(painted).toEqual(data);
  });

  it('gives the cells of a stack the plane that they are in', async () => {
    const data = Int32Array.of(1, 1, 0, 0, 0, 0, 0, 1, 2);
    const all = await regions(concat(roiZipParts({ data, shape: [3, 1, 3] })));
    expect(all.map(({ file, roi }) => [file, roi.position, roi.z])).toEqual([
      ['1-1.roi', 1, 0],
      ['1-3.roi', 3, 0],
      ['2-3.roi', 3, 0],
    ]);
    // With both, ImageJ stays at the first plane of a plain stack.
    const several = await regions(concat(roiZipParts({ data, shape: [3, 1, 3] }, 'Z')));
    expect(several.map(({ roi }) => [roi.position, roi.z])).toEqual([
      [0, 1],
      [0, 3],
      [0, 3],
    ]);
  });

  it('is refused where coordinates do not fit', () => {
    const line = { data: new Int32Array(40000), shape: [1, 40000] };
    expect(() => roiZipParts(line)).toThrow(/32767 pixels a side/);
  });
});

test.skipIf(!shared)('the reader of these tests reads a region of ImageJ (needs the shared samples)', () => {
  const bytes = readFileSync(`${shared}data/formats/roi/composite-rect-in-rect.roi`);
  const { type, bounds, rings } = readRoi(bytes);
  expect({ type, bounds }).toEqual({ type: 1, bounds: [40, 61, 101, 103] });
  expect(rings.map((ring) => ring.length)).toEqual([8, 8]);
});
