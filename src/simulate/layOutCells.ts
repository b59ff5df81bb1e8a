/** Finds places for cells: anywhere that is free, or against another cell, with next to no overlap. */
import type { Random } from '../array/random.ts';
import { type Cell, drawCell } from './cell.ts';
import { locateInside, reach } from './cellShape.ts';
import { direction, uniform } from './draw.ts';
import type { Setting } from './options.ts';

/** Tries for one cell before it is given up. */
const tries = 150;

/**
 * Draws the cells of a setting and places them.
 *
 * @returns  up to `setting.cells` cells; fewer where they find no room. Those at the border are cut by it.
 */
export function layOutCells(setting: Setting, random: Random): Cell[] {
  const { cells: wanted, clustering, modality } = setting;
  // cytoplasm meets in straight lines, which arise where outlines overlap; nuclei only touch
  const allowed = modality === 'cells' ? 0.14 : 0.03;
  const taken = new Uint8Array(setting.size[0] * setting.size[1] * setting.size[2]);
  const placed: Cell[] = [];
  for (let k = 0; k < wanted; k++) {
    const drawn = drawCell(setting, random);
    const stamp = stampOf(drawn, setting.anisotropy);
    for (let attempt = 0; attempt < tries; attempt++) {
      const against = placed.length > 0 && random() < clustering;
      const at = against
        ? slide(drawn, placed[Math.floor(random() * placed.length)], { setting, taken, stamp, allowed, random })
        : freePlace(setting, random);
      if (!at) continue;
      // the longer the search, the less a slight overlap is minded
      const limit = against || attempt > tries / 2 ? allowed : 0;
      if (overlap(stamp, at, setting, taken) > limit) continue;
      mark(stamp, at, setting, taken);
      placed.push({ ...drawn, at });
      break;
    }
  }
  return placed;
}

type Place = readonly [number, number, number];

/** Pixels of a cell at the origin: z, y, x of each. */
function stampOf({ shape }: Cell, anisotropy: number): Int32Array {
  const far = Math.ceil(reach(shape));
  const planes = shape.axes[0][0] === 1 ? 0 : Math.ceil(far / anisotropy);
  const out = new Float64Array(3);
  const found: number[] = [];
  for (let z = -planes; z <= planes; z++)
    for (let y = -far; y <= far; y++)
      for (let x = -far; x <= far; x++) if (locateInside(shape, [z * anisotropy, y, x], out) < 1) found.push(z, y, x);
  return Int32Array.from(found);
}

/** A place at random, somewhat beyond the border too, so that cells there are cut as in a real field of view. */
function freePlace({ size, diameter, anisotropy }: Setting, random: Random): Place {
  const along = (n: number, margin: number): number =>
    n === 1 ? 0 : Math.round(uniform(random, -margin, n - 1 + margin));
  const margin = 0.3 * diameter;
  return [along(size[0], margin / anisotropy), along(size[1], margin), along(size[2], margin)];
}

interface Slide {
  readonly setting: Setting;
  readonly taken: Uint8Array;
  readonly stamp: Int32Array;
  readonly allowed: number;
  readonly random: Random;
}

/** Moves a cell towards another from a direction at random until they touch. */
function slide(cell: Cell, other: Cell, { setting, taken, stamp, allowed, random }: Slide): Place | undefined {
  const [dz, dy, dx] = direction(random, setting.size[0] === 1);
  let last: Place | undefined;
  for (let far = reach(cell.shape) + reach(other.shape); far > 0; far--) {
    const [z, y, x] = other.at;
    const at: Place = [
      Math.round(z + (dz * far) / setting.anisotropy),
      Math.round(y + dy * far),
      Math.round(x + dx * far),
    ];
    if (overlap(stamp, at, setting, taken) > allowed) return last;
    last = at;
  }
  return undefined;
}

/** Share of a cell's pixels that are taken; infinite where less than a third of the cell is in the image. */
function overlap(stamp: Int32Array, [z0, y0, x0]: Place, { size }: Setting, taken: Uint8Array): number {
  const [lz, ly, lx] = size;
  let inside = 0;
  let hit = 0;
  for (let k = 0; k < stamp.length; k += 3) {
    const [z, y, x] = [z0 + stamp[k], y0 + stamp[k + 1], x0 + stamp[k + 2]];
    if (z < 0 || y < 0 || x < 0 || z >= lz || y >= ly || x >= lx) continue;
    inside++;
    hit += taken[(z * ly + y) * lx + x];
  }
  return inside * 9 < stamp.length ? Infinity : hit / inside;
}

function mark(stamp: Int32Array, [z0, y0, x0]: Place, { size }: Setting, taken: Uint8Array): void {
  const [lz, ly, lx] = size;
  for (let k = 0; k < stamp.length; k += 3) {
    const [z, y, x] = [z0 + stamp[k], y0 + stamp[k + 1], x0 + stamp[k + 2]];
    if (z >= 0 && y >= 0 && x >= 0 && z < lz && y < ly && x < lx) taken[(z * ly + y) * lx + x] = 1;
  }
}
