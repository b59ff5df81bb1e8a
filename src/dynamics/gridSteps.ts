/**
 * Euler steps of points in the coordinates of PyTorch's `grid_sample`, and nearest-voxel steps in volumes: the plain loops
 * behind `followFlows`, and the oracle of their kernels. Positions have four places (z, y, x, steps left), as the kernels need.
 * Source: cellpose 3.1 `steps_interp` on a GPU and for volumes, and `steps3D`.
 */
import type { Window } from '../array/window.ts';
import type { Range } from '../kernels/kernelJob.ts';

/** What the loops work on. A plane is a volume of one layer whose z is not read. */
export interface VolumeField {
  /** (dz, dy, dx, 0) per voxel, (lz, ly, lx, 4): in voxels per step, or scaled by `gridField`. */
  readonly flow: Float32Array | Float64Array;
  readonly shape: readonly [lz: number, ly: number, lx: number];
  /** Of a plane, the window whose flow is there: what lies beyond it counts 0. @default all of the plane */
  readonly window?: Window;
  /** Of a volume, the planes whose flow is there, first and number. A point that needs others waits. @default all */
  readonly planes?: readonly [first: number, count: number];
}

type Positions = Float32Array | Float64Array;
type Round = (value: number) => number;

const exact: Round = (value) => value;

/** A point is compared with where it was up to this many steps ago, to notice that it runs in a circle. */
const circle = 8;

/** From voxels to grid coordinates, −1 … 1 along each axis, in place; along an axis of one voxel 0 stays 0. */
export function toGrid(points: Positions, shape: VolumeField['shape']): void {
  const r = rounding(points);
  for (let i = 0; i < points.length; i++) {
    if (shape[i % 4] > 1) points[i] = r(r(points[i] / (shape[i % 4] - 1)) * 2) - 1;
  }
}

/** And back. */
export function fromGrid(points: Positions, shape: VolumeField['shape']): void {
  const r = rounding(points);
  for (let i = 0; i < points.length; i++) {
    if (shape[i % 4] > 1) points[i] = r(r(points[i] + 1) * 0.5) * (shape[i % 4] - 1);
  }
}

/** More steps than this do not fit beside a position. */
export const mostSteps = 2 ** 24;

/**
 * Moves points, in place, each by as many steps as it has left; a point that waits for other planes has some left afterwards.
 *
 * By the flow between the voxels around. `grid_sample` counts voxels' centres half a voxel further than
 * the positions do, and reads zeros beyond the border. What is not a number becomes −1. In the type of `points`.
 */
export function stepsGrid({ flow, shape, window, planes }: VolumeField, points: Positions, range: Range): void {
  const r = rounding(points);
  const [lz, ly, lx] = shape;
  const { y: firstY, x: firstX, h, w } = window ?? { y: 0, x: 0, h: ly, w: lx };
  const [z0, d] = planes ?? [0, lz];
  const [z, y, x] = [place(), place(), place()];
  walk(points, range, (from, to) => {
    if (lz > 1) locate(from[0], lz, z, r);
    if (lz > 1 && (Math.max(z.low, 0) < z0 || Math.min(z.low + 1, lz - 1) >= z0 + d)) return false;
    locate(from[1], ly, y, r);
    locate(from[2], lx, x, r);
    let [dz, dy, dx] = [0, 0, 0];
    for (let corner = 0; corner < (lz > 1 ? 8 : 4); corner++) {
      const [highX, highY, highZ] = [corner & 1, (corner >> 1) & 1, corner >> 2];
      const [cz, cy, cx] = [lz > 1 ? z.low + highZ : 0, y.low + highY - firstY, x.low + highX - firstX];
      if (cz < 0 || cz >= lz || cy < 0 || cy >= h || cx < 0 || cx >= w) continue;
      const inPlane = r((highX ? x.weightHigh : x.weightLow) * (highY ? y.weightHigh : y.weightLow));
      const weight = lz > 1 ? r(inPlane * (highZ ? z.weightHigh : z.weightLow)) : inPlane;
      const at = 4 * (((cz - z0) * h + cy) * w + cx);
      dz = r(dz + r(flow[at] * weight));
      dy = r(dy + r(flow[at + 1] * weight));
      dx = r(dx + r(flow[at + 2] * weight));
    }
    to[0] = clamp(r(from[0] + dz), -1, 1);
    to[1] = clamp(r(from[1] + dy), -1, 1);
    to[2] = clamp(r(from[2] + dx), -1, 1);
    return true;
  });
}

/** The same by the flow at the voxel that the whole part of a position names. */
export function stepsNearestVoxel(
  { flow, shape: [lz, ly, lx], planes: [z0, d] = [0, lz] }: VolumeField,
  points: Float32Array,
  range: Range,
): void {
  const f = Math.fround;
  walk(points, range, (from, to) => {
    const z = from[0] | 0;
    if (z < z0 || z >= z0 + d) return false;
    const at = 4 * (((z - z0) * ly + (from[1] | 0)) * lx + (from[2] | 0));
    to[0] = clamp(f(from[0] + flow[at]), 0, lz - 1);
    to[1] = clamp(f(from[1] + flow[at + 1]), 0, ly - 1);
    to[2] = clamp(f(from[2] + flow[at + 2]), 0, lx - 1);
    return true;
  });
}

function rounding(points: Positions): Round {
  return points instanceof Float32Array ? Math.fround : exact;
}

/** The voxel below a position, and the weights of it and the next one along an axis. */
interface Place {
  low: number;
  weightLow: number;
  weightHigh: number;
}

function place(): Place {
  return { low: 0, weightLow: 0, weightHigh: 0 };
}

function locate(value: number, size: number, to: Place, r: Round): void {
  const at = r(r(r(r(value + 1) * size) - 1) / 2);
  to.low = Math.floor(at);
  to.weightHigh = r(at - to.low);
  to.weightLow = r(to.low + 1 - at);
}

/** False: not made, the planes that it needs are not there. */
type Step = (from: Float64Array, to: Float64Array) => boolean;

/** Repeats a step for each point until it rests, waits, or has made its steps; whole turns of a circle are left out. */
function walk(points: Positions, [from, to]: Range, step: Step): void {
  const here = new Float64Array(3);
  const next = new Float64Array(3);
  const mark = new Float64Array(3);
  const isAt = (a: Float64Array, b: Float64Array) => a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
  for (let i = from; i < to; i++) {
    for (let k = 0; k < 3; k++) here[k] = mark[k] = points[4 * i + k];
    let markAt = 0;
    let end = points[4 * i + 3];
    let left = 0;
    for (let t = 1; t <= end; t++) {
      if (!step(here, next)) {
        left = end - t + 1;
        break;
      }
      const rests = isAt(next, here);
      here.set(next);
      if (rests) break;
      if (isAt(here, mark)) end = t + ((end - t) % (t - markAt));
      if (t % circle === 0) {
        mark.set(here);
        markAt = t;
      }
    }
    for (let k = 0; k < 3; k++) points[4 * i + k] = here[k];
    points[4 * i + 3] = left;
  }
}

/** What is not a number becomes the lower bound. */
function clamp(value: number, low: number, high: number): number {
  return value > low ? (value < high ? value : high) : low;
}
