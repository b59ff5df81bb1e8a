import { beforeAll, describe, expect, it } from 'vitest';
import type { FloatArray, Masks2D } from '../array/ndarray.ts';
import { seededRandom } from '../array/random.ts';
import { fillHolesAndRemoveSmallMasks } from '../masks/fillHolesAndRemoveSmallMasks.ts';
import { renumber } from '../masks/renumber.ts';
import { type CheckedCells, checkedCells } from './checkedCells.ts';
import { computeMasks } from './computeMasks.ts';
import { flowErrors } from './flowErrors.ts';
import { masksToFlows } from './masksToFlows.ts';
import { dynamics3, dynamics4 } from './rules.ts';

const [ly, lx] = [60, 70];

/** Rings and discs that touch, 12 pixels apart. */
const masks: Masks2D = { data: new Int32Array(ly * lx), shape: [ly, lx] };
for (let y = 0; y < ly; y++)
  for (let x = 0; x < lx; x++) {
    const [row, column] = [Math.floor(y / 12), Math.floor(x / 12)];
    const distance = Math.hypot(y - 12 * row - 6, x - 12 * column - 6);
    const isHole = (row + column) % 3 === 0 && distance < 2;
    if (distance < 6.5 && !isHole) masks.data[y * lx + x] = 1 + 6 * row + column;
  }
/** What a network might have said of them. */
let dP: FloatArray;
let known: CheckedCells;
/** `known` with errors that no cell has, so that it shows which were taken. */
let marked: CheckedCells;

beforeAll(async () => {
  const { data } = await masksToFlows(masks);
  const noise = seededRandom(3);
  dP = { data: Float32Array.from(data, (v) => 5 * v + 4 * noise() - 2), shape: [2, ly, lx] };
  known = checkedCells(masks, await flowErrors(masks, dP), dynamics3);
  marked = { ...known, errors: known.errors.map((_, k) => 1000 + k) };
});

describe('errors of the flow check', () => {
  it('are those of all cells again, whatever their labels are', async () => {
    const turned = { ...masks, data: masks.data.map((label) => (label > 0 ? 40 - label : 0)) };
    expect(await flowErrors(turned, dP, { known })).toEqual(await flowErrors(turned, dP));
    const taken = await flowErrors(turned, dP, { known: marked });
    expect(taken.filter((error) => !Number.isNaN(error)).every((error) => error >= 1000)).toBe(true);
  });

  it('are taken of cells that kept their pixels, and of no others', async () => {
    const filled = fillHolesAndRemoveSmallMasks({ ...masks, data: masks.data.map((l) => (l % 5 === 0 ? 0 : l)) }, 15);
    expect(await flowErrors(filled, dP, { known })).toEqual(await flowErrors(filled, dP));
    const taken = await flowErrors(filled, dP, { known: marked });
    const hadHole = new Set(
      masks.data.filter((l) => (Math.floor((l - 1) / 6) + ((l - 1) % 6)) % 3 === 0 && l > 0 && l % 5 !== 0),
    );
    expect(taken.filter((error) => error < 1000)).toHaveLength(hadHole.size);
    expect(hadHole.size).toBeGreaterThan(5);
  });

  it('are not taken of a cell that one pixel was added to, taken from or moved in', async () => {
    const inside = masks.data.indexOf(9) + 2 * lx;
    const outside = masks.data.indexOf(9) - lx;
    for (const changes of [
      [[inside, 0]],
      [[outside, 9]],
      [
        [inside, 0],
        [outside, 9],
      ],
    ] as const) {
      const changed = { ...masks, data: masks.data.slice() };
      for (const [at, label] of changes) changed.data[at] = label;
      const errors = await flowErrors(changed, dP, { known: marked });
      expect(errors[8]).toBe((await flowErrors(changed, dP))[8]);
      expect(errors[9]).toBeGreaterThanOrEqual(1000);
    }
  });

  it('are not taken where other rules would measure otherwise, or cells see each other', async () => {
    const rules = dynamics4;
    const plain = await flowErrors(masks, dP, { rules });
    expect(await flowErrors(masks, dP, { rules, known: marked })).toEqual(plain);
    expect(await flowErrors(masks, dP, { rules, known: { ...marked, rules } })).toEqual(plain);
    const flat = { data: masks.data, shape: [lx, ly] };
    const turned = { ...dP, shape: [2, lx, ly] };
    expect(await flowErrors(flat, turned, { known: marked })).toEqual(await flowErrors(flat, turned));
  });

  it('come out of computeMasks, and hold for its masks', async () => {
    const cellprob = { data: Float32Array.from(masks.data, (label) => (label > 0 ? 3 : -3)), shape: [ly, lx] };
    const checks: CheckedCells[] = [];
    const found = await computeMasks(dP, cellprob, { minSize: 15, onFlowCheck: (checked) => checks.push(checked) });
    expect(checks).toHaveLength(1);
    expect(checks[0].errors.length).toBeGreaterThan(10);
    for (const labels of [found, renumber(found, 'rank')])
      expect(await flowErrors(labels, dP, { known: checks[0] })).toEqual(await flowErrors(labels, dP));
    const off = await computeMasks(dP, cellprob, { flowThreshold: 0, onFlowCheck: (checked) => checks.push(checked) });
    expect(checks).toHaveLength(1);
    expect(Math.max(...off.data)).toBeGreaterThan(10);
  });
});
