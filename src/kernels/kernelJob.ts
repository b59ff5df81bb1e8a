/**
 * A job for kernels: named arrays in one memory, and work on ranges of items, on worker threads or on this one. Each job has a
 * memory of its own, of the size that it needs, which is given back with the job. Where WebAssembly is missing the arrays
 * are ordinary ones, and the plain loops do the work.
 */
import type { TypedArray } from '../array/ndarray.ts';
import { kernelModule } from './kernelModule.ts';
import { borrowWorkers, type KernelWorker, returnWorkers } from './workerPool.ts';

/** Constructor and length of an array. */
type ArrayPlan = readonly [new (buffer: ArrayBufferLike, at: number, length: number) => TypedArray, number];
type ArraysOf<P> = {
  readonly [K in keyof P]: P[K] extends readonly [new (...args: never) => infer T, number] ? T : never;
};

export interface KernelJob<P extends Record<string, ArrayPlan>> {
  /** The arrays, all 0 at first. Valid until `close`. */
  readonly arrays: ArraysOf<P>;
  /** Address of each array, for the arguments of kernels. */
  readonly at: { readonly [K in keyof P]: number };
  /** Whether kernels do the work, or the plain loops. */
  readonly hasKernels: boolean;
  /**
   * Does the work once for each range, in any order, on several threads at the same time.
   *
   * @throws the signal's reason when it is aborted; checked between ranges.
   */
  run(work: KernelWork, ranges: readonly Range[], signal?: AbortSignal): Promise<void>;
  close(): void;
}

/** First item, and the one after the last. */
export type Range = readonly [number, number];

/** The same work twice: as a kernel and as a plain loop. */
export interface KernelWork {
  readonly kernel: string;
  /** Arguments of the kernel; the number of the thread is added as the last one. */
  args(from: number, to: number): readonly number[];
  plain(from: number, to: number): void;
}

const pageBytes = 65536;
const alignment = 16;
let jobs = 0;

/**
 * Opens a job.
 *
 * @param plan     the arrays: names, types, lengths.
 * @param threads  1: the work is done on this thread, with pauses; more: on that many workers, where there are workers.
 */
export async function openKernelJob<const P extends Record<string, ArrayPlan>>(
  plan: P,
  threads: number,
): Promise<KernelJob<P>> {
  const at: Record<string, number> = {};
  let bytes = alignment; // no array at address 0
  for (const [name, [Type, length]] of Object.entries(plan)) {
    at[name] = bytes;
    const elementBytes = (Type as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
    bytes += Math.ceil((length * elementBytes) / alignment) * alignment;
  }
  const kernels = await openKernels(bytes, threads);
  const buffer = kernels?.memory.buffer ?? new ArrayBuffer(bytes);
  const arrays = Object.fromEntries(
    Object.entries(plan).map(([name, [Type, length]]) => [name, new Type(buffer, at[name], length)]),
  );
  return {
    arrays: arrays as ArraysOf<P>,
    at: at as { [K in keyof P]: number },
    hasKernels: kernels !== undefined,
    run: kernels?.run ?? ((work, ranges, signal) => inTurn(ranges, signal, work.plain)),
    close: () => kernels?.close(),
  };
}

interface Kernels extends Pick<KernelJob<never>, 'run' | 'close'> {
  readonly memory: WebAssembly.Memory;
}

async function openKernels(bytes: number, threads: number): Promise<Kernels | undefined> {
  let module: WebAssembly.Module;
  let memory: WebAssembly.Memory;
  try {
    module = await kernelModule();
    const pages = Math.ceil((bytes + alignment) / pageBytes);
    memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch {
    return undefined; // no WebAssembly, no SIMD, or no shared memory: the plain loops give the same
  }
  return (threads > 1 ? onWorkers(module, memory, threads) : undefined) ?? onThisThread(module, memory);
}

function onWorkers(module: WebAssembly.Module, memory: WebAssembly.Memory, threads: number): Kernels | undefined {
  const job = ++jobs;
  let workers: readonly KernelWorker[];
  try {
    workers = borrowWorkers(threads, memory.buffer.byteLength);
  } catch {
    return undefined; // no workers here
  }
  const close = () => {
    for (const worker of workers) worker.close(job);
    returnWorkers();
  };
  try {
    for (const worker of workers) worker.open(job, module, memory);
  } catch {
    close();
    return undefined; // this memory cannot be shared with workers
  }
  return {
    memory,
    async run({ kernel, args }, ranges, signal) {
      const queue = ranges[Symbol.iterator]();
      const work = async (worker: KernelWorker, thread: number) => {
        for (const [from, to] of queue) {
          signal?.throwIfAborted();
          await worker.call(job, kernel, [...args(from, to), thread]);
        }
      };
      // All must have come to an end before the caller may go on, even where one failed.
      const outcomes = await Promise.allSettled(workers.map(work));
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    },
    close,
  };
}

function onThisThread(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return {
    memory,
    run({ kernel, args }, ranges, signal) {
      const call = exports[kernel] as (...args: number[]) => void;
      return inTurn(ranges, signal, (from, to) => call(...args(from, to), 0));
    },
    close() {},
  };
}

/** After this long without a pause, other work of this thread gets its turn, in milliseconds. */
const pauseAfter = 50;

async function inTurn(
  ranges: readonly Range[],
  signal: AbortSignal | undefined,
  work: (from: number, to: number) => void,
): Promise<void> {
  let last = performance.now();
  for (const [from, to] of ranges) {
    if (performance.now() - last > pauseAfter) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      last = performance.now();
    }
    signal?.throwIfAborted();
    work(from, to);
  }
}
