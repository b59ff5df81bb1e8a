/** Cells over time: they wander, push each other, grow, divide and vanish. Positions only; nothing is painted here. */
import type { Random } from '../array/random.ts';
import { type Cell, drawSpots, drawUnitShape } from './cell.ts';
import { scaled, turnedShape } from './cellShape.ts';
import { lognormal, normal, uniform } from './draw.ts';
import { layOutCells } from './layOutCells.ts';
import type { Setting } from './options.ts';

export interface Life {
  /** Unlike any other life's; in order of birth. */
  readonly id: number;
  /** The id of the cell that divided into this one and its sister; −1 for none. */
  readonly parent: number;
  readonly cell: Cell;
  /** From birth, in frames. */
  readonly age: number;
  /** The age of division, in frames. */
  readonly end: number;
  /** Way along y and x to the next frame, in pixels; turn in radians. */
  readonly moves: readonly [number, number];
  readonly turn: number;
}

export interface LivesOptions {
  readonly divisionTime: number;
  readonly speed: number;
  readonly deathRate: number;
}

/**
 * Lays out the cells of the first frame in the image and around it, so that cells come in from outside later.
 *
 * @param setting  of the image; positions are in its pixels, those outside of it included.
 */
export function beginLives(setting: Setting, options: LivesOptions, random: Random): Life[] {
  const margin = Math.round(marginOf(setting));
  const [, ly, lx] = setting.size;
  const size = [1, ly + 2 * margin, lx + 2 * margin] as const;
  const cells = Math.round((setting.cells * size[1] * size[2]) / (ly * lx));
  return layOutCells({ ...setting, size, cells }, random).map((cell, id) => {
    const end = drawEnd(options.divisionTime, random);
    const age = uniform(random, 0, end);
    const [, y, x] = cell.at;
    const at = [0, y - margin, x - margin] as const;
    return { id, parent: -1, cell: { ...cell, at }, age, end, moves: [0, 0], turn: 0 };
  });
}

/** How far around the image cells live: those beyond are taken out. */
const marginOf = ({ diameter }: Setting): number => 1.5 * diameter;

export interface Births {
  readonly random: Random;
  /** Gives the ids of newborn cells. */
  readonly nextId: () => number;
}

/** The next frame. */
export function advanceLives(lives: readonly Life[], setting: Setting, step: LivesOptions & Births): Life[] {
  const [, ly, lx] = setting.size;
  const margin = marginOf(setting);
  const next = lives
    .filter(() => step.random() >= step.deathRate)
    .flatMap((life) => (life.age + 1 >= life.end ? divide(life, setting, step) : [grow(life, step)]))
    .filter(
      ({
        cell: {
          at: [, y, x],
        },
      }) => y > -margin && x > -margin && y < ly + margin && x < lx + margin,
    );
  return pushApart(next);
}

/** Radius by that at birth: the area doubles until division. */
const growth = (age: number, end: number): number => 2 ** (age / end / 2);

const drawEnd = (divisionTime: number, random: Random): number => Math.max(2, divisionTime * lognormal(random, 0.2));

const radiusOf = ({ shape: { radii } }: Cell): number => Math.sqrt(radii[1] * radii[2]);

function grow(life: Life, { speed, random }: LivesOptions & Births): Life {
  const age = life.age + 1;
  const { cell } = life;
  // the way of the last frame is kept in part, so that cells wander rather than tremble
  const way = (before: number): number => 0.6 * before + 0.57 * speed * normal(random);
  const moves = [way(life.moves[0]), way(life.moves[1])] as const;
  const turn = 0.6 * life.turn + 0.04 * normal(random);
  const factor = growth(age, life.end) / growth(life.age, life.end);
  const shape = turnedShape(scaled(cell.shape, factor), turn);
  const nucleus = { ...cell.nucleus, shape: turnedShape(scaled(cell.nucleus.shape, factor), turn) };
  const at = [0, cell.at[1] + moves[0], cell.at[2] + moves[1]] as const;
  return { ...life, age, moves, turn, cell: { ...cell, at, shape, nucleus } };
}

/** The cell as it shows: condensed, and so brighter and smaller, just before division. */
export function appearance({ cell, age, end }: Life): Cell {
  if (age + 1 < end) return cell;
  return { ...cell, brightness: 1.5 * cell.brightness, shape: scaled(cell.shape, 0.88) };
}

/** Two daughters of half the area each, side by side along the mother's long axis. */
function divide(life: Life, { form }: Setting, { divisionTime, random, nextId }: LivesOptions & Births): Life[] {
  const { cell } = life;
  const radius = radiusOf(cell) / Math.SQRT2;
  const [, sin, cos] = cell.shape.axes[2];
  const apart = 0.55 * cell.shape.radii[2] + 0.15 * radius;
  return [-1, 1].map((side) => {
    const shape = scaled(drawUnitShape(form, true, random), radius);
    const daughter: Cell = {
      at: [0, cell.at[1] + side * apart * sin, cell.at[2] + side * apart * cos],
      shape,
      brightness: cell.brightness * lognormal(random, 0.05),
      texture: [0, uniform(random, 0, 1024), uniform(random, 0, 1024)],
      spots: drawSpots(true, random),
      nucleus: { ...cell.nucleus, shape: scaled(cell.nucleus.shape, Math.SQRT1_2) },
    };
    const end = drawEnd(divisionTime, random);
    const moves = [side * 0.3 * radius * sin, side * 0.3 * radius * cos] as const;
    return { id: nextId(), parent: life.id, cell: daughter, age: 0, end, moves, turn: 0 };
  });
}

/** Moves cells that overlap away from each other, half the overlap each, a few times over. */
function pushApart(lives: readonly Life[]): Life[] {
  const at = lives.map(({ cell }) => [cell.at[1], cell.at[2]]);
  const radii = lives.map(({ cell }) => radiusOf(cell));
  for (let round = 0; round < 8; round++)
    for (let a = 0; a < at.length; a++)
      for (let b = a + 1; b < at.length; b++) {
        const [dy, dx] = [at[b][0] - at[a][0], at[b][1] - at[a][1]];
        const wanted = 1.05 * (radii[a] + radii[b]);
        if (Math.abs(dy) > wanted || Math.abs(dx) > wanted) continue;
        const far = Math.hypot(dy, dx) || 1e-6;
        const push = Math.max(0, wanted - far) / far / 4;
        at[a] = [at[a][0] - dy * push, at[a][1] - dx * push];
        at[b] = [at[b][0] + dy * push, at[b][1] + dx * push];
      }
  return lives.map((life, k) => ({ ...life, cell: { ...life.cell, at: [0, at[k][0], at[k][1]] } }));
}
