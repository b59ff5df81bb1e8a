/**
 * Worker threads for kernels: started when first needed, shared by all jobs, and ended a moment after the last job, so that
 * they neither hold its memory nor keep the process alive.
 */
import { spawnWorker } from '#platform';
import { DeviceError } from '../errors.ts';
import { workerSource } from './workerSource.ts';

/** A thread that runs kernels of any number of jobs, one call after the other. */
export interface KernelWorker {
  open(job: number, module: WebAssembly.Module, memory: WebAssembly.Memory): void;
  /** @throws DeviceError if the kernel or the worker failed. */
  call(job: number, kernel: string, args: readonly number[]): Promise<void>;
  close(job: number): void;
}

interface PooledWorker extends KernelWorker {
  terminate(): void;
}

interface Answer {
  readonly call: number;
  readonly error?: string;
}

/** The next job often follows at once, in milliseconds. */
const idleTime = 50;
/**
 * A worker that only waits does not collect garbage, so it holds the memory of closed jobs. After jobs of this many bytes
 * the workers are ended without delay.
 */
const heldBytes = 2 ** 28;

const workers: PooledWorker[] = [];
let users = 0;
let bytesSeen = 0;
let calls = 0;
let idleTimer: ReturnType<typeof setTimeout> | undefined;

/**
 * Lends the first `count` workers of the pool to a job with a memory of `bytes`, to be given back by `returnWorkers`.
 *
 * @throws where workers cannot be started.
 */
export function borrowWorkers(count: number, bytes: number): readonly KernelWorker[] {
  while (workers.length < count) workers.push(startWorker());
  clearTimeout(idleTimer);
  users++;
  bytesSeen += bytes;
  return workers.slice(0, count);
}

/** Gives back what one call of `borrowWorkers` lent. */
export function returnWorkers(): void {
  if (--users > 0) return;
  if (bytesSeen > heldBytes) endWorkers();
  else idleTimer = setTimeout(endWorkers, idleTime);
}

function endWorkers(): void {
  for (const worker of workers.splice(0)) worker.terminate();
  bytesSeen = 0;
}

function startWorker(): PooledWorker {
  const handle = spawnWorker(workerSource);
  const waiting = new Map<number, (error?: string) => void>();
  const answer = (call: number, error?: string) => {
    waiting.get(call)?.(error);
    waiting.delete(call);
  };
  handle.onMessage((message) => answer((message as Answer).call, (message as Answer).error));
  handle.onError((error) => {
    if (workers.includes(worker)) workers.splice(workers.indexOf(worker), 1);
    for (const call of [...waiting.keys()]) answer(call, error.message);
  });
  const worker: PooledWorker = {
    open: (job, module, memory) => handle.post({ open: job, module, memory }),
    close: (job) => handle.post({ close: job }),
    terminate: () => handle.terminate(),
    call(job, kernel, args) {
      const call = ++calls;
      // A worker may be one that does not keep the process alive; an unfinished call has to.
      const alive = setInterval(() => {}, 2 ** 30);
      const done = new Promise<void>((resolve, reject) => {
        const failure = (error: string) => new DeviceError('worker', `kernel ${kernel} failed in a worker: ${error}`);
        waiting.set(call, (error) => (error === undefined ? resolve() : reject(failure(error))));
      });
      handle.post({ call, job, kernel, args });
      return done.finally(() => clearInterval(alive));
    },
  };
  return worker;
}
