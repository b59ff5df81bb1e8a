/** Weights of a network that has learned nothing yet, drawn as PyTorch draws them for Cellpose. */
import type { FloatArray } from '../array/ndarray.ts';
import { sizeOf } from '../array/ndarray.ts';
import type { CPnetConfig } from '../nets/cpnet.ts';
import { cpnetStateEntries } from '../nets/cpnetState.ts';

/**
 * Kernels, matrices and their biases uniform within ± 1 / √(inputs of one output), batch normalisation 1 and 0.
 *
 * @param random    numbers in [0, 1).
 * @param diamMean  diameter in pixels to which cells are scaled for training.
 * @returns         a state dict for `createTrainer`.
 * Source: PyTorch's `Conv2d.reset_parameters` and `Linear.reset_parameters`.
 */
export function initialState(config: CPnetConfig, random: () => number, diamMean = 30): Map<string, FloatArray> {
  const state = new Map<string, FloatArray>();
  let bound = 0;
  for (const { name, shape } of cpnetStateEntries(config)) {
    // A bias follows its kernel in the state dict, and has its bound.
    if (shape.length > 1) bound = 1 / Math.sqrt(sizeOf(shape.slice(1)));
    state.set(name, { data: Float32Array.from({ length: sizeOf(shape) }, drawOf(name, shape, bound, random)), shape });
  }
  state.set('diam_mean', { data: Float32Array.of(diamMean), shape: [1] });
  state.set('diam_labels', { data: Float32Array.of(diamMean), shape: [1] });
  return state;
}

function drawOf(name: string, shape: readonly number[], bound: number, random: () => number): () => number {
  const part = name.slice(name.lastIndexOf('.') + 1);
  const isNorm = /\.0\.(weight|bias)$/.test(name);
  if (part === 'running_var' || (isNorm && part === 'weight')) return () => 1;
  if (part === 'running_mean' || isNorm || shape.length === 0) return () => 0;
  return () => bound * (2 * random() - 1);
}
