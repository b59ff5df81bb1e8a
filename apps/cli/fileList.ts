/** `--file_list`: the images of a training by name, in place of all of a folder. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readTrainingListNpy, type TrainingList } from 'cellpose-ts';
import { describeError } from './describeError.ts';
import { RunError } from './errors.ts';
import { missing } from './exists.ts';

/**
 * Reads Cellpose's .npy, or the same as JSON: `{ "train_files": […], "test_files": […], "train_probs": […], "test_probs": […] }`,
 * all but the first as one likes. Names count from the folder of the list.
 *
 * @throws RunError where the list cannot be read, images are missing or there are not as many chances as images.
 */
export async function readFileList(path: string): Promise<TrainingList> {
  const list = await parse(path);
  const absolute = (names: readonly string[]) => names.map((name) => resolve(dirname(path), name));
  const { trainProbs, testProbs } = list;
  const trainFiles = absolute(list.trainFiles);
  const testFiles = absolute(list.testFiles ?? []);
  const lost = await missing([...trainFiles, ...testFiles]);
  if (trainFiles.length === 0) throw new RunError(`--file_list ${path}: train_files names no images`);
  if (lost.length > 0) {
    const some = lost.slice(0, 3).join(', ');
    throw new RunError(
      `--file_list ${path}: ${lost.length} of its images are not there: ${some}${lost.length > 3 ? ', …' : ''}`,
    );
  }
  checkChances(path, 'train_probs', trainProbs, trainFiles.length);
  checkChances(path, 'test_probs', testProbs, testFiles.length);
  return { trainFiles, testFiles, ...(trainProbs && { trainProbs }), ...(testProbs && { testProbs }) };
}

async function parse(path: string): Promise<TrainingList> {
  try {
    const bytes = await readFile(path);
    return path.toLowerCase().endsWith('.json') ? fromJson(bytes.toString('utf8')) : readTrainingListNpy(bytes);
  } catch (error) {
    throw new RunError(`--file_list ${path}: cannot be read: ${describeError(error)}`, { cause: error });
  }
}

function fromJson(text: string): TrainingList {
  const {
    train_files: trainFiles,
    test_files: testFiles,
    train_probs: trainProbs,
    test_probs: testProbs,
  } = record(JSON.parse(text));
  for (const [key, list, type] of [
    ['train_files', trainFiles, 'string'],
    ['test_files', testFiles ?? [], 'string'],
    ['train_probs', trainProbs ?? [], 'number'],
    ['test_probs', testProbs ?? [], 'number'],
  ] as const)
    if (!Array.isArray(list) || !list.every((item) => typeof item === type))
      throw new RunError(`${key} must be a list of ${type === 'string' ? 'names' : 'numbers'}`);
  return { trainFiles, testFiles, trainProbs, testProbs } as TrainingList;
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new RunError('needs { "train_files": […] }');
}

function checkChances(path: string, key: string, chances: readonly number[] | undefined, images: number): void {
  if (chances && chances.length !== images)
    throw new RunError(`--file_list ${path}: ${key} has ${chances.length} numbers for ${images} images`);
}
