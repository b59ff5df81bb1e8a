/** What files of named tensors have in common: PyTorch checkpoints, safetensors and ONNX models. */
import type { AnyTypedArray, NdArray } from '../array/ndarray.ts';
import type { StateDict } from '../array/stateDict.ts';
import type { ElementType } from './elementType.ts';

export interface TensorInfo {
  readonly name: string;
  readonly shape: readonly number[];
  /** Type in the file. 16-bit floats are read as Float32Array. */
  readonly dtype: ElementType;
}

/** An opened file: names, shapes and types are known, values are read on demand. */
export interface TensorFile {
  readonly format: 'torch' | 'torch-legacy' | 'safetensors' | 'onnx';
  readonly tensors: readonly TensorInfo[];
  /** Text that the file carries beside its tensors; PyTorch checkpoints have none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Reads the values of one tensor, dense in C order. */
  read(name: string): Promise<NdArray<AnyTypedArray>>;
}

/** Reads all tensors, in the order of the file. */
export async function readStateDict(file: TensorFile): Promise<StateDict> {
  const state = new Map<string, NdArray<AnyTypedArray>>();
  for (const { name } of file.tensors) state.set(name, await file.read(name));
  return state;
}
