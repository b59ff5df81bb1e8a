/**
 * The picture of a flow field as of 2020: hue for direction, strength for saturation and brightness, so that no flow is
 * black. Source: cellpose 0.1 `plot.dx_to_circ`, the picture in the article.
 */
import type { NdArray } from '../array/ndarray.ts';
import { percentile } from '../array/percentile.ts';
import { ShapeError } from '../errors.ts';
import { hsvToRgb } from './hsv.ts';

/**
 * Turns a flow field into an RGB picture; `dxToCirc` is the later form.
 *
 * @param dP  flow, (2, ly, lx): plane 0 is y, plane 1 is x; any unit.
 * @returns   RGB, (ly, lx, 3), 0–255.
 * @throws ShapeError if dP is not (2, ly, lx).
 *
 * Y, X = each component over the larger of its 1st and 99th percentile, clipped to ±1; hue = (atan2(Y, X) + π) / 2π;
 * saturation and value = normalize99(dY² + dX²), clipped to 0–1. Black where these percentiles are equal. float32 up to hue and strength.
 */
export function dxToCircHsv(dP: NdArray): NdArray<Uint8Array> {
  const [planes, ly, lx] = dP.shape;
  if (dP.shape.length !== 3 || planes !== 2)
    throw new ShapeError('dxToCircHsv', 'flows of shape (2, ly, lx)', dP.shape);
  const n = ly * lx;
  const f = Math.fround;
  const dY = Float32Array.from(dP.data.subarray(0, n));
  const dX = Float32Array.from(dP.data.subarray(n));
  const y = clipped(dY);
  const x = clipped(dX);
  const squares = dY.map((v, i) => f(v * v) + f(dX[i] * dX[i]));
  const [low, high] = percentile(squares, [1, 99]);
  const rgb = new Uint8Array(3 * n);
  for (let i = 0; i < n; i++) {
    const hue = f(f(f(Math.atan2(y[i], x[i])) + f(Math.PI)) / f(2 * Math.PI));
    const strength = high > low ? Math.min(Math.max(f(f(squares[i] - f(low)) / f(high - low)), 0), 1) : 0;
    const color = hsvToRgb(hue, strength, strength);
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = color[c] * 255;
  }
  return { data: rgb, shape: [ly, lx, 3] };
}

/** A component over the larger of its percentiles, within ±1; as it is where that is 0. */
function clipped(component: Float32Array): Float32Array {
  const scale = Math.max(...percentile(component, [1, 99])) || 1;
  return component.map((v) => Math.min(Math.max(v / scale, -1), 1));
}
