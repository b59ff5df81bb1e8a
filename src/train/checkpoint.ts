/**
 * The state of a training between two epochs as one file, from which it goes on to the same numbers: weights, moments of the
 * optimiser, losses so far. Draws need no state: each epoch has a seed of its own.
 */
import type { FloatArray } from '../array/ndarray.ts';
import { FormatError } from '../errors.ts';
import { openSafetensors, writeSafetensors } from '../io/safetensors.ts';
import { sourceFromBytes } from '../io/source.ts';
import { readStateDict } from '../io/tensorFile.ts';

/** What a training needs to go on. */
export interface TrainingState {
  readonly weights: ReadonlyMap<string, FloatArray>;
  readonly moments: ReadonlyMap<string, Float32Array>;
  readonly steps: number;
  readonly progress: Progress;
  /** Weights that did best on held-out images, where they are kept. */
  readonly best?: ReadonlyMap<string, FloatArray> | undefined;
}

/** Losses so far; entry e is epoch e. */
export interface Progress {
  readonly trainLosses: readonly number[];
  /** null where none was measured. */
  readonly testLosses: readonly (number | null)[];
  /** Precision on held-out images, likewise; missing in files of versions that did not measure it. */
  readonly precisions?: readonly (number | null)[];
  /** Of the settings that decide the numbers, so that a training is not resumed with others. */
  readonly settings: string;
}

const momentPrefix = 'moments of ';
const bestPrefix = 'best of ';

export function writeCheckpoint({ weights, moments, steps, progress, best }: TrainingState): Uint8Array {
  const tensors = new Map<string, FloatArray>(weights);
  for (const [name, data] of moments) tensors.set(momentPrefix + name, { data, shape: [data.length] });
  for (const [name, array] of best ?? []) tensors.set(bestPrefix + name, array);
  const metadata = { kind: 'training', steps: String(steps), progress: JSON.stringify(progress) };
  return writeSafetensors(tensors, { metadata });
}

/** @throws FormatError if the bytes are not a checkpoint of a training, or damaged. */
export async function readCheckpoint(bytes: Uint8Array): Promise<TrainingState> {
  const file = await openSafetensors(sourceFromBytes(bytes));
  const { kind, steps, progress } = file.metadata;
  if (kind !== 'training' || steps === undefined || progress === undefined)
    throw new FormatError('checkpoint', 'these weights have no state of a training beside them; start without resume');
  const weights = new Map<string, FloatArray>();
  const best = new Map<string, FloatArray>();
  const moments = new Map<string, Float32Array>();
  for (const [name, { data, shape }] of await readStateDict(file)) {
    if (!(data instanceof Float32Array)) throw new FormatError('checkpoint', `${name} is not of 32-bit floats`);
    if (name.startsWith(momentPrefix)) moments.set(name.slice(momentPrefix.length), data);
    else if (name.startsWith(bestPrefix)) best.set(name.slice(bestPrefix.length), { data, shape });
    else weights.set(name, { data, shape });
  }
  return {
    weights,
    moments,
    steps: countOf(steps),
    progress: parseProgress(progress),
    ...(best.size > 0 && { best }),
  };
}

function countOf(text: string): number {
  const steps = Number(text);
  if (Number.isSafeInteger(steps) && steps >= 0) return steps;
  throw new FormatError('checkpoint', `its number of steps is '${text}'`);
}

function parseProgress(text: string): Progress {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new FormatError('checkpoint', 'its losses are not JSON', undefined, cause);
  }
  const { trainLosses, testLosses, precisions = [], settings } = (value ?? {}) as Partial<Progress>;
  const areLosses = [trainLosses, testLosses, precisions].every(
    (list) => Array.isArray(list) && list.every((loss) => loss === null || typeof loss === 'number'),
  );
  if (!areLosses || typeof settings !== 'string')
    throw new FormatError('checkpoint', 'its losses or settings are not what a training writes');
  return value as Progress;
}
