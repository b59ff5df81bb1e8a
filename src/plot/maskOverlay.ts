/**
 * The image in grey with each cell in a colour of its own: the picture to look at instead of a label image, which plain
 * viewers show as black. Source: cellpose 3.1 `plot.mask_overlay`; the order of colours is ours (there it is random).
 */
import type { Masks, NdArray } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';

/**
 * Lays coloured masks over a grey image.
 *
 * @param image   (ly, lx) or (ly, lx, nchan), 0–255 or 0–1; channels are averaged.
 * @param masks   labels 1…n, (ly, lx).
 * @param colors  RGB per label, (n, 3), 0–255; only the hue is used. Omitted: hues along the golden angle, so that
 *                neighbours differ and the same label always has the same colour.
 * @returns       RGB, (ly, lx, 3), 0–255: brightness is 1.5 × the image, cells are fully saturated.
 * @throws ShapeError if sizes differ or there are fewer colours than labels.
 */
export function maskOverlay(image: NdArray, masks: Masks, colors?: NdArray): NdArray<Uint8Array> {
  const [ly, lx, nchan = 1] = image.shape;
  if (masks.shape.length !== 2 || masks.shape[0] !== ly || masks.shape[1] !== lx) {
    throw new ShapeError('maskOverlay', `masks of shape (${ly}, ${lx}) to match the image`, masks.shape);
  }
  const gray = grayValues(image, ly * lx, nchan);
  const hues = colors ? huesOf(colors) : undefined;
  const rgb = new Uint8Array(3 * ly * lx);
  for (let i = 0; i < gray.length; i++) {
    const label = masks.data[i];
    if (label === 0) {
      rgb.fill(gray[i] * 255, 3 * i, 3 * i + 3);
    } else {
      if (hues && label > hues.length) {
        throw new ShapeError('maskOverlay', `a colour for each label up to ${label}`, colors!.shape);
      }
      const hue = hues ? hues[label - 1] : labelHue(label);
      writeSaturated(rgb, 3 * i, hue, gray[i]);
    }
  }
  return { data: rgb, shape: [ly, lx, 3] };
}

const goldenRatio = 0.618033988749895;

/** Hue 0–1 of a label: steps of the golden ratio round the circle keep any few neighbouring numbers apart. */
function labelHue(label: number): number {
  return (label * goldenRatio) % 1;
}

/** Brightness 0–1, 1.5 × the image. */
function grayValues(image: NdArray, n: number, nchan: number): Float32Array {
  const gray = new Float32Array(n);
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let c = 0; c < nchan; c++) sum += image.data[i * nchan + c];
    gray[i] = sum / nchan;
    if (gray[i] > max) max = gray[i];
  }
  const divisor = max > 1 ? 255 : 1;
  for (let i = 0; i < n; i++) gray[i] = Math.min(Math.max(Math.fround(gray[i] / divisor) * 1.5, 0), 1);
  return gray;
}

function huesOf(colors: NdArray): Float32Array {
  if (colors.shape.length !== 2 || colors.shape[1] !== 3) {
    throw new ShapeError('maskOverlay', 'colors of shape (labels, 3)', colors.shape);
  }
  const hues = new Float32Array(colors.shape[0]);
  for (let k = 0; k < hues.length; k++) {
    const [r, g, b] = [0, 1, 2].map((c) => colors.data[3 * k + c]) as [number, number, number];
    const max = Math.max(r, g, b);
    const range = max - Math.min(r, g, b);
    if (range === 0) continue;
    const sixths = max === r ? (g - b) / range : max === g ? 2 + (b - r) / range : 4 + (r - g) / range;
    hues[k] = (((sixths / 6) % 1) + 1) % 1;
  }
  return hues;
}

/** Writes HSV (hue, 1, value) as RGB, decimals cut off. */
function writeSaturated(rgb: Uint8Array, at: number, hue: number, value: number): void {
  const sector = Math.floor(hue * 6);
  const rising = hue * 6 - sector;
  const ramp = (x: number) => Math.trunc(x * 255);
  const high = ramp(value);
  const up = ramp(value * rising);
  const down = ramp(value * (1 - rising));
  const [r, g, b] = [
    [high, up, 0],
    [down, high, 0],
    [0, high, up],
    [0, down, high],
    [up, 0, high],
    [high, 0, down],
  ][sector % 6];
  rgb[at] = r!;
  rgb[at + 1] = g!;
  rgb[at + 2] = b!;
}
