/** The images of a training, from their files to what a network learns from. */
import type { TrainingExample, TrainingList } from 'cellpose-ts';
import { RunError } from './errors.ts';
import type { Args } from './flags.ts';
import { readPicture } from './readPicture.ts';
import { threadsOf } from './threads.ts';
import { readExamples, type TrainingFiles } from './trainData.ts';
import type { Way } from './trainWay.ts';
import type { StartingWeights } from './trainWeights.ts';

type Reading = Pick<Way, 'parsed' | 'host' | 'signal' | 'write' | 'progress' | 'warn'>;

export async function examplesOf(
  files: readonly TrainingFiles[],
  { nchan }: Pick<StartingWeights, 'nchan'>,
  { parsed, host, signal, write, progress, warn }: Reading,
): Promise<readonly TrainingExample[]> {
  const { args } = parsed;
  const threads = threadsOf(args.threads, host.env);
  const onImage = (done: number) => progress.reading(done, files.length);
  const { examples, notes } = await readExamples(files, { args, nchan, threads, signal, write, onImage });
  for (const line of notes) warn(line);
  return examples;
}

export function withEnoughCells(
  examples: readonly TrainingExample[],
  { parsed, warn }: Pick<Reading, 'parsed' | 'warn'>,
): TrainingExample[] {
  const { min_train_masks: least, negatives } = parsed.args;
  const isKept = ({ cells }: TrainingExample) => cells >= least || (negatives && cells === 0);
  const left = examples.filter((example) => !isKept(example));
  const kept = examples.filter(isKept);
  const remedy = 'label more cells, or lower --min_train_masks';
  if (!kept.some(({ cells }) => cells >= Math.max(1, least)))
    throw new RunError(`training: none of ${examples.length} images has ${least} cells; ${remedy}`);
  for (const { name, cells } of left) warn(`${name}: left out, ${cells} cells are fewer than ${least}; ${remedy}`);
  return kept;
}

/** Of a list of files; those of images that were left out are, too. */
export function chancesOf(list: TrainingList | undefined, examples: readonly TrainingExample[], { test_dir }: Args) {
  if (!list) return {};
  const { trainFiles, trainProbs, testProbs } = list;
  const chances = new Map(trainProbs?.map((chance, i) => [trainFiles[i]!, chance]));
  return {
    ...(trainProbs && { trainProbs: examples.map(({ name }) => chances.get(name)!) }),
    ...(testProbs && test_dir === null && { testProbs }),
  };
}

/** For a network from scratch. With `--all_channels` as many as the first image has. */
export async function channelsOfImages([first]: readonly TrainingFiles[], { all_channels }: Args): Promise<number> {
  if (!all_channels) return 2;
  const { shape } = (await readPicture(first!.image)).image;
  return shape.length === 3 ? Math.min(...shape) : 1;
}
