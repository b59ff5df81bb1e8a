/**
 * Lists of images to train on, as Cellpose's `--file_list` takes them: a dictionary that `numpy.save` wrote.
 * Source: cellpose 3.1 `__main__`.
 */
import { FormatError } from '../errors.ts';
import { readNpyDictionary } from './npyObject.ts';
import { PickledArray } from './pickle/numpyGlobals.ts';
import { describeValue, type PickleValue } from './pickle/values.ts';

export interface TrainingList {
  readonly trainFiles: readonly string[];
  readonly testFiles?: readonly string[];
  /** Relative chances of the images to be drawn. */
  readonly trainProbs?: readonly number[];
  readonly testProbs?: readonly number[];
}

/**
 * Reads `train_files`, and where there are such `test_files`, `train_probs` and `test_probs`: lists or arrays of text and of
 * numbers. Other keys are passed over.
 *
 * @throws FormatError where the file is no such dictionary, or a list is not of what it should be; the message names it.
 */
export function readTrainingListNpy(bytes: Uint8Array): TrainingList {
  const dictionary = readNpyDictionary(bytes);
  const texts = (key: string) => listOf(dictionary, key, 'text', (v): v is string => typeof v === 'string');
  const numbers = (key: string) => listOf(dictionary, key, 'numbers', (v): v is number => typeof v === 'number');
  const [trainFiles, testFiles] = [texts('train_files'), texts('test_files')];
  const [trainProbs, testProbs] = [numbers('train_probs'), numbers('test_probs')];
  if (!trainFiles) throw new FormatError('file list', `needs train_files; has ${[...dictionary.keys()].join(', ')}`);
  return {
    trainFiles,
    ...(testFiles && { testFiles }),
    ...(trainProbs && { trainProbs }),
    ...(testProbs && { testProbs }),
  };
}

function listOf<T>(
  dictionary: ReadonlyMap<string, PickleValue>,
  key: string,
  what: string,
  isRight: (value: unknown) => value is T,
): T[] | undefined {
  const value = dictionary.get(key);
  if (value === undefined || value === null) return undefined;
  const items: unknown =
    value instanceof PickledArray ? (value.array ? Array.from(value.array.data, Number) : value.items) : value;
  if (Array.isArray(items) && items.every(isRight)) return items;
  throw new FormatError('file list', `${key} must be a list of ${what}; it is ${describeValue(value)}`);
}
