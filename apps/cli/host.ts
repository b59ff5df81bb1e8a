/** What the program needs from the machine, as one record, so that tests can put other things in its place. */
import { homedir } from 'node:os';
import type { ModelChoice } from './chooseModel.ts';
import type { RestorerChoice } from './chooseRestorer.ts';
import type { RangesOf } from './ranges.ts';
import type { Segmenter } from './segmenter.ts';

interface TextOutput {
  write(text: string): void;
  readonly isTTY?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
}

export interface Host {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: string;
  /** Loads a model; by default the library's. */
  readonly loadSegmenter?: (choice: ModelChoice, options: LoadSegmenterOptions) => Promise<Segmenter>;
  /** Writes a file whole; by default to the disk. */
  readonly writeFile?: (path: string, bytes: Uint8Array | readonly Uint8Array[]) => Promise<void>;
  /** Calls back when the user or the system wants the program to end; returns how to stop listening. */
  readonly onInterrupt: (listener: (exitCode: number) => void) => () => void;
}

export interface LoadSegmenterOptions {
  readonly threads?: number;
  /** The size model is wanted. */
  readonly estimateDiameter: boolean;
  /** Another model for the planes of volumes along z. */
  readonly ortho?: ModelChoice;
  /** Networks that restore the images first. */
  readonly restore?: RestorerChoice;
  /** For `--precision int8`: finds the ranges of the values of a model from a file. Left out: float32. */
  readonly rangesOf?: RangesOf;
}

/** The host of a real process. */
export function processHost(): Host {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    home: homedir(),
    platform: process.platform,
    onInterrupt: listenToSignals,
  };
}

/** First signal: the listener ends the run in good order. Second: at once. Codes are 128 + the signal's number. */
function listenToSignals(listener: (exitCode: number) => void): () => void {
  let count = 0;
  const on = (exitCode: number) => () => {
    if (++count > 1) process.exit(exitCode);
    listener(exitCode);
  };
  const [interrupt, terminate] = [on(130), on(143)];
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', terminate);
  return () => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', terminate);
  };
}
