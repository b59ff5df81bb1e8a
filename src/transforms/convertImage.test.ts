import { expect, test } from 'vitest';
import { type NdArray, sizeOf } from '../array/ndarray.ts';
import { convertImage } from './convertImage.ts';

/** Numbers 0, 1, 2, …: each value tells its place. */
function counting(...shape: number[]): NdArray {
  return { data: Uint16Array.from({ length: sizeOf(shape) }, (_, k) => k), shape };
}

test('grey image: second channel zeros, input untouched', () => {
  const input = counting(2, 3);
  const { image, axes, notes } = convertImage(input, { channels: [0, 0] });
  expect(image).toEqual({ data: new Float32Array([0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0]), shape: [2, 3, 2] });
  expect({ axes, notes }).toEqual({ axes: 'YX', notes: [] });
  expect(input).toEqual(counting(2, 3));
});

test('axes are told by letters, guesses by notes', () => {
  expect(convertImage(counting(20, 30, 3)).axes).toBe('YXC');
  expect(convertImage(counting(20, 30, 3)).notes).toEqual([
    'only the first 2 of 3 channels are used; pick others with channels',
  ]);
  const planes = convertImage(counting(20, 12, 30), { channels: [0, 0] });
  expect(planes.axes).toBe('YZX');
  expect(planes.notes).toEqual(['axis 1 (size 12) was taken for z; if it holds channels, give channelAxis 1']);
  const first = convertImage(counting(3, 20, 30), { channels: [2, 0] });
  expect(first.axes).toBe('CYX');
  expect(first.notes[0]).toMatch(/axis 0 \(size 3\) was taken for the channels/);
  expect(convertImage(counting(1, 20, 30, 1), { channels: [0, 0] }).axes).toBe('1YX1');
});

test('named axes are believed where Cellpose moves the wrong one', () => {
  const c = (name: string, ...shape: number[]) => ({ name, input: counting(...shape) });
  const zFirst = convertImage(c('two planes', 2, 12, 14, 3).input, { zAxis: 0, channels: [1, 2] });
  expect(zFirst.axes).toBe('ZYXC');
  expect(zFirst.image.shape).toEqual([2, 12, 14, 2]);
  expect(convertImage(counting(12, 5, 3, 14), { zAxis: 1, channelAxis: 2 }).axes).toBe('YZCX');
  expect(convertImage(counting(12, 14, 5, 3), { zAxis: 2, channelAxis: -1 }).axes).toBe('YXZC');
  expect(convertImage(counting(40, 50, 7), { channels: [7, 0], channelAxis: 2 }).image.data[0]).toBe(6);
  expect(convertImage(counting(5, 1, 20, 30), { channelAxis: 1, channels: [0, 0] }).image.shape).toEqual([
    5, 20, 30, 2,
  ]);
});

test('pictures of few rows are not mistaken for channels', () => {
  expect(convertImage(counting(7, 9, 1), { channels: [0, 0] }).image.shape).toEqual([7, 9, 2]);
});

test('values land in their places, whatever the order of axes', () => {
  const { image } = convertImage(counting(4, 3, 5, 2), { channelAxis: 3, zAxis: 2, channels: [2, 1] });
  for (let z = 0; z < 5; z++) {
    for (let y = 0; y < 4; y++) {
      for (let x = 0; x < 3; x++) {
        const source = ((y * 3 + x) * 5 + z) * 2;
        const at = ((z * 4 + y) * 3 + x) * 2;
        expect([image.data[at], image.data[at + 1]]).toEqual([source + 1, source]);
      }
    }
  }
});

test('number of channels follows the network', () => {
  expect(convertImage(counting(9, 11), { nchan: 1 }).image.shape).toEqual([9, 11, 1]);
  expect(convertImage(counting(9, 11, 2), { nchan: 3 }).image.data.slice(0, 6)).toEqual(
    new Float32Array([0, 1, 0, 2, 3, 0]),
  );
  expect(() => convertImage(counting(9, 11, 3), { nchan: 1, channels: [1, 2] })).toThrow(/takes one channel/);
});

test('channel choices that have no effect are told', () => {
  expect(convertImage(counting(9, 11), { channels: [2, 3] }).notes).toEqual([
    'channels [2, 3] were not used: the image has one channel',
  ]);
  expect(convertImage(counting(9, 11, 2), { channels: [0, 3] }).notes[0]).toMatch(/mean of all/);
  expect(convertImage(counting(9, 11), { channels: [0, 0], channelAxis: 2 }).notes[0]).toMatch(
    /channelAxis 2 was not used/,
  );
});

test.each([
  ['no pixels', [0, 5], {}, 'ShapeError', /with pixels.*\(0, 5\)/],
  ['one axis', [12], {}, 'ShapeError', /2 to 4 axes/],
  ['five axes', [2, 2, 2, 12, 12], {}, 'ShapeError', /2 to 4 axes/],
  ['channel number', [9, 11, 3], { channels: [4, 0] }, 'OptionError', /1 to 3 .* got \[4, 0\]/],
  ['negative channel', [9, 11, 3], { channels: [-1, 0] }, 'OptionError', /got \[-1, 0\]/],
  ['one channel number', [9, 11, 3], { channels: [1] }, 'OptionError', /two numbers/],
  ['axis beyond', [9, 11, 3], { channelAxis: 3 }, 'OptionError', /channelAxis must be .* -3 to 2/],
  ['same axis twice', [9, 11, 3], { channelAxis: 2, zAxis: -1 }, 'OptionError', /must differ/],
  ['too few axes', [9, 11, 3], { channelAxis: 2, zAxis: 0 }, 'OptionError', /needs 4 axes/],
  ['plane as volume', [9, 11], { do3D: true, channels: [0, 0] }, 'OptionError', /3D needs planes/],
  ['colour plane as volume', [9, 11, 3], { do3D: true, channelAxis: 2 }, 'OptionError', /3D needs planes/],
  [
    'which axis',
    [20, 30, 40],
    {},
    'OptionError',
    /name the axes: zAxis 0, 1 or 2 for planes, channelAxis 0, 1 or 2 for channels/,
  ],
  ['a cube', [20, 20, 20], { channels: [0, 0] }, 'OptionError', /planes .* cannot be told; give zAxis 0, 1 or 2/],
  ['two axes alike', [30, 20, 20], { channels: [0, 0] }, 'OptionError', /give zAxis 1 or 2/],
])('%s is refused', (_, shape, options, kind, message) => {
  const attempt = () => convertImage(counting(...shape), options);
  expect(attempt).toThrow(message);
  expect(attempt).toThrow(expect.objectContaining({ name: kind }));
});

test('NaN and infinite values are counted and refused', () => {
  const data = Float32Array.from({ length: 99 }, (_, k) => (k === 5 ? Number.NaN : k === 9 ? -Infinity : k));
  expect(() => convertImage({ data, shape: [9, 11] })).toThrow(/got 2 that are NaN or infinite/);
});
