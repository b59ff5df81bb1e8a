/** Axis orders, guesses and channel choices of cellpose 3.1 `convert_image`: every case of transforms-convert. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { convertImage } from '../../src/transforms/convertImage.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

interface Case {
  readonly in_shape: number[];
  readonly out_shape: number[];
  readonly channels: [number, number] | null;
  readonly channel_axis?: number;
  readonly z_axis?: number;
  readonly do_3D?: boolean;
}

const cases = JSON.parse(readFileSync(goldenPath('transforms-convert.json') as string, 'utf8')) as Record<string, Case>;
const arrays = readNpz(goldenPath('transforms-convert.npz') as string);

test('there are cases', () => expect(Object.keys(cases)).toHaveLength(23));

test.each(Object.entries(cases))('convertImage %s', (name, c) => {
  const { image } = convertImage(arrays[`${name}_in`], {
    channels: c.channels,
    channelAxis: c.channel_axis,
    zAxis: c.z_axis,
    do3D: c.do_3D,
  });
  expect(image.shape).toEqual(c.out_shape);
  expect(Array.from(image.data)).toEqual(Array.from(arrays[`${name}_out`].data));
});

test.each([
  ['reshape_00', [0, 0]],
  ['reshape_10', [1, 0]],
  ['reshape_32', [3, 2]],
])('choice of channels %s', (name, channels) => {
  const { image } = convertImage(arrays['reshape_in'], { channels });
  expect(image.data).toEqual(arrays[name].data);
});
