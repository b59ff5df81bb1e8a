/** CPnet's switches against PyTorch's numbers (golden network-switches; Cellpose 2.2.3). */
import { describe, expect, test } from 'vitest';
import type { NdArray } from '../../src/array/ndarray.ts';
import { createNetwork } from '../../src/engine/network.ts';
import { interpret } from '../../src/graph/interpret.ts';
import { cpnet } from '../../src/nets/cpnet.ts';
import { cpnetStateEntries, readCPnetState } from '../../src/nets/cpnetState.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const golden = readNpz(goldenPath('network-switches.npz')!);

const combinations = [
  { residualOn: true, styleOn: true, concatenation: false },
  { residualOn: true, styleOn: true, concatenation: true },
  { residualOn: false, styleOn: true, concatenation: false },
  { residualOn: false, styleOn: true, concatenation: true },
  { residualOn: false, styleOn: false, concatenation: true },
].map((switches) => {
  const { residualOn, styleOn, concatenation } = switches;
  return { ...switches, name: `res${+residualOn}_style${+styleOn}_concat${+concatenation}` };
});

function stateDict(name: string): Map<string, NdArray> {
  const prefix = `${name}/sd/`;
  const entries = Object.entries(golden).filter(([key]) => key.startsWith(prefix));
  return new Map(entries.map(([key, array]) => [key.slice(prefix.length), array]));
}

/** The golden's own tolerance: the order of additions differs between the runtimes. */
function expectClose(actual: NdArray, expected: NdArray): void {
  expect(actual.shape).toEqual(expected.shape);
  let worst = 0;
  expected.data.forEach((e, i) => {
    const excess = Math.abs(actual.data[i] - e) - 1e-4 * Math.abs(e);
    if (!(excess <= worst)) worst = excess;
  });
  expect(worst).toBeLessThan(1e-5);
}

describe.each(combinations)('$name', ({ name, styleOn, residualOn, concatenation }) => {
  const state = stateDict(name);

  test('names and shapes of the state dict, in its order', () => {
    const expected = [...state].filter(([key]) => !key.endsWith('num_batches_tracked'));
    const entries = cpnetStateEntries({ nbase: [2, 4, 8], nout: 3, residualOn, concatenation });
    const own = entries.filter((e) => !e.name.startsWith('diam_')); // the golden was saved without the diameters
    expect(own.map((e) => [e.name, e.shape])).toEqual(expected.map(([key, { shape }]) => [key, shape]));
  });

  test('the state dict tells the switches', () => {
    const { residualOn: residual = true, concatenation: concat = false } = readCPnetState(state).config;
    expect({ residual, concat }).toEqual({ residual: residualOn, concat: concatenation });
  });

  test('forward on the runtime', async () => {
    const network = await createNetwork(state, { threads: 1, styleOn });
    const x = golden['x'] as NdArray<Float32Array>;
    const { y, style } = await network.forward(x);
    await network.release();
    expectClose(y, golden[`${name}/y`]);
    expectClose(style, golden[`${name}/style`]);
  });

  test('forward in float64', () => {
    const { config, weights } = readCPnetState(state);
    const [batch, , ly, lx] = golden['x'].shape;
    const graph = cpnet({ ...config, styleOn }, { batch, ly, lx });
    const values = interpret(graph, new Map([...weights, ['x', golden['x']]]));
    expectClose(values.get('y')!, golden[`${name}/y`]);
    expectClose(values.get('style')!, golden[`${name}/style`]);
  });
});
