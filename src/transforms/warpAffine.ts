/**
 * Moves a picture by an affine map, bit for bit as OpenCV's `warpAffine` does it for float32: places in the source are whole
 * multiples of 1/32 pixel (linear) or whole pixels (nearest), outside the source is 0.
 */

/** Forward map, source to result: x' = m[0] x + m[1] y + m[2], y' = m[3] x + m[4] y + m[5]. */
export type AffineMap = readonly [number, number, number, number, number, number];

export interface Plane {
  readonly data: Float32Array;
  readonly ly: number;
  readonly lx: number;
}

/** Places are computed in 1/1024 of a pixel. */
const fine = 1024;
const fractionBits = 5;
const fractions = 1 << fractionBits;

/**
 * @param from  the picture. Not changed.
 * @param to    the result is written here, all of it.
 * @param sampling  'linear' or 'nearest'.
 */
export function warpAffine(from: Plane, to: Plane, map: AffineMap, sampling: 'linear' | 'nearest'): void {
  const [a, b, c, d, e, f] = inverse(map);
  const linear = sampling === 'linear';
  const shift = linear ? 10 - fractionBits : 10;
  const half = 1 << (shift - 1);
  const dx = new Int32Array(to.lx);
  const dy = new Int32Array(to.lx);
  for (let x = 0; x < to.lx; x++) {
    dx[x] = roundToEven(a * x * fine);
    dy[x] = roundToEven(d * x * fine);
  }
  for (let y = 0; y < to.ly; y++) {
    const x0 = roundToEven((b * y + c) * fine) + half;
    const y0 = roundToEven((e * y + f) * fine) + half;
    const row = y * to.lx;
    for (let x = 0; x < to.lx; x++) {
      const sx = (x0 + dx[x]) >> shift;
      const sy = (y0 + dy[x]) >> shift;
      to.data[row + x] = linear ? sampleLinear(from, sy, sx) : sampleNearest(from, sy, sx);
    }
  }
}

function sampleNearest({ data, ly, lx }: Plane, y: number, x: number): number {
  return x >= 0 && x < lx && y >= 0 && y < ly ? data[y * lx + x] : 0;
}

/** At a place in 1/32 pixels: the four pixels around by their weights, summed in float32 from the upper left on. */
function sampleLinear({ data, ly, lx }: Plane, placeY: number, placeX: number): number {
  const y = placeY >> fractionBits;
  const x = placeX >> fractionBits;
  if (x >= lx || x < -1 || y >= ly || y < -1) return 0;
  const fy = (placeY & (fractions - 1)) / fractions;
  const fx = (placeX & (fractions - 1)) / fractions;
  const left = x >= 0;
  const right = x + 1 < lx;
  const at = y * lx + x;
  const upper = y >= 0;
  const lower = y + 1 < ly;
  const r = Math.fround;
  let sum = upper && left ? r(data[at] * ((1 - fy) * (1 - fx))) : 0;
  if (upper && right) sum = r(sum + r(data[at + 1] * ((1 - fy) * fx)));
  if (lower && left) sum = r(sum + r(data[at + lx] * (fy * (1 - fx))));
  if (lower && right) sum = r(sum + r(data[at + lx + 1] * (fy * fx)));
  return sum;
}

function inverse([a, b, c, d, e, f]: AffineMap): AffineMap {
  const determinant = a * e - b * d;
  const scale = determinant === 0 ? 0 : 1 / determinant;
  const [ia, ib, id, ie] = [e * scale, -b * scale, -d * scale, a * scale];
  return [ia, ib, -ia * c - ib * f, id, ie, -id * c - ie * f];
}

/** To the nearest whole number, halves to the even one. */
function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
