/** Labels as they come: of any number type, negative, with gaps, in pieces, without background; and lists of them. */
import { describe, expect, it } from 'vitest';
import type { AnyTypedArray, NdArray } from '../array/ndarray.ts';
import { type CellposeError, OptionError, ShapeError } from '../errors.ts';
import { flowErrors, removeBadFlowMasks } from './flowErrors.ts';
import {
  type FlowRules,
  flowRules3,
  flowRules3Gpu,
  flowRules3Volume,
  flowRules4,
  flowRules2020,
  flowRules2020Gpu,
} from './flowRules.ts';
import { getCenters } from './getCenters.ts';
import { labelsToFlows } from './labelsToFlows.ts';
import { masksToFlows } from './masksToFlows.ts';
import { muC } from './muC.ts';

const presets = Object.entries({
  flowRules2020,
  flowRules2020Gpu,
  flowRules3,
  flowRules3Gpu,
  flowRules3Volume,
  flowRules4,
});

/** Rows of digits, '.' is background. */
function drawing(rows: readonly string[]): NdArray<Int32Array, readonly [number, number]> {
  const data = Int32Array.from(rows.join(''), (c) => (c === '.' ? 0 : Number(c)));
  return { data, shape: [rows.length, rows[0].length] };
}

const cells = drawing(['.11..222', '1111.222', '1111.222', '.11..333', '.....333', '.....333']);
const other = (data: AnyTypedArray) => ({ data, shape: cells.shape });

describe.each(presets)('labels, %s', (_, rules) => {
  it('may be of any number type', async () => {
    const { data } = await masksToFlows(cells, { rules });
    const given = [Uint8Array, Uint16Array, Float32Array].map((Type) => Type.from(cells.data));
    for (const labels of [...given, BigInt64Array.from(cells.data, BigInt)])
      expect((await masksToFlows(other(labels), { rules })).data).toEqual(data);
  });

  it('below 0 are background', async () => {
    const negative = other(cells.data.map((label) => (label === 0 ? -7 : label)));
    expect((await masksToFlows(negative, { rules })).data).toEqual((await masksToFlows(cells, { rules })).data);
    const [targets] = await labelsToFlows([negative], { rules });
    expect(targets).toEqual((await labelsToFlows([cells], { rules }))[0]);
  });

  it('may have gaps', async () => {
    const gaps = other(cells.data.map((label) => 50 * label));
    expect((await masksToFlows(gaps, { rules })).data).toEqual((await masksToFlows(cells, { rules })).data);
  });

  it('may be without background, and of every shape each pixel has a flow of length 1 or none', async () => {
    const full = drawing(['1112', '1122', '3322', '3344']);
    const { data } = await masksToFlows(full, { rules });
    const lengths = full.data.map((__, i) => Math.round(1e6 * Math.hypot(data[i], data[16 + i])) / 1e6);
    for (const length of lengths) expect([0, 1]).toContain(length);
    expect(lengths.reduce((a, b) => a + b)).toBeGreaterThan(10);
  });

  it('may be none at all, or a single pixel, or an image of one', async () => {
    const flowsOf = async (rows: string[]) => [...(await masksToFlows(drawing(rows), { rules })).data];
    expect(await flowsOf(['...', '...'])).toEqual(new Array(12).fill(0));
    expect(await flowsOf(['...', '.1.'])).toEqual(new Array(12).fill(0));
    expect(await flowsOf(['1'])).toEqual([0, 0]);
    expect((await masksToFlows({ data: new Int32Array(0), shape: [0, 5] }, { rules })).shape).toEqual([2, 0, 5]);
  });

  it('shift with the cells', async () => {
    const shifted = drawing(['.........', '...11....', '..1111...', '..1111...', '...11....']);
    const { data: a } = await masksToFlows(drawing(['.11.', '1111', '1111', '.11.']), { rules });
    const { data: b } = await masksToFlows(shifted, { rules });
    for (let axis = 0; axis < 2; axis++)
      for (let i = 0; i < 16; i++) expect(b[axis * 45 + (1 + (i >> 2)) * 9 + 2 + (i & 3)]).toBe(a[axis * 16 + i]);
  });
});

describe('one label in several pieces', () => {
  const pieces = drawing(['111....11', '111....11', '111......']);

  it('has flows in the piece with its centre, none in the others', async () => {
    const { data } = await masksToFlows(pieces);
    const lengths = pieces.data.map((_, i) => Math.round(Math.hypot(data[i], data[27 + i])));
    const n = (from: number, to: number) =>
      lengths.filter((__, i) => i % 9 >= from && i % 9 < to).reduce((a, b) => a + b);
    expect(n(0, 3)).toBeGreaterThan(5);
    expect(n(3, 9)).toBe(0);
  });

  it('counts as one cell in the flow check', async () => {
    const mu = await masksToFlows(pieces);
    const dP = { data: Float32Array.from(mu.data, (v) => 5 * v), shape: mu.shape };
    const errors = await flowErrors(pieces, dP);
    expect(errors.length).toBe(1);
    expect(errors[0]).toBeLessThan(1e-12);
  });
});

describe('gaps in the flow check', () => {
  it('are NaN, and remove nothing', async () => {
    const gaps = { data: cells.data.map((label) => (label === 0 ? -1 : 2 * label)), shape: cells.shape };
    const dP = { data: new Float32Array(2 * cells.data.length).fill(50), shape: [2, ...cells.shape] };
    expect([...(await flowErrors(gaps, dP))].map(Number.isNaN)).toEqual([true, false, true, false, true, false]);
    const kept = await removeBadFlowMasks(gaps, dP, 1e9);
    expect(kept.data).toEqual(gaps.data.map((label) => Math.max(0, label)));
  });
});

describe('centres', () => {
  it('differ between the rules', () => {
    // Mean (1.5, 2.5), which rounds to (2, 2); median (2, 1.5).
    const spoon = drawing(['11......', '11......', '11111111']);
    const at = (rules: FlowRules) => getCenters(spoon, rules)[0];
    expect(at(flowRules3)).toEqual({ label: 1, y: 2, x: 2, extent: 13 });
    expect(at(flowRules4)).toEqual({ label: 1, y: 2, x: 2, extent: 13 });
    expect(at(flowRules2020)).toEqual({ label: 1, y: 2, x: 1, extent: 13 });
    expect(at(flowRules2020Gpu)).toEqual({ label: 1, y: 2, x: 1, extent: 13 }); // cut, the mean is outside
    // Mean (2.25, 1.25); rounded, (2, 1), it is as near to (2, 0) as to (3, 1).
    const ell = drawing(['1....', '1....', '1....', '11111']);
    expect(getCenters(ell, flowRules4)).toEqual([{ label: 1, y: 2, x: 0, extent: 11 }]);
    expect(getCenters(ell, flowRules3)).toEqual([{ label: 1, y: 3, x: 1, extent: 11 }]);
  });

  it('have closeness 1, and others less', () => {
    const { data } = muC(cells);
    for (const { label, y, x } of getCenters(cells, flowRules2020)) {
      expect(data[y * 8 + x]).toBe(1);
      expect(cells.data[y * 8 + x]).toBe(label);
    }
    expect(data.filter((v) => v === 1).length).toBe(3);
    expect(data[0]).toBe(0);
  });
});

describe('labelsToFlows', () => {
  it('takes planes, planes of volumes with an axis of 1, and its own results', async () => {
    const [a, b] = await labelsToFlows([cells, { data: cells.data, shape: [1, ...cells.shape] }]);
    expect(b).toEqual(a);
    expect(a.shape).toEqual([4, 6, 8]);
    const given = { data: a.data.map((v) => v + 1), shape: a.shape };
    const [passed] = await labelsToFlows([given]);
    expect(passed).toEqual(given);
    expect(passed.data).not.toBe(given.data);
    const [again] = await labelsToFlows([{ data: a.data, shape: a.shape }], { redoFlows: true });
    expect(again).toEqual(a);
  });

  it.each([flowRules3, flowRules3Gpu])('gives each image of a list what it gives it alone', async (rules) => {
    const small = drawing(['.1', '11']);
    const wide = drawing(['..222222222222222222', '1.222222222222222222']);
    // Three large ones make more than one group.
    const large = { data: new Int32Array(900 * 900).fill(1, 5000, 9000), shape: [900, 900] };
    const [flow] = await labelsToFlows([cells]);
    const list = [cells, small, wide, flow, large, cells, large, large, { data: cells.data, shape: [1, 2, 3, 8] }];
    const together = await labelsToFlows(list, { rules });
    for (const [k, image] of list.entries()) {
      const [alone] = await labelsToFlows([image], { rules });
      expect(together[k].shape).toEqual(alone.shape);
      expect(together[k].data.every((v, i) => v === alone.data[i])).toBe(true);
    }
  });

  it('numbers labels by first appearance, by the rules of 2020 as they are', async () => {
    const turned = other(cells.data.map((label) => (label === 0 ? 0 : 9 - label)));
    const first = async (rules = flowRules3) => (await labelsToFlows([turned], { rules }))[0].data.subarray(0, 48);
    expect([...(await first())]).toEqual([...cells.data]);
    expect([...(await first(flowRules2020))]).toEqual([...turned.data]);
    expect(turned.data[1]).toBe(8); // not renumbered in place
  });

  it('tells of progress, and stops at the signal', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const onProgress = ({ done, total }: { done: number; total: number }) => {
      seen.push(done / total);
      if (done === 2) stop.abort(new Error('enough'));
    };
    await labelsToFlows([cells, cells], { onProgress: ({ done, total }) => seen.push(done / total) });
    expect(seen).toEqual([0.5, 1]);
    const work = labelsToFlows(new Array(40).fill(cells), { onProgress, signal: stop.signal, threads: 1 });
    await expect(work).rejects.toThrow('enough');
    expect(seen.length).toBeLessThan(10);
  });

  it('gives nothing for nothing', async () => expect(await labelsToFlows([])).toEqual([]));
});

type Case = readonly [
  what: string,
  Class: new (...args: never[]) => CellposeError,
  message: RegExp,
  labels: NdArray<AnyTypedArray>,
];
const cases: readonly Case[] = [
  [
    'half a label',
    OptionError,
    /whole numbers.*1\.5 at element 3/,
    other(Float32Array.from(cells.data, (v, i) => (i === 3 ? 1.5 : v))),
  ],
  ['NaN', OptionError, /whole numbers.*NaN/, other(new Float64Array(48).fill(Number.NaN))],
  ['a number beyond int32', OptionError, /2147483647; got 4294967295/, other(new Uint32Array(48).fill(2 ** 32 - 1))],
  ['data of another length', ShapeError, /48 elements/, { data: cells.data, shape: [6, 9] }],
  ['a line', ShapeError, /\(ly, lx\)/, { data: cells.data, shape: [48] }],
];

describe('refused', () => {
  it.each(cases)('%s', async (_, Class, message, labels) => {
    const dP = { data: new Float32Array(96), shape: [2, 6, 8] };
    for (const call of [
      masksToFlows,
      (m: typeof labels) => labelsToFlows([m]),
      (m: typeof labels) => flowErrors(m, dP),
    ]) {
      const error: unknown = await call(labels).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(Class);
      expect((error as Error).message).toMatch(message);
    }
    expect(() => muC(labels)).toThrow(Class);
  });

  it('a stack that may be planes or a volume, with the choices named', async () => {
    const stack = { data: new Int32Array(3 * 48), shape: [3, 6, 8] };
    await expect(labelsToFlows([stack])).rejects.toThrow(/\(1, ly, lx\) or \(1, lz, ly, lx\).*got \(3, 6, 8\)/);
  });
});
