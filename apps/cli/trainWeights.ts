/** The weights that a training starts from: those of a model, or of a network that has learned nothing yet. */
import { join } from 'node:path';
import { bundledModels, initialState, type StateDict, seededRandom } from 'cellpose-ts';
import { chooseModel } from './chooseModel.ts';
import { UsageError } from './errors.ts';
import type { FetchOptions } from './fetchModel.ts';
import type { Parsed } from './parseFlags.ts';
import { weightsOfFile } from './segmenter.ts';
import { packageRoot } from './version.ts';

export interface StartingWeights {
  /** With `diam_mean`. */
  readonly stateDict: StateDict;
  /** Of the model; 'scratch' for a fresh network. */
  readonly name: string;
  /** Channels that the network takes. */
  readonly nchan: number;
  /** File of the model, unless it ships with the package. */
  readonly path?: string;
  readonly notes: readonly string[];
}

/** What `--pretrained_model` says for training from scratch, as in Cellpose; the last is our own. */
const scratch = ['None', 'False', '0', '', 'scratch'];
/** Two flows and the cell probability. */
const nout = 3;
/** A layer whose kernel tells the number of input channels. */
const firstLayer = 'downsample.down.res_down_0.conv.conv_0.2.weight';

/**
 * @param nchan  channels of the images, for a network from scratch.
 * @throws RunError where the model is unknown, cannot be had, or its file is none; the reason of the signal.
 */
export async function startingWeights(
  { args, given }: Parsed,
  nchan: number,
  options: FetchOptions,
): Promise<StartingWeights> {
  const { diam_mean: diamMean, pretrained_model, model_type, seed } = args;
  const old = model_type !== null && !given.has('--pretrained_model');
  if (scratch.includes(old ? model_type : pretrained_model)) {
    const stateDict = initialState({ nbase: [nchan, ...levelsOf(args.nbase)], nout }, seededRandom(seed), diamMean);
    return { stateDict, name: 'scratch', nchan, notes: [] };
  }
  const choice = await chooseModel(args, given, options);
  const { source, name } = choice;
  const path = source.kind === 'file' ? source.path : await pathOfBundled(name);
  const stateDict = new Map(await weightsOfFile(path));
  const notes = [...choice.notes];
  if (given.has('--nbase')) notes.push(`--nbase has no effect: the model ${name} has its own channels`);
  const kept = stateDict.get('diam_mean')?.data[0];
  if (kept === undefined) {
    const mean = (source.kind === 'file' ? source.diamMean : undefined) ?? diamMean;
    stateDict.set('diam_mean', { data: Float32Array.of(mean), shape: [1] });
  } else if (given.has('--diam_mean') && Number(kept) !== diamMean) {
    notes.push(`--diam_mean has no effect: the model ${name} has its own, ${Number(kept)} pixels`);
  }
  const channels = [...stateDict].find(([layer]) => layer.endsWith(firstLayer))?.[1].shape[1] ?? 2;
  const own = source.kind === 'file' ? { path: source.path } : {};
  return { stateDict, name, nchan: channels, ...own, notes };
}

/** @throws UsageError unless the text is a list of channels, for two levels or more. */
export function levelsOf(text: string): number[] {
  const levels = text.split(',').map(Number);
  if (levels.length >= 2 && levels.every((n) => Number.isInteger(n) && n >= 1 && n <= 4096)) return levels;
  throw new UsageError(`--nbase: needs the channels of each level, such as 32,64,128,256; got '${text}'`);
}

async function pathOfBundled(name: string): Promise<string> {
  const model = (await bundledModels()).find((m) => m.name === name)!;
  return join(packageRoot, 'weights', model.file);
}
