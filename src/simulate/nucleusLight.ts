/** How bright a stained nucleus is at a point inside: chromatin, nucleoli or bright clumps, and its rim. */
import type { Random } from '../array/random.ts';
import type { Cell } from './cell.ts';
import { uniform } from './draw.ts';
import { noiseField } from './noiseField.ts';
import type { Setting } from './options.ts';

/**
 * @param point  in half lengths of the nucleus, straightened (see `intoFrame`).
 * @param depth  distance to the border in pixels.
 * @returns      1 on average inside.
 */
export type NucleusLight = (cell: Cell, point: Float64Array, depth: number) => number;

interface Look {
  readonly grain: number;
  readonly patches: number;
  /** How many spots, and their height: below 0 dark nucleoli, above bright clumps of chromatin. */
  readonly spots: number;
  readonly spot: number;
  readonly rim: number;
}

/** Kinds of nuclei as real images show them; a picture has one kind. */
const looks: readonly Look[] = [
  { grain: 0.17, patches: 0.1, spots: 3, spot: -0.35, rim: 0.05 },
  { grain: 0.09, patches: 0.08, spots: 2, spot: -0.15, rim: 0 },
  { grain: 0.16, patches: 0.14, spots: 9, spot: 0.8, rim: 0 },
  { grain: 0.2, patches: 0.14, spots: 5, spot: 0.35, rim: 0.35 },
];

/** Draws the kind of nuclei that a picture has. */
export function drawNucleusLight({ diameter, size, texture }: Setting, scale: number, random: Random): NucleusLight {
  const look = looks[Math.floor(random() * looks.length)];
  const flat = size[0] === 1;
  const side = 2.5 * diameter;
  const fine = noiseField([0.035 * scale + 0.4, 0.035 * scale + 0.4], flat, side, random);
  const coarse = noiseField([0.11 * scale, 0.11 * scale], flat, side, random);
  const contrast = texture * uniform(random, 0.7, 1.3);
  return ({ shape: { radii }, texture: [tz, ty, tx], spots }, point, depth) => {
    const [z, y, x] = [point[0] * radii[0] + tz, point[1] * radii[1] + ty, point[2] * radii[2] + tx];
    let light = look.grain * fine(z, y, x) + look.patches * coarse(z, y, x);
    for (let k = 0; k < look.spots; k++) {
      const { at, radius } = spots[k];
      const far = (point[0] - at[0]) ** 2 + (point[1] - at[1]) ** 2 + (point[2] - at[2]) ** 2;
      if (far < 9 * radius * radius) light += look.spot * Math.exp(-far / (2 * radius * radius));
    }
    const width = Math.min(radii[1], radii[2]);
    light += look.rim * Math.exp(-((depth / (0.1 * width)) ** 2));
    return Math.max(0.1, 1 + contrast * light) * (flat ? thickness(depth / width) : 1);
  };
}

/** A nucleus on glass is a flat loaf: as thick as it gets from 0.5 half widths inwards. */
function thickness(depth: number): number {
  const far = 1 - Math.min(1, depth / 0.5);
  return 0.55 + 0.45 * Math.sqrt(1 - far * far);
}
