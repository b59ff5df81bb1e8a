/** One simulated cell: where it is, its outline, and what makes its inside its own. */
import type { Random } from '../array/random.ts';
import { type CellForm, type CellShape, drawShape, locate, scaled, type Vector } from './cellShape.ts';
import { direction, lognormal, uniform } from './draw.ts';
import type { Setting } from './options.ts';

export interface Cell {
  /** Centre: z in planes, y and x in pixels; it may lie outside of the image. */
  readonly at: Vector;
  readonly shape: CellShape;
  /** 1 is typical. */
  readonly brightness: number;
  /** Where the cell's piece of the image's textures begins. */
  readonly texture: Vector;
  /** Nucleoli or clumps of chromatin, in half lengths of the nucleus. */
  readonly spots: readonly Spot[];
  /** Its centre in half lengths of the cell, along the cell's own axes. */
  readonly nucleus: { readonly shape: CellShape; readonly at: Vector };
}

export interface Spot {
  readonly at: Vector;
  readonly radius: number;
}

/** Draws a cell at the origin. A few are small and bright, as dying and dividing ones are. */
export function drawCell(setting: Setting, random: Random): Cell {
  const { form, diameter, sizeSpread, size } = setting;
  const flat = size[0] === 1;
  const bright = random() < 0.04;
  // exp of a normal number has the mean exp(spread² / 2)
  const radius = ((diameter / 2) * lognormal(random, sizeSpread)) / Math.exp(sizeSpread ** 2 / 2);
  const shape = scaled(drawUnitShape(form, flat, random), radius * (bright ? 0.8 : 1));
  const smallest = Math.min(...(flat ? shape.radii.slice(1) : shape.radii));
  const share = Math.min(0.75 * smallest, radius * uniform(random, 0.45, 0.6));
  return {
    at: [0, 0, 0],
    shape,
    brightness: lognormal(random, 0.22) * (bright ? 1.6 : 1),
    texture: [uniform(random, 0, 1024), uniform(random, 0, 1024), uniform(random, 0, 1024)],
    spots: drawSpots(flat, random),
    nucleus: {
      shape: scaled(drawUnitShape('oval', flat, random), share),
      at: flat ? [0, ...offCentre(random)] : [offCentre(random)[0], ...offCentre(random)],
    },
  };
}

const offCentre = (random: Random): [number, number] => [uniform(random, -0.12, 0.12), uniform(random, -0.12, 0.12)];

export function drawSpots(flat: boolean, random: Random): Spot[] {
  return Array.from({ length: 9 }, () => {
    const far = 0.7 * Math.sqrt(random());
    const [z, y, x] = direction(random, flat);
    return { at: [z * far, y * far, x * far], radius: uniform(random, 0.09, 0.17) };
  });
}

/** A shape of the area (volume) of the unit circle (ball). */
export function drawUnitShape(form: CellForm, flat: boolean, random: Random): CellShape {
  const shape = drawShape(form, flat, random);
  // bending moves points along one axis only and changes no volume, nor does turning
  const round: CellShape = {
    ...shape,
    radii: [1, 1, 1],
    axes: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    bend: 0,
  };
  const out = new Float64Array(3);
  const dimensions = flat ? 2 : 3;
  const n = flat ? 64 : 400;
  let sum = 0;
  for (let k = 0; k < n; k++) {
    // directions evenly over the circle, or along a spiral over the sphere
    const z = flat ? 0 : (2 * k + 1) / n - 1;
    const angle = flat ? (2 * Math.PI * k) / n : 2.399963 * k;
    const r = Math.sqrt(1 - z * z);
    sum += locate(round, [z, r * Math.sin(angle), r * Math.cos(angle)], out) ** -dimensions;
  }
  const [z, y, x] = shape.radii;
  return scaled(shape, ((sum / n) * (flat ? 1 : z) * y * x) ** (-1 / dimensions));
}

/** The nucleus as a cell of its own, at its place in the image. */
export function nucleusOf(cell: Cell, anisotropy: number): Cell {
  const { axes, radii } = cell.shape;
  const { at, shape } = cell.nucleus;
  const part = (axis: number): number => [0, 1, 2].reduce((sum, k) => sum + axes[k][axis] * at[k] * radii[k], 0);
  const [z, y, x] = cell.at;
  return { ...cell, at: [z + part(0) / anisotropy, y + part(1), x + part(2)], shape };
}
