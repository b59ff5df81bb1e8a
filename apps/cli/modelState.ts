/** The tensors of a model file, with the type that each has there. */
import { type AnyTypedArray, type NdArray, openWeights, type StateDict, type TensorInfo } from 'cellpose-ts';
import { RunError } from './errors.ts';
import { sourceFromFile } from './fileSource.ts';
import type { ModelFile } from './modelFile.ts';

export interface ModelState {
  readonly state: StateDict;
  readonly types: ReadonlyMap<string, TensorInfo['dtype']>;
}

/** Twenty times Cellpose's own network; that of Cellpose 4 has 300 million and is not to be read only to be refused. */
const mostNumbers = 2 ** 27;

/** @throws RunError for what is too large to be a network of Cellpose 1 to 3; the errors of the file system and of `openWeights`. */
export async function modelState({ path, diamMean }: ModelFile): Promise<ModelState> {
  const source = await sourceFromFile(path);
  try {
    const file = await openWeights(source);
    const numbers = file.tensors.reduce((sum, { shape }) => sum + shape.reduce((n, extent) => n * extent, 1), 0);
    if (numbers > mostNumbers)
      throw new RunError(
        `holds ${Math.round(numbers / 1e6)} million numbers, more than a network of Cellpose 1 to 3 (a model of Cellpose 4?)`,
      );
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
