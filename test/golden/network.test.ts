/** CPnet against PyTorch's numbers (goldens network-variants, network-small-forward, checkpoints/tiny-forward). */
import { describe, expect, test } from 'vitest';
import type { NdArray } from '../../src/array/ndarray.ts';
import { createNetwork, type NetworkOptions } from '../../src/engine/network.ts';
import { interpret } from '../../src/graph/interpret.ts';
import { cpnet } from '../../src/nets/cpnet.ts';
import { readCPnetState } from '../../src/nets/cpnetState.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

type Arrays = Record<string, NdArray>;

function stateDict(arrays: Arrays, prefix: string): Map<string, NdArray> {
  const entries = Object.entries(arrays).filter(([name]) => name.startsWith(prefix));
  return new Map(entries.map(([name, array]) => [name.slice(prefix.length), array]));
}

async function forward(weights: Map<string, NdArray>, x: NdArray, options: NetworkOptions = {}) {
  const network = await createNetwork(weights, { threads: 1, ...options });
  const result = await network.forward({ data: Float32Array.from(x.data), shape: x.shape });
  await network.release();
  return result;
}

/** Largest excess over `relative` times the expected value; NaN must be NaN. */
function excess(actual: NdArray, expected: NdArray, relative: number): number {
  expect(actual.shape).toEqual(expected.shape);
  let worst = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const [a, e] = [actual.data[i]!, expected.data[i]!];
    if (Number.isNaN(a) && Number.isNaN(e)) continue;
    const over = Math.abs(a - e) - relative * Math.abs(e);
    if (!(over <= worst)) worst = over;
  }
  return worst;
}

// Order of additions differs between the two runtimes; the golden's own tolerance.
const ABSOLUTE = 1e-5;
const RELATIVE = 1e-4;

describe('network-variants', () => {
  const golden = readNpz(goldenPath('network-variants.npz')!);
  const weights = stateDict(golden, 'sd/');
  const first = (x: NdArray): NdArray => {
    const [, ...rest] = x.shape;
    return { data: x.data.slice(0, x.data.length / x.shape[0]!), shape: [1, ...rest] };
  };
  const zeros = { data: new Float32Array(2 * 8 * 8), shape: [1, 2, 8, 8] };
  const cases: [string, Map<string, NdArray>, NdArray, NetworkOptions?][] = [
    ['default', weights, golden['x']!],
    ['style_off', weights, golden['x']!, { styleOn: false }],
    ['avg_pool', weights, golden['x']!, { maxPool: false }],
    ['batch1', weights, first(golden['x']!)],
    ['size_8x36', weights, golden['x_8x36']!],
    ['zeros', weights, zeros],
    ['nout1', stateDict(golden, 'nout1/sd/'), golden['x']!],
    ['nchan1', stateDict(golden, 'nchan1/sd/'), golden['x_chan1']!],
  ];
  test.each(cases)('%s', async (name, state, x, options) => {
    const { y, style } = await forward(state, x, options);
    expect(excess(y, golden[`${name}/y`]!, RELATIVE)).toBeLessThan(ABSOLUTE);
    const expected = golden[`${name}/style`];
    if (expected) expect(excess(style, expected, RELATIVE)).toBeLessThan(ABSOLUTE);
  });
});

/** Of networks with outputs of about 0.5 and about 20: float32 sums in another order than PyTorch's. */
const TINY = 1e-5;
const SMALL = 1e-4;

test('checkpoints/tiny-forward', async () => {
  const golden = readNpz(goldenPath('checkpoints/tiny-forward.npz')!);
  const { y, style } = await forward(stateDict(golden, 'sd/'), golden['x']!);
  expect(excess(y, golden['y']!, 0)).toBeLessThan(TINY);
  expect(excess(style, golden['style']!, 0)).toBeLessThan(TINY);
});

describe('network-small-forward', () => {
  const golden = readNpz(goldenPath('network-small-forward.npz')!);
  const state = stateDict(readNpz(goldenPath('network-small-state.npz')!), '');

  test('runtime', async () => {
    const { y, style } = await forward(state, golden['x']!);
    expect(excess(y, golden['y']!, 0)).toBeLessThan(SMALL);
    expect(excess(style, golden['style']!, 0)).toBeLessThan(SMALL);
  });

  test('float64 interpreter, with the maps of the encoder', () => {
    const { config, weights } = readCPnetState(state);
    const [batch, , ly, lx] = golden['x']!.shape as [number, number, number, number];
    const graph = cpnet(config, { batch, ly, lx });
    const values = interpret(graph, new Map([...weights, ['x', golden['x']!]]));
    expect(excess(values.get('y')!, golden['y']!, 0)).toBeLessThan(SMALL);
    for (const level of [0, 1, 2]) {
      const map = values.get(`encoder.${level}`)!;
      const n = map.shape[2]! * map.shape[3]!;
      const means = Float64Array.from({ length: map.shape[1]! }, (_, c) =>
        map.data.subarray(c * n, (c + 1) * n).reduce((sum, v) => sum + v / n, 0),
      );
      expect(excess({ data: means, shape: [1, means.length] }, golden[`T${level}_mean`]!, 0)).toBeLessThan(SMALL);
    }
  });
});
