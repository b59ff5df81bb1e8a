/** What the dynamics refuse at their doors, and that they leave what they are given as it was. */
import { describe, expect, it } from 'vitest';
import type { Masks2D } from '../array/ndarray.ts';
import { type CellposeError, OptionError, ShapeError } from '../errors.ts';
import { computeMasks } from './computeMasks.ts';
import { flowErrors, removeBadFlowMasks } from './flowErrors.ts';
import { followFlows } from './followFlows.ts';
import { masksToFlows } from './masksToFlows.ts';

const ly = 6;
const lx = 7;
const dP = { data: new Float32Array(2 * ly * lx), shape: [2, ly, lx] };
const cellprob = { data: new Float32Array(ly * lx).fill(1), shape: [ly, lx] };
const masks: Masks2D = { data: new Int32Array(ly * lx).fill(1), shape: [ly, lx] };
const short = { data: new Float32Array(5), shape: [2, ly, lx] };
const pixels = Int32Array.of(0, 1, 2);

type Case = readonly [
  what: string,
  Class: new (...args: never[]) => CellposeError,
  message: RegExp,
  call: () => Promise<unknown>,
];
const cases: readonly Case[] = [
  ['dP of other size', ShapeError, /dP \(2, 6, 7\)/, () => computeMasks({ ...dP, shape: [2, lx, ly] }, cellprob)],
  ['data shorter than the shape', ShapeError, /5 elements/, () => computeMasks(short, cellprob)],
  ['NaN as threshold', OptionError, /flowThreshold/, () => computeMasks(dP, cellprob, { flowThreshold: Number.NaN })],
  ['NaN as minSize', OptionError, /minSize/, () => computeMasks(dP, cellprob, { minSize: Number.NaN })],
  ['no share', OptionError, /maxSizeFraction/, () => computeMasks(dP, cellprob, { maxSizeFraction: 0 })],
  ['steps backwards', OptionError, /niter.*-1/, () => followFlows(dP, pixels, { niter: -1 })],
  ['no threads', OptionError, /threads.*from 1; got 0/, () => followFlows(dP, pixels, { threads: 0 })],
  ['half a thread', OptionError, /threads.*1\.5/, () => masksToFlows(masks, { threads: 1.5 })],
  ['NaN threads', OptionError, /threads.*NaN/, () => flowErrors(masks, dP, { threads: Number.NaN })],
  ['a pixel outside', OptionError, /0 to 41; got 42/, () => followFlows(dP, Int32Array.of(3, 42))],
  ['diffusion backwards', OptionError, /niter/, () => masksToFlows(masks, { niter: -3 })],
  ['masks of rank 1', ShapeError, /masks/, () => masksToFlows({ data: masks.data, shape: [42] } as unknown as Masks2D)],
  ['flow of other size', ShapeError, /dP/, () => removeBadFlowMasks(masks, { ...dP, shape: [2, lx, ly] })],
];

describe('the dynamics', () => {
  it.each(cases)('refuse %s', async (_, Class, message, call) => {
    const error: unknown = await call().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Class);
    expect((error as Error).message).toMatch(message);
  });

  it('do not change their arguments', async () => {
    const flow = { data: Float32Array.from(dP.data, (_, i) => Math.sin(i)), shape: dP.shape };
    const given = [flow.data.slice(), cellprob.data.slice(), masks.data.slice()];
    await computeMasks(flow, cellprob, { minSize: 3 });
    await followFlows(flow, pixels);
    await removeBadFlowMasks(masks, flow, 0.1);
    await masksToFlows(masks);
    expect([flow.data, cellprob.data, masks.data]).toEqual(given);
  });
});
