/** Weights of a CPnet that was never trained: drawn at random, the same at each run. */
import type { FloatArray } from '../../src/array/ndarray.ts';
import { cpnetStateEntries } from '../../src/nets/cpnetState.ts';

/** Numbers from 0 to 1, the same sequence for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Keeps the network's numbers near 1: signed weights for convolutions, near 1 for what normalises. */
export function randomStateDict(nbase: readonly number[], random = randomNumbers(5)): Map<string, FloatArray> {
  const dict = new Map<string, FloatArray>();
  for (const { name, shape } of cpnetStateEntries({ nbase, nout: 3 })) {
    const n = shape.reduce((product, extent) => product * extent, 1);
    const spread = Math.sqrt(6 / (n / shape[0]));
    const draw = shape.length > 1 ? () => (random() - 0.5) * spread : () => 0.5 + random();
    dict.set(name, { data: Float32Array.from({ length: n }, draw), shape });
  }
  return dict;
}
