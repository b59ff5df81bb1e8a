/**
 * Euler steps of single points through a flow field: the plain loops behind `followFlows`, and the oracle of its kernels.
 * Source: cellpose 3.1 `map_coordinates` with `steps_interp` (CPU branch), and `steps2D`; bit-equal to both as numba compiles them.
 */

/** What the loops work on; the same for the plain loops and for the kernels. */
export interface FlowField {
  /** (dy, dx) per pixel, (ly, lx, 2), in pixels per step. */
  readonly flow: Float32Array;
  readonly ly: number;
  readonly lx: number;
}

/** Points to move, in place. */
export interface Points {
  readonly y: Float32Array;
  readonly x: Float32Array;
}

/** How far a flow must point into a cell of the pixel grid, for the cell to hold a point in spite of rounding; see `holds`. */
const margin = 1 / 128;

/** A point is compared with where it was up to this many steps ago, to notice that it runs in a circle. */
const circle = 8;

/**
 * Moves points `from` … `to` − 1 by `niter` steps, reading the flow between pixels.
 *
 * @param settle  stop a point as soon as its whole part cannot change any more. Then only the whole part of the result counts.
 *
 * The sum over the four pixels mixes float32 and float64 as the reference's types do. Points that rest or run in a circle
 * are finished without the remaining steps; the result is the same.
 */
export function stepsLinear(
  { flow, ly, lx }: FlowField,
  { y, x }: Points,
  { from, to, niter, settle }: { from: number; to: number; niter: number; settle: boolean },
): void {
  const f = Math.fround;
  for (let i = from; i < to; i++) {
    let py = y[i];
    let px = x[i];
    let markY = py;
    let markX = px;
    let markAt = 0;
    let end = niter;
    let checked = -1;
    for (let t = 1; t <= end; t++) {
      const y0 = Math.min(ly - 1, Math.max(0, py | 0));
      const x0 = Math.min(lx - 1, Math.max(0, px | 0));
      const at = y0 * lx + x0;
      const right = x0 < lx - 1 ? 2 : 0;
      const below = y0 < ly - 1 ? 2 * lx : 0;
      const fy = f(py - (py | 0));
      const fx = f(px - (px | 0));
      const wy = 1 - fy;
      const wx = 1 - fx;
      const sample = (k: number) =>
        f(
          flow[k] * wy * wx +
            flow[k + right] * wy * fx +
            f(flow[k + below] * fy) * wx +
            f(f(flow[k + below + right] * fy) * fx),
        );
      const ny = Math.min(ly - 1, Math.max(0, f(py + sample(2 * at))));
      const nx = Math.min(lx - 1, Math.max(0, f(px + sample(2 * at + 1))));
      if (ny === py && nx === px) break; // at rest
      py = ny;
      px = nx;
      if (ny === markY && nx === markX) {
        end = t + ((end - t) % (t - markAt)); // in a circle: whole turns change nothing
        markY = Number.NaN;
      } else if (t % circle === 0) {
        markY = ny;
        markX = nx;
        markAt = t;
      }
      if (settle && (ny | 0) === y0 && (nx | 0) === x0 && checked !== at) {
        if (right !== 0 && below !== 0 && holds(flow, 2 * at, 2 * lx)) break;
        checked = at;
      }
    }
    y[i] = py;
    x[i] = px;
  }
}

/**
 * Whether a point between the four pixels at `k` can never leave them: at all four corners a step leads back between them.
 * A step from anywhere between is a mixture of those (it is linear in y for fixed x, and in x for fixed y), so its
 * extremes lie at the corners. The margin is larger than the rounding of positions below 2^16 pixels.
 */
function holds(flow: Float32Array, k: number, row: number): boolean {
  const inward = (step: number) => step >= margin && step <= 1 - margin;
  return (
    inward(flow[k]) &&
    inward(flow[k + 1]) &&
    inward(flow[k + 2]) &&
    inward(-flow[k + 3]) &&
    inward(-flow[k + row]) &&
    inward(flow[k + row + 1]) &&
    inward(-flow[k + row + 2]) &&
    inward(-flow[k + row + 3])
  );
}

/** Moves points `from` … `to` − 1 by `niter` steps, reading the flow at the pixel that the whole part of a position names. */
export function stepsNearest(
  { flow, ly, lx }: FlowField,
  { y, x }: Points,
  { from, to, niter }: { from: number; to: number; niter: number },
): void {
  const f = Math.fround;
  for (let i = from; i < to; i++) {
    let py = y[i];
    let px = x[i];
    let markY = py;
    let markX = px;
    let markAt = 0;
    let end = niter;
    for (let t = 1; t <= end; t++) {
      const k = 2 * ((py | 0) * lx + (px | 0));
      const ny = Math.min(ly - 1, Math.max(0, f(py + flow[k])));
      const nx = Math.min(lx - 1, Math.max(0, f(px + flow[k + 1])));
      if (ny === py && nx === px) break; // at rest
      py = ny;
      px = nx;
      if (ny === markY && nx === markX) {
        end = t + ((end - t) % (t - markAt)); // in a circle: whole turns change nothing
        markY = Number.NaN;
      } else if (t % circle === 0) {
        markY = ny;
        markX = nx;
        markAt = t;
      }
    }
    y[i] = py;
    x[i] = px;
  }
}
