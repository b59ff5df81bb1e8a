/** The card that a training leaves beside its model: what it learned from and how, for whoever gets the model. Not the whole record. */
import { basename } from 'node:path';
import type { Args } from './flags.ts';
import type { ModelCard } from './modelCard.ts';

export interface TrainedModel {
  readonly modelPath: string;
  /** Name of the model that the training started from, or 'scratch'. */
  readonly start: string;
  readonly command: readonly string[];
  readonly args: Args;
  /** Numbers of images, and of cells in those of the training. */
  readonly trainImages: number;
  readonly testImages: number;
  readonly cells: number;
  readonly diamMean: number;
  readonly diamLabels: number;
  readonly sha256: string;
  /** Mean precision on the test images at an intersection over union of 0.5; null where none was measured. */
  readonly precision: number | null;
}

/** The licence is for the owner of the images to say: the card has a place for it, empty. */
export function trainCard(trained: TrainedModel): ModelCard {
  const { modelPath, start, command, args, trainImages, testImages, cells, diamMean, diamLabels, sha256, precision } =
    trained;
  return {
    name: basename(modelPath),
    sha256,
    made: new Date().toISOString(),
    diamMean,
    diamLabels,
    channels: args.all_channels ? 'all channels as they are' : `channels [${args.chan}, ${args.chan2}]`,
    data: { name: `${trainImages} own images with ${cells} cells`, trainImages, testImages, cells },
    licence: '',
    recipe: { program: 'cellpose-ts', start, command: command.join(' '), epochs: args.n_epochs, seed: args.seed },
    ...(precision === null ? {} : { metrics: { on: 'test images, average precision at IoU 0.5', precision } }),
  };
}
