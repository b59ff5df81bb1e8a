/** The tensors of a model file, with the type that each has there. */
import { type AnyTypedArray, type NdArray, openWeights, type StateDict, type TensorInfo } from 'cellpose-ts';
import { sourceFromFile } from './fileSource.ts';
import type { ModelFile } from './modelFile.ts';

export interface ModelState {
  readonly state: StateDict;
  readonly types: ReadonlyMap<string, TensorInfo['dtype']>;
}

/** @throws the errors of the file system and of `openWeights`. */
export async function modelState({ path, diamMean }: ModelFile): Promise<ModelState> {
  const source = await sourceFromFile(path);
  try {
    const file = await openWeights(source);
    const state = new Map<string, NdArray<AnyTypedArray>>();
    for (const { name } of file.tensors) state.set(name, await file.read(name));
    // Files of Cellpose's own networks may lack the diameter, or give another than Cellpose uses.
    if (diamMean !== undefined && Number(state.get('diam_mean')?.data[0]) !== diamMean)
      state.set('diam_mean', { data: Float32Array.of(diamMean), shape: [1] });
    return { state, types: new Map(file.tensors.map(({ name, dtype }) => [name, dtype])) };
  } finally {
    await source.close();
  }
}
