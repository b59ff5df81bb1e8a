/**
 * The picture of a flow field: direction as colour, strength as brightness. Colours run round a sinebow, so that equal
 * steps of angle look equal. Source: cellpose 3.1 `plot.dx_to_circ`.
 */
import type { FloatArray, NdArray } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { normalize99 } from '../transforms/normalize99.ts';

/**
 * Turns a flow field into an RGB picture.
 *
 * @param dP  flow, (2, ly, lx): plane 0 is y, plane 1 is x; any unit.
 * @returns   RGB, (ly, lx, 3), 0–255.
 * @throws ShapeError if dP is not (2, ly, lx).
 *
 * brightness = clip(normalize99(|dP|), 0, 1) · 255 / 2; angle = atan2(dX, dY) + π;
 * channel k = brightness · (cos(angle + 2πk/3) + 1), decimals cut off. float32 throughout.
 */
export function dxToCirc(dP: FloatArray): NdArray<Uint8Array> {
  const [planes, ly, lx] = dP.shape;
  if (dP.shape.length !== 3 || planes !== 2) throw new ShapeError('dxToCirc', 'flows of shape (2, ly, lx)', dP.shape);
  const n = ly * lx;
  const { data } = dP;
  const f = Math.fround;

  const strength = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const y = data[i];
    const x = data[n + i];
    strength[i] = Math.sqrt(f(f(y * y) + f(x * x)));
  }
  const scaled = normalize99({ data: strength, shape: [ly, lx] }).data;

  const rgb = new Uint8Array(3 * n);
  const third = f((2 * Math.PI) / 3);
  const twoThirds = f((4 * Math.PI) / 3);
  for (let i = 0; i < n; i++) {
    const brightness = f(f(255 * Math.min(Math.max(scaled[i], 0), 1)) / 2);
    const angle = f(f(Math.atan2(data[n + i], data[i])) + f(Math.PI));
    rgb[3 * i] = level(brightness, angle);
    rgb[3 * i + 1] = level(brightness, f(angle + third));
    rgb[3 * i + 2] = level(brightness, f(angle + twoThirds));
  }
  return { data: rgb, shape: [ly, lx, 3] };
}

function level(brightness: number, angle: number): number {
  const value = Math.fround(brightness * Math.fround(Math.fround(Math.cos(angle)) + 1));
  return Math.trunc(Math.min(Math.max(value, 0), 255));
}
