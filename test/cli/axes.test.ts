/** Axes that a file names by itself are read; those it leaves open are guessed by the model. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPicture } from '../../apps/cli/readPicture.ts';
import { shared } from '../helpers/npz.ts';

const formats = `${shared ?? '/missing/'}data/formats/`;

// The files lie in the shared reference material only: too many to copy for one small rule.
describe.skipIf(!existsSync(formats))('axes that files name', () => {
  it.each([
    ['imagej/tf_CYX.tif', { channelAxis: 0 }],
    ['imagej/tf_ZYX.tif', { zAxis: 0 }],
    ['imagej/tf_TYX.tif', { tAxis: 0 }],
    ['imagej/tf_ZCYX.tif', { zAxis: 0, channelAxis: 1 }],
    ['imagej/tf_TZCYX.tif', {}],
    ['imagej/nb_xy_rgb__cells.tif', { channelAxis: 2 }],
    ['imagej/nb_xy_16bit__h2b.tif', {}],
    ['ome-tiff/tf_CYX.ome.tif', { channelAxis: 0 }],
    ['ome-tiff/tf_CTZYX.ome.tif', {}],
    ['ome-tiff/tf_SYX.ome.tif', { channelAxis: 0 }],
  ])('%s', async (name, axes) => {
    const picture = await readPicture(formats + name);
    expect(picture.axes).toEqual(axes);
    expect(picture.notes.some((note) => note.includes('as the file says'))).toBe(Object.keys(axes).length > 0);
  });
});
