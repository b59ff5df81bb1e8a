/**
 * The image in grey with each cell in a colour of its own: the picture to look at instead of a label image, which plain
 * viewers show as black. Source: cellpose 3.1 `plot.mask_overlay`; the default order of colours is ours (there it is random).
 */
import type { Masks, NdArray } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { hsvToRgb, hueOf } from './hsv.ts';

/**
 * Lays coloured masks over a grey image.
 *
 * @param image   (ly, lx) or (ly, lx, nchan), 0–255 or 0–1; channels are averaged.
 * @param masks   labels 1…n, (ly, lx).
 * @param colors  RGB per label, (n, 3), 0–255 or 0–1; only the hue is used. Omitted: hues along the golden angle, so that
 *                neighbours differ and the same label always has the same colour. `hueColors` gives shuffled hues.
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
      const color = hsvToRgb(hue, 1, gray[i]);
      for (let c = 0; c < 3; c++) rgb[3 * i + c] = color[c] * 255;
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
  const { data, shape } = colors;
  if (shape.length !== 2 || shape[1] !== 3) throw new ShapeError('maskOverlay', 'colors of shape (labels, 3)', shape);
  return Float32Array.from({ length: shape[0] }, (_, k) => hueOf(data[3 * k], data[3 * k + 1], data[3 * k + 2]));
}
