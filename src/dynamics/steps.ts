/**
 * Euler steps of single points through a flow field: the plain loops behind `followFlows`, and the oracle of its kernels.
 * Source: cellpose 3.1 `map_coordinates` with `steps_interp` (CPU branch), and `steps2D`; bit-equal to both as numba compiles them.
 */

/** What the loops work on. */
export interface FlowField {
  /** (dy, dx) per pixel, (ly, lx, 2), in pixels per step. */
  readonly flow: Float32Array;
  readonly ly: number;
  readonly lx: number;
  /** Where its first pixel lies, if it is a window of a picture: points are places in the picture. @default 0, 0 */
  readonly y?: number;
  readonly x?: number;
}

/** Which points to move, and how far. */
export interface StepRange {
  /** The first point and the one after the last. */
  readonly from: number;
  readonly to: number;
  readonly niter: number;
}

/** How far a flow must point into a cell of the pixel grid, for the cell to hold a point in spite of rounding; see `holds`. */
const margin = 1 / 128;
/** Largest size of an image for which that margin is wide enough. */
export const settleLimit = 65536;

/** A point is compared with where it was up to this many steps ago, to notice that it runs in a circle. */
const circle = 8;

/**
 * Moves points (y, x), in place, reading the flow between pixels.
 *
 * @param points  positions in pixels, (n, 2).
 * @param settle  stop a point as soon as its whole part cannot change any more. Then only the whole part of the result counts.
 *
 * The sum over the four pixels mixes float32 and float64 as the reference's types do. Points that rest or run in a circle
 * are finished without the remaining steps; the result is the same. A flow that is not a number leads to the first row or column.
 */
export function stepsLinear(field: FlowField, points: Float32Array, range: StepRange, settle = false): void {
  const { flow, ly, lx, y: firstY = 0, x: firstX = 0 } = field;
  const [lastY, lastX] = [firstY + ly - 1, firstX + lx - 1];
  const f = Math.fround;
  let at = 0;
  let right = 0;
  let below = 0;
  const next = (y: number, x: number, to: Float32Array) => {
    const y0 = y | 0;
    const x0 = x | 0;
    at = 2 * ((y0 - firstY) * lx + x0 - firstX);
    right = x0 < lastX ? 2 : 0;
    below = y0 < lastY ? 2 * lx : 0;
    const fy = f(y - y0);
    const fx = f(x - x0);
    const wy = 1 - fy;
    const wx = 1 - fx;
    const sample = (i: number) =>
      f(
        flow[i] * wy * wx +
          flow[i + right] * wy * fx +
          f(flow[i + below] * fy) * wx +
          f(f(flow[i + below + right] * fy) * fx),
      );
    to[0] = clamp(f(y + sample(at)), firstY, lastY);
    to[1] = clamp(f(x + sample(at + 1)), firstX, lastX);
  };
  walk(next, points, range, settle ? () => holds(flow, at, right, below) : () => false);
}

/** Moves points (y, x), in place, reading the flow at the pixel that the whole part of a position names. */
export function stepsNearest(field: FlowField, points: Float32Array, range: StepRange): void {
  const { flow, ly, lx, y: firstY = 0, x: firstX = 0 } = field;
  const next = (y: number, x: number, to: Float32Array) => {
    const k = 2 * (((y | 0) - firstY) * lx + (x | 0) - firstX);
    to[0] = clamp(Math.fround(y + flow[k]), firstY, firstY + ly - 1);
    to[1] = clamp(Math.fround(x + flow[k + 1]), firstX, firstX + lx - 1);
  };
  walk(next, points, range, () => false);
}

/** Repeats `next` for each point until it rests, is settled, or has made its steps. */
function walk(
  next: (y: number, x: number, to: Float32Array) => void,
  points: Float32Array,
  { from, to, niter }: StepRange,
  isSettled: () => boolean,
): void {
  const p = new Float32Array(2);
  for (let i = from; i < to; i++) {
    let y = points[2 * i];
    let x = points[2 * i + 1];
    let markY = y;
    let markX = x;
    let markAt = 0;
    let end = niter;
    for (let t = 1; t <= end; t++) {
      next(y, x, p);
      const rests = p[0] === y && p[1] === x;
      y = p[0];
      x = p[1];
      if (rests || isSettled()) break;
      // In a circle: whole turns change nothing.
      if (y === markY && x === markX) end = t + ((end - t) % (t - markAt));
      if (t % circle === 0) {
        markY = y;
        markX = x;
        markAt = t;
      }
    }
    points[2 * i] = y;
    points[2 * i + 1] = x;
  }
}

/** Within [first, last]; what is not a number becomes first. */
function clamp(value: number, first: number, last: number): number {
  const high = value > first ? value : first;
  return high < last ? high : last;
}

/**
 * Whether a point between the four pixels at `k`, `k + right` and those below can never leave them: at all four corners a
 * step leads back between them. A step from anywhere between is a mixture of those (it is linear in y for fixed x, and in x
 * for fixed y), so its extremes lie at the corners. The margin is larger than the rounding of positions below 2^16 pixels.
 * At the last row and column the corners repeat, and can never point against each other.
 */
function holds(flow: Float32Array, k: number, right: number, below: number): boolean {
  const inward = (step: number) => step >= margin && step <= 1 - margin;
  return (
    inward(flow[k]) &&
    inward(flow[k + 1]) &&
    inward(flow[k + right]) &&
    inward(-flow[k + right + 1]) &&
    inward(-flow[k + below]) &&
    inward(flow[k + below + 1]) &&
    inward(-flow[k + below + right]) &&
    inward(-flow[k + below + right + 1])
  );
}
