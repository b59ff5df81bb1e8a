/** Sizes and values of cellpose 3.1 `resize_image` (OpenCV 4.6) and `get_pad_yx`. */
import { expect, test } from 'vitest';
import type { NdArray } from '../../src/array/ndarray.ts';
import { getPadYX } from '../../src/transforms/getPadYX.ts';
import { type Interpolation, resizeImage, resizePlanes } from '../../src/transforms/resizeImage.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const arrays = readNpz(goldenPath('transforms-resize.npz') as string);

const linear: [string, string][] = [
  ...['up17', 'down06', 'up2', 'down05', 'down033'].flatMap((size): [string, string][] => [
    ['gray', `gray_lin_${size}`],
    ['two', `two_lin_${size}`],
  ]),
  ['two', 'two_lin_xy'],
  ['two', 'two_lin_to_50_41'],
];

test.each(linear)('linear, float32: %s → %s, bit by bit', (from, to) => {
  expect(resized(toFloat(from), to, 'linear').data).toEqual(arrays[to].data);
});

test('linear, uint8: within 1, as OpenCV works in fixed point there', () => {
  const got = resized(arrays['two'], 'u8_lin_to_50_41', 'linear').data;
  const worst = Math.max(...Array.from(got, (value, k) => Math.abs(value - arrays['u8_lin_to_50_41'].data[k])));
  expect(got).toBeInstanceOf(Uint8Array);
  expect(worst).toBeLessThanOrEqual(1);
});

test.each([
  ['gray', 'gray_near_55_30'],
  ['labels', 'labels_near_up'],
  ['labels', 'labels_near_down'],
  ['labels', 'labels_near_same_x'],
])('nearest: %s → %s', (from, to) => {
  expect(resized(arrays[from], to, 'nearest').data).toEqual(arrays[to].data);
});

test('nearest keeps labels beyond 16 bits', () => {
  const labels = {
    data: Uint32Array.from(arrays['labels'].data, (label) => label + 70000),
    shape: arrays['labels'].shape,
  };
  expect(resized(labels, 'labels_u32_near_up', 'nearest').data).toEqual(arrays['labels_u32_near_up'].data);
});

test('stacks are resized plane by plane', () => {
  const stack = toFloat('stack');
  const [n, ly, lx] = arrays['stack_nochan'].shape;
  expect(resizePlanes(stack, ly, lx)).toEqual({ data: arrays['stack_nochan'].data, shape: [n, ly, lx] });
  const volume = { data: stack.data, shape: [...stack.shape, 1] };
  expect(resizeImage(volume, ly, lx).data).toEqual(arrays['stack_chan4'].data);
});

test('getPadYX', () => {
  const [rows, columns] = arrays['pads'].shape;
  for (let k = 0; k < rows; k++) {
    const [ly, lx, ...expected] = Array.from(arrays['pads'].data.slice(k * columns, (k + 1) * columns));
    const got = [getPadYX(ly, lx), getPadYX(ly, lx, { div: 8, extra: 0 }), getPadYX(ly, lx, { minSize: [128, 200] })];
    expect(got.flat()).toEqual(expected);
  }
  const [above, below, left, right] = getPadYX(37, 45);
  expect([2, 37 + above + below, 45 + left + right]).toEqual(arrays['pad_two'].shape);
  expect([above, left]).toEqual([arrays['pad_ysub'].data[0], arrays['pad_xsub'].data[0]]);
});

function resized(image: NdArray, name: string, interpolation: Interpolation): NdArray {
  const [ly, lx] = arrays[name].shape;
  return resizeImage(image, ly, lx, interpolation);
}

function toFloat(name: string): NdArray<Float32Array> {
  return { data: Float32Array.from(arrays[name].data), shape: arrays[name].shape };
}
