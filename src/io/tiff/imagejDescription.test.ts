/** ImageJ's description as we write it, read again by our reader. */
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../errors.ts';
import { readImage } from '../readImage.ts';
import { imagejDescription } from './imagejDescription.ts';
import { writeTiff } from './writeTiff.ts';

describe('imagejDescription', () => {
  it('names frames, slices and channels as ImageJ does', () => {
    expect(imagejDescription([5, 8, 9], 'TYX')).toBe(
      'ImageJ=1.11a\nimages=5\nframes=5\nhyperstack=true\nmode=grayscale\nloop=false\n',
    );
    expect(imagejDescription([5, 4, 3, 8, 9], 'TZCYX')).toMatch('images=60\nchannels=3\nslices=4\nframes=5\n');
    expect(imagejDescription([5, 8, 9], 'QYX')).toBeUndefined();
    expect(imagejDescription([5, 8, 9], 'CTYX')).toBeUndefined();
  });

  it.each(['deflate', 'none'] as const)('comes back with its axes (%s)', async (compression) => {
    const data = Uint16Array.from({ length: 120 }, (_, i) => 400 * i);
    const array = { data, shape: [2, 3, 4, 5] };
    const file = await readImage(writeTiff(array, { compression, description: 'imagej', axes: 'TZYX' }));
    expect([file.axes, file.axesFrom, file.warnings]).toEqual(['TZYX', 'imagej', []]);
    expect(file.data).toEqual(array);
  });

  it('is refused for what ImageJ does not know', () => {
    const shape = [2, 3, 4];
    const write = (data: Uint16Array | Int32Array, axes?: string) => () =>
      writeTiff({ data, shape }, { description: 'imagej', rgb: false, ...(axes === undefined ? {} : { axes }) });
    expect(write(new Int32Array(24), 'TYX')).toThrow(OptionError);
    expect(write(new Uint16Array(24), 'QYX')).toThrow(OptionError);
    expect(write(new Uint16Array(24))).toThrow(OptionError);
  });
});
