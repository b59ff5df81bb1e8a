/** What the steps of a training on the command line hand on to each other. */
import type { StateDict, TrainingExample } from 'cellpose-ts';
import type { Host } from './host.ts';
import type { Parsed } from './parseFlags.ts';
import type { Reporter } from './reporter.ts';
import type { RunRecord } from './runRecord.ts';
import type { TrainingProgress } from './trainProgress.ts';
import type { TrainedSize } from './trainSizeModel.ts';
import type { StartingWeights } from './trainWeights.ts';

/** What a step of the way needs to know. */
export interface Way {
  readonly parsed: Parsed;
  readonly host: Host;
  readonly reporter: Reporter;
  readonly progress: TrainingProgress;
  readonly record: TrainingRecord;
  readonly signal: AbortSignal;
  readonly write: (path: string, bytes: Uint8Array) => Promise<void>;
  readonly warn: (line: string) => void;
}

export interface TrainingRecord extends RunRecord {
  training?: {
    readonly start: string;
    readonly model: string;
    readonly sha256: string;
    readonly trainImages: readonly string[];
    readonly testImages: readonly string[];
    readonly trainLosses: readonly number[];
    readonly testLosses: readonly (number | null)[];
    /** Mean precision on the test images at an intersection over union of 0.5. */
    readonly precisions: readonly (number | null)[];
    /** That the model comes from. */
    readonly epoch: number;
  };
  size?: TrainedSize;
}

export interface Data {
  readonly weights: StartingWeights;
  readonly examples: readonly TrainingExample[];
  readonly testExamples: readonly TrainingExample[];
  /** Relative chances of the images to be drawn. */
  readonly trainProbs?: readonly number[];
  readonly testProbs?: readonly number[];
}

/** A network and where its file is, or would be. */
export interface Trained {
  readonly stateDict: StateDict;
  readonly modelPath: string;
}
