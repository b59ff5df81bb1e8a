/** _seg.npy of a volume as Cellpose 3.1 wrote it: read, drawn and written with the same content. */
import { readFileSync } from 'node:fs';
import { type NdArray, readSegNpy, writeSegNpy } from 'cellpose-ts';
import { describe, expect, it } from 'vitest';
import { flowPicture } from '../../apps/cli/flowPicture.ts';
import { readNpyDictionary } from '../../src/io/npyObject.ts';
import { PickledArray } from '../../src/io/pickle/numpyGlobals.ts';
import type { PickleValue } from '../../src/io/pickle/values.ts';
import { goldenPath } from '../helpers/npz.ts';

const bytes = new Uint8Array(readFileSync(goldenPath('files/3.1/volume_seg.npy')!));
const size = [3, 9, 11];

/** Every value of a dictionary with its type, for comparison. */
function plain(value: PickleValue): unknown {
  if (value instanceof PickledArray) return value.array ?? value.items.map(plain);
  if (Array.isArray(value)) return value.map(plain);
  return value;
}
const content = (file: Uint8Array) => [...readNpyDictionary(file)].map(([key, value]) => [key, plain(value)]);

describe('_seg.npy of a volume', () => {
  const { masks, flows, diameter, filename } = readSegNpy(bytes);
  const { dP, cellprob } = flows!;
  const colours = flows!.flowPicture as NdArray<Uint8Array>;

  it('is read', () => {
    expect(masks.shape).toEqual(size);
    expect(dP!.shape).toEqual([3, ...size]);
    expect(cellprob!.shape).toEqual(size);
    expect(new Set(masks.data)).toEqual(new Set([0, 1, 2, 3]));
  });

  it('has the picture of flows, within 1', () => {
    const picture = flowPicture(dP!);
    expect(picture.shape).toEqual([...size, 3]);
    expect(colours.shape).toEqual(picture.shape);
    const worst = picture.data.reduce((most, value, i) => Math.max(most, Math.abs(value - colours.data[i]!)), 0);
    // The picture is cut to whole numbers, and the strength of three axes is computed in another order.
    expect(worst).toBeLessThanOrEqual(1);
  });

  it('is written with the same content', () => {
    const written = writeSegNpy({
      masks,
      dP: dP!,
      cellprob: cellprob!,
      flowPicture: colours,
      diameter: diameter!,
      filename: filename!,
    });
    expect(content(written)).toEqual(content(bytes));
  });
});
