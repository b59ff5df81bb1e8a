/** What all stages of one run share: threads, cancellation, progress, and when the run began. */
import type { EvalOptions, ProgressEvent } from './types.ts';

export interface RunOptions {
  readonly threads: number;
  /** When the caller asked, as `performance.now()`. */
  readonly begin: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
}

/** Begins a run: its clock starts here. */
export function runOptions(options: Pick<EvalOptions, 'signal' | 'onProgress'>, threads: number): RunOptions {
  return {
    threads,
    begin: performance.now(),
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  };
}
