/** ONNX models as files of weights: what we write reads back to the bit, what others write reads if it kept the names. */
import onnxProto from 'onnx-proto';
import { describe, expect, test } from 'vitest';
import { randomStateDict } from '../../../test/helpers/randomStateDict.ts';
import type { AnyTypedArray, NdArray } from '../../array/ndarray.ts';
import { cpnetStateEntries } from '../../nets/cpnetState.ts';
import { readWeights } from '../readWeights.ts';
import { sourceFromBytes } from '../source.ts';
import { writeOnnxModel } from './writeOnnxModel.ts';

const { onnx } = onnxProto;

function fullState(): Map<string, NdArray<AnyTypedArray>> {
  const state = new Map<string, NdArray<AnyTypedArray>>();
  state.set('diam_mean', { data: Float32Array.of(30), shape: [1] });
  state.set('diam_labels', { data: Float32Array.of(23.7012), shape: [1] });
  for (const [name, array] of randomStateDict([2, 3, 5])) if (!name.startsWith('diam_')) state.set(name, array);
  state.set('output.0.num_batches_tracked', { data: BigInt64Array.of(1234n), shape: [] });
  return state;
}

const read = (bytes: Uint8Array) => readWeights(sourceFromBytes(bytes));

describe('a model that we write', () => {
  const state = fullState();
  const bytes = writeOnnxModel(state);
  const model = onnx.ModelProto.decode(bytes);

  test('gives back every tensor, to the bit', async () => {
    const back = await read(bytes);
    expect(Object.fromEntries(back)).toEqual(Object.fromEntries(state));
  });

  test('takes any number of tiles of any size', () => {
    const dims = (value: onnxProto.onnx.IValueInfoProto) =>
      value.type!.tensorType!.shape!.dim!.map((d) => d.dimParam || Number(d.dimValue));
    expect(model.graph!.input!.map((value) => [value.name, dims(value)])).toEqual([['x', ['batch', 2, 'ly', 'lx']]]);
    expect(model.graph!.output!.map(dims)).toEqual([
      ['batch', 3, 'ly', 'lx'],
      ['batch', 5],
    ]);
  });

  test('has weights under their names in PyTorch, and says what it is', () => {
    const names = model.graph!.initializer!.map((tensor) => tensor.name);
    expect(names).toContain('downsample.down.res_down_0.conv.conv_0.2.weight');
    const metadata = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
    expect(metadata).toMatchObject({ format: 'cellpose-ts CPnet', nbase: '2,3,5', nout: '3', diam_mean: '30' });
  });
});

test('of parallel training: the prefix is gone', async () => {
  const state = new Map([...fullState()].map(([name, array]) => [`module.${name}`, array]));
  const back = await read(writeOnnxModel(state));
  expect(Object.fromEntries(back)).toEqual(Object.fromEntries(fullState()));
});

describe('a model that another program writes', () => {
  const ours = onnx.ModelProto.decode(writeOnnxModel(fullState()));
  const changed = (change: (tensor: onnxProto.onnx.TensorProto) => void) => {
    const model = onnx.ModelProto.fromObject(onnx.ModelProto.toObject(ours));
    for (const tensor of model.graph!.initializer!) change(tensor as onnxProto.onnx.TensorProto);
    return onnx.ModelProto.encode(model).finish();
  };

  test('reads from lists of floats too', async () => {
    const bytes = changed((tensor) => {
      if (tensor.dataType !== 1) return;
      tensor.floatData = Array.from(new Float32Array(tensor.rawData.slice().buffer));
      tensor.rawData = new Uint8Array(0);
    });
    expect(Object.fromEntries(await read(bytes))).toEqual(Object.fromEntries(fullState()));
  });

  test('is refused with a remedy where it lost the names', async () => {
    const bytes = changed((tensor) => {
      tensor.name = `onnx::Conv_${tensor.name.length}`;
    });
    await expect(read(bytes)).rejects.toThrow(/no weights of Cellpose.*convert its PyTorch checkpoint/);
  });

  test('is refused where its weights lie elsewhere', async () => {
    const bytes = changed((tensor) => {
      tensor.dataLocation = 1;
      tensor.rawData = new Uint8Array(0);
    });
    await expect(read(bytes)).rejects.toThrow(/in another file; save the model with its weights inside/);
  });

  test('is refused where a tensor does not fit its bytes', async () => {
    const bytes = changed((tensor) => {
      if (tensor.name === 'output.2.bias') tensor.dims = [7];
    });
    await expect(read(bytes)).rejects.toThrow('onnx: output.2.bias (7) of float32 does not fit its 12 bytes');
  });
});

test('cut short anywhere, it is refused in words', async () => {
  const bytes = writeOnnxModel(fullState());
  for (let length = 2; length < bytes.length - 1; length += 997)
    await expect(read(bytes.subarray(0, length))).rejects.toMatchObject({ name: 'FormatError' });
});

test('a U-net is not written: its weights do not say how it runs', () => {
  const entries = cpnetStateEntries({ nbase: [2, 3, 5], nout: 3, residualOn: false, concatenation: true });
  const zeros = (shape: readonly number[]) => ({ data: new Float32Array(shape.reduce((n, m) => n * m, 1)), shape });
  const state = new Map(entries.map(({ name, shape }) => [name, zeros(shape)]));
  expect(() => writeOnnxModel(state)).toThrow(/a plain U-net.*keep it as PyTorch or safetensors/);
});
