/** What all stages of one run share: threads, cancellation, progress, and when the run began. */
import type { PerImage, ProgressEvent } from './types.ts';

export interface RunOptions {
  readonly threads: number;
  /** When the caller asked, as `performance.now()`. */
  readonly begin: number;
  /** Images that are computed side by side, this one among them. */
  readonly imagesAtOnce?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
}

/** Begins a run: its clock starts here. */
export function runOptions(
  options: Pick<PerImage, 'signal' | 'onProgress' | 'imagesAtOnce'>,
  threads: number,
): RunOptions {
  return {
    threads,
    begin: performance.now(),
    ...(options.imagesAtOnce ? { imagesAtOnce: options.imagesAtOnce } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  };
}
