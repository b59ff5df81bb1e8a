/** Masks alone, in random colours on white. Source: cellpose 3.1 `plot.mask_rgb`. */
import type { Masks, NdArray } from '../array/ndarray.ts';
import { type Random, seededRandom } from '../array/random.ts';
import { ShapeError } from '../errors.ts';
import { maxLabel, planeShape } from '../masks/objectBoxes.ts';
import { hsvToRgb, hueOf } from './hsv.ts';

export interface MaskRgbOptions {
  /** RGB per label, (n, 3), 0–255 or 0–1; only the hue is used. @default random hues */
  readonly colors?: NdArray;
  /** Draws from 0–1: per label, in order, [hue,] saturation, brightness. @default of seed 0, the same picture at every call */
  readonly random?: Random;
}

/**
 * Paints each cell in a colour of its own: saturation and brightness at random between 0.5 and 1.
 *
 * @param masks  labels 1…n, (ly, lx), 0 is background.
 * @returns      RGB, (ly, lx, 3), 0–255; background white.
 * @throws ShapeError if masks is not (ly, lx), or colors not (n, 3) with a colour for each label.
 */
export function maskRgb(masks: Masks, { colors, random = seededRandom(0) }: MaskRgbOptions = {}): NdArray<Uint8Array> {
  const [ly, lx] = planeShape('maskRgb', masks);
  const n = maxLabel(masks);
  if (colors && (colors.shape.length !== 2 || colors.shape[1] !== 3 || colors.shape[0] < n))
    throw new ShapeError('maskRgb', `colors of shape (${n}, 3)`, colors.shape);
  const palette = new Uint8Array(3 * (n + 1)).fill(255, 0, 3);
  for (let label = 1; label <= n; label++) {
    const [r, g, b] = colors ? colors.data.subarray(3 * label - 3, 3 * label) : [];
    const hue = colors ? hueOf(r, g, b) : random();
    const saturation = random() * 0.5 + 0.5;
    const value = random() * 0.5 + 0.5;
    // float32, as the picture is before its decimals are cut off.
    const color = hsvToRgb(Math.fround(hue), Math.fround(saturation), Math.fround(value));
    for (let c = 0; c < 3; c++) palette[3 * label + c] = color[c] * 255;
  }
  const rgb = new Uint8Array(3 * ly * lx);
  for (let i = 0; i < ly * lx; i++) {
    const at = 3 * Math.max(masks.data[i], 0);
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = palette[at + c];
  }
  return { data: rgb, shape: [ly, lx, 3] };
}
