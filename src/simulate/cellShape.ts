/**
 * The outline of a simulated cell: an ellipsoid (or its rounder or more pointed relatives) that is bent, and whose radius
 * goes up and down by a few smooth waves over all directions. One description serves planes and volumes.
 */
import type { Random } from '../array/random.ts';
import { direction, lognormal, normal, uniform } from './draw.ts';

/** What cells look like from outside: `oval` nuclei, `irregular` spread cells, pointed `spindle` cells, `rod` bacteria. */
export type CellForm = 'oval' | 'irregular' | 'spindle' | 'rod';

export const cellForms: readonly CellForm[] = ['oval', 'irregular', 'spindle', 'rod'];

/** A vector along z, y, x. */
export type Vector = readonly [number, number, number];

export interface CellShape {
  /** Half lengths along the cell's own axes, in pixels of the plane. */
  readonly radii: Vector;
  /** The cell's own axes as rows. */
  readonly axes: readonly [Vector, Vector, Vector];
  /** Exponent p of |z|^p + |y|^p + |x|^p = 1: 2 is an ellipsoid, above is squarer, below more pointed. */
  readonly power: number;
  /** How far the ends are bent towards the cell's own y, in half lengths. */
  readonly bend: number;
  /** Radius 1 + Σ height · sin(along · direction + phase). */
  readonly waves: readonly Wave[];
  /** No point of the cell lies farther than this from its centre in its own frame, in half lengths. */
  readonly widest: number;
}

interface Wave {
  readonly along: Vector;
  readonly phase: number;
  readonly height: number;
}

interface FormRanges {
  /** Length by width: median, and spread of its logarithm. */
  readonly aspect: readonly [number, number];
  readonly power: readonly [number, number];
  readonly bend: number;
  readonly waves: number;
}

const forms: Record<CellForm, FormRanges> = {
  oval: { aspect: [1.32, 0.18], power: [1.95, 2.35], bend: 0.14, waves: 0.055 },
  irregular: { aspect: [1.25, 0.18], power: [1.8, 2.2], bend: 0.12, waves: 0.13 },
  spindle: { aspect: [2.6, 0.3], power: [1.25, 1.7], bend: 0.25, waves: 0.13 },
  rod: { aspect: [3.6, 0.25], power: [2.8, 3.6], bend: 0.2, waves: 0.015 },
};

/**
 * Draws a shape of mean diameter 2, to be scaled.
 *
 * @param flat  a shape in a plane, turned in it only.
 */
export function drawShape(form: CellForm, flat: boolean, random: Random): CellShape {
  const { aspect, power, bend, waves } = forms[form];
  const long = Math.max(1, aspect[0] * lognormal(random, aspect[1]));
  const width = flat ? long ** -0.5 : long ** (-1 / 3);
  const thick = flat ? 1 : width * uniform(random, 0.85, 1.1);
  const axes = flat ? turned(standing, uniform(random, 0, 2 * Math.PI)) : drawAxes(random);
  const p = uniform(random, ...power);
  const list = [1.5, 2.3, 3.2, 4.4, 6].map((order) => drawWave(order, waves, flat, random));
  const highest = list.reduce((sum, { height }) => sum + Math.abs(height), 1);
  return {
    radii: [thick, width, long * width],
    axes,
    power: p,
    bend: bend * normal(random),
    waves: list,
    // the corners of |z|^p + |y|^p + |x|^p = 1 lie beyond the half lengths where p > 2
    widest: highest * Math.max(1, 3 ** (0.5 - 1 / p)),
  };
}

/** Higher orders, ups and downs of shorter length, are lower. */
function drawWave(order: number, waves: number, flat: boolean, random: Random): Wave {
  const [z, y, x] = direction(random, flat);
  return {
    along: [z * order, y * order, x * order],
    phase: uniform(random, 0, 2 * Math.PI),
    height: (waves * normal(random) * 2) / order,
  };
}

/** The same shape, `factor` times as large. */
export function scaled(shape: CellShape, factor: number): CellShape {
  const [z, y, x] = shape.radii;
  return { ...shape, radii: [z * factor, y * factor, x * factor] };
}

/** The same shape, turned in the plane by an angle in radians. */
export const turnedShape = (shape: CellShape, angle: number): CellShape => ({
  ...shape,
  axes: turned(shape.axes, angle),
});

/** No point of the cell is farther than this from its centre, in pixels of the plane. */
export function reach({ radii, bend, widest }: CellShape): number {
  // what `intoFrame` adds along y is between −1.6 and 0.4 bends
  return Math.max(...radii) * widest + 1.6 * Math.abs(bend) * radii[1];
}

/**
 * Takes a point into the cell's own frame.
 *
 * @param dz, dy, dx  from the centre, in pixels of the plane.
 * @param out         receives z, y, x in half lengths, straightened.
 */
export function intoFrame({ axes, radii, bend }: CellShape, [dz, dy, dx]: Vector, out: Float64Array): void {
  for (let k = 0; k < 3; k++) out[k] = (axes[k][0] * dz + axes[k][1] * dy + axes[k][2] * dx) / radii[k];
  out[1] += bend * (0.4 - Math.min(2, out[2] * out[2]));
}

/** As `intoFrame`; returns 0 at the centre, 1 at the outline, above outside. */
export function locate(shape: CellShape, from: Vector, out: Float64Array): number {
  intoFrame(shape, from, out);
  return relativeRadius(shape, out);
}

/** As `locate`, but infinite where a point is surely outside: much faster for the many points that are. */
export function locateInside(shape: CellShape, from: Vector, out: Float64Array): number {
  intoFrame(shape, from, out);
  const { widest } = shape;
  if (out[0] * out[0] + out[1] * out[1] + out[2] * out[2] > widest * widest) return Infinity;
  return relativeRadius(shape, out);
}

function relativeRadius({ power, waves }: CellShape, [z, y, x]: Float64Array): number {
  // not Math.hypot, which is ten times as slow
  const length = Math.sqrt(z * z + y * y + x * x);
  if (length === 0) return 0;
  let edge = 1;
  for (const { along, phase, height } of waves)
    edge += height * Math.sin((along[0] * z + along[1] * y + along[2] * x) / length + phase);
  const size = (Math.abs(z) ** power + Math.abs(y) ** power + Math.abs(x) ** power) ** (1 / power);
  return size / Math.max(narrowest, edge);
}

/** However the waves fall together, a radius is not below this share of the usual. */
const narrowest = 0.4;

const standing: CellShape['axes'] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

function turned(axes: CellShape['axes'], angle: number): CellShape['axes'] {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const turn = ([z, y, x]: Vector): Vector => [z, c * y - s * x, s * y + c * x];
  return [turn(axes[0]), turn(axes[1]), turn(axes[2])];
}

function drawAxes(random: Random): CellShape['axes'] {
  const x = direction(random, false);
  const other = direction(random, false);
  const z = unit(cross(x, other));
  return [z, cross(z, x), x];
}

const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

function unit([z, y, x]: Vector): Vector {
  const length = Math.hypot(z, y, x) || 1;
  return [z / length, y / length, x / length];
}
