import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { goldenPath } from '../../test/helpers/npz.ts';
import type { AnyTypedArray, NdArray } from '../array/ndarray.ts';
import { isCellposeError } from '../errors.ts';
import { type CPnetConfig, cpnet } from './cpnet.ts';
import { cpnetStateEntries, readCPnetState } from './cpnetState.ts';
import { unet } from './unet.ts';

const small: CPnetConfig = { nbase: [2, 3, 5], nout: 4 };

/** A state dict of zeros, as PyTorch would save it. */
function stateDict(config: CPnetConfig, prefix = ''): Map<string, NdArray<AnyTypedArray>> {
  const dict = new Map<string, NdArray<AnyTypedArray>>();
  for (const { name, shape } of cpnetStateEntries(config)) {
    dict.set(prefix + name, { data: new Float32Array(shape.reduce((n, s) => n * s, 1)), shape });
    if (name.endsWith('running_var'))
      dict.set(prefix + name.replace('running_var', 'num_batches_tracked'), { data: BigInt64Array.of(9n), shape: [] });
  }
  return dict;
}

function errorOf(dict: Map<string, NdArray<AnyTypedArray>>): Error {
  try {
    readCPnetState(dict);
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

test('names, order and shapes are those of the PyTorch network', () => {
  const golden = JSON.parse(readFileSync(goldenPath('cpnet-state-dict.json')!, 'utf8')) as [string, number[], string][];
  const expected = golden
    .filter(([name]) => !name.endsWith('num_batches_tracked'))
    .map(([name, shape]) => ({ name, shape }));
  const entries = cpnetStateEntries({ nbase: [2, 32, 64, 128, 256], nout: 3 });
  expect(entries.map(({ name, shape }) => ({ name, shape }))).toEqual(expected);
});

describe('a state dict says which network it is', () => {
  test.each([
    small,
    { nbase: [1, 4, 4, 8, 8], nout: 1 },
    { nbase: [3, 6], nout: 2 },
    unet(),
    { ...small, residualOn: false },
    { ...small, concatenation: true },
  ])('$nbase, $nout, $residualOn, $concatenation', (read) => {
    const { styleOn: _, ...config } = read as CPnetConfig; // leaves no trace
    const dict = stateDict(config);
    dict.set('diam_mean', { data: Float32Array.of(17), shape: [1] });
    dict.set('diam_labels', { data: Float32Array.of(22.5), shape: [1] });
    const { config: found, weights } = readCPnetState(dict);
    expect(found).toEqual({ ...config, diamMean: 17, diamLabels: 22.5, styleLength: config.nbase.at(-1) });
    expect(weights.size).toBe(cpnetStateEntries(config).length - 2);
  });

  test('with the prefix of parallel training', () => {
    const dict = stateDict(small, 'module.');
    dict.set('module.diam_mean', { data: Float32Array.of(12), shape: [1] });
    const { config, weights } = readCPnetState(dict);
    expect(config).toMatchObject({ ...small, diamMean: 12 });
    expect([...weights.keys()].some((name) => name.startsWith('module.'))).toBe(false);
  });

  test('without diameters, as the first checkpoints: 30 pixels', () => {
    const dict = stateDict(small);
    dict.delete('diam_mean');
    dict.delete('diam_labels');
    expect(readCPnetState(dict).config).toMatchObject({ diamMean: 30, diamLabels: 30 });
  });

  test('in other number types', () => {
    const dict = stateDict(small);
    dict.set('output.2.bias', { data: Float64Array.of(1, 2, 3, 1 / 3), shape: [4] });
    expect(readCPnetState(dict).weights.get('output.2.bias')!.data).toEqual(Float32Array.of(1, 2, 3, 1 / 3));
  });
});

test.each([
  [[2], 3],
  [[2, 0], 3],
  [[2, 3.5], 3],
  [[2, 3], 0],
])('a network of %j and %j is none', (nbase, nout) => {
  expect(() => cpnet({ nbase, nout }, { batch: 1, ly: 8, lx: 8 })).toThrow(/cpnet: nbase needs .*; got \[2/);
});

test.each([false, true])('rows that do not divide are refused (concatenation: %s)', (concatenation) => {
  const config = { nbase: [2, 3, 4, 5], nout: 3, concatenation };
  expect(() => cpnet(config, { batch: 1, ly: 10, lx: 8 })).toThrow(expect.objectContaining({ name: 'ShapeError' }));
});

test('missing, unknown and misshaped tensors are named together', () => {
  const dict = stateDict(small);
  dict.delete('output.0.bias');
  dict.set('output.2.bias', { data: new Float32Array(3), shape: [3] });
  dict.set('upsample.extra', { data: new Float32Array(1), shape: [1] });
  const error = errorOf(dict);
  expect(isCellposeError(error, 'format')).toBe(true);
  expect(error.message).toBe(
    'CPnet weights: tensors do not fit CPnet with nbase [2, 3, 5] and nout 4: output.0.bias is missing; ' +
      'output.2.bias must be (4), is (3); upsample.extra is not known',
  );
});

test('the message names the switches', () => {
  const dict = stateDict({ ...small, residualOn: false, concatenation: true });
  dict.delete('output.0.bias');
  expect(errorOf(dict).message).toMatch(/nout 4, residualOn false, concatenation true: output\.0\.bias is missing$/);
});

test('a long list is cut short', () => {
  const dict = stateDict(small);
  for (const name of [...dict.keys()].filter((n) => n.startsWith('upsample'))) dict.delete(name);
  expect(errorOf(dict).message).toMatch(/; and \d+ more$/);
});

test('something that is no CPnet is refused with some of its names', () => {
  const dict = new Map([['conv1.weight', { data: new Float32Array(1), shape: [1] }]]);
  expect(errorOf(dict).message).toMatch(/output\.2\.weight; got conv1\.weight\. Is this a checkpoint of Cellpose\?$/);
  expect(errorOf(new Map()).message).toMatch(/got none/);
});

test.each(['', 'module.'])('a Cellpose-SAM checkpoint is told by its names (prefix "%s")', (prefix) => {
  const one = { data: new Float32Array(1), shape: [1] };
  const dict = new Map(['encoder.pos_embed', 'out.weight', 'W2'].map((name) => [prefix + name, one]));
  const error = errorOf(dict);
  expect(isCellposeError(error, 'unsupported')).toBe(true);
  expect(error.message).toMatch(/Cellpose-SAM checkpoint .* not run yet/);
});
