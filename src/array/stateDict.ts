import type { AnyTypedArray, NdArray } from './ndarray.ts';

/** A network's tensors by name, in the order of the file. Names are those of PyTorch's Cellpose. */
export type StateDict = ReadonlyMap<string, NdArray<AnyTypedArray>>;
