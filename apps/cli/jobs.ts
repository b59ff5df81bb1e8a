/**
 * `--jobs N`: several images at once, each in a process of its own on its share of the threads. One process hands out the
 * images, one at a time to whoever is free, so that no two ever have the same; it alone keeps the record. A process that
 * dies, for lack of memory say, costs its image and no other: a new one takes its place.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { RunError } from './errors.ts';
import { own, ownerOfResults } from './owners.ts';
import { clash, type Done, entry, type Run, tell } from './segmentFiles.ts';
import { threadsOf } from './threads.ts';
import type { Turns } from './turns.ts';

/** What a worker says. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'detail'; readonly line: string }
  | ({ readonly kind: 'done'; readonly engine: string | undefined; readonly preset: string | undefined } & Done);
/** What it is told. */
export type ToWorker = { readonly kind: 'image'; readonly image: string } | { readonly kind: 'stop' };

/** @param words  the command line of this run. @throws RunError where no worker can be started. */
export async function segmentInJobs(turns: Turns, words: readonly string[], run: Run): Promise<void> {
  const { args, host, reporter, record, signal } = run;
  const queue = new Queue(turns, run);
  await reporter.start(turns.count);
  const count = Math.min(args.jobs, turns.count);
  const threads = Math.max(1, Math.floor((threadsOf(args.threads, host.env) ?? availableParallelism()) / count));
  const command = ['worker', ...words, '--threads', String(threads), '--offline'];
  do {
    const jobs = Array.from({ length: count }, () => workUntilEmpty(queue, command, run));
    const ended = await Promise.allSettled(jobs);
    const failure = ended.find((job) => job.status === 'rejected');
    if (failure && !signal.aborted) {
      reporter.stop();
      throw failure.reason;
    }
  } while (!queue.isDiskFull && (await turns.again()));
  reporter.stop();
  for (const image of turns.end()) record.images.push(entry(image, 'not started'));
}

/** One worker after the other, as long as there are images: usually the first one does them all. */
async function workUntilEmpty(queue: Queue, command: readonly string[], run: Run): Promise<void> {
  while (queue.hasMore()) await work(queue, command, run);
}

/** The life of one worker. */
async function work(queue: Queue, command: readonly string[], run: Run): Promise<void> {
  const { signal, args } = run;
  // The built program is one file, so this is its name.
  const worker = fork(fileURLToPath(import.meta.url), [...command], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let errors = '';
  worker.stderr!.on('data', (chunk) => {
    errors += chunk;
  });
  const stop = () => send(worker, { kind: 'stop' });
  signal.addEventListener('abort', stop, { once: true });
  const hands: Hands = { image: undefined, begin: 0, isReady: false };
  worker.on('message', (message: FromWorker) => void hear(message, worker, hands, queue, run));
  const reason = await endOf(worker);
  signal.removeEventListener('abort', stop);
  const { image, isReady } = hands;
  if (!isReady && !signal.aborted) throw new RunError(`--jobs: a worker cannot be started: ${errors.trim() || reason}`);
  if (image === undefined) return;
  const error = `the process that computed it has ended (${reason}); is there enough memory for ${args.jobs} at once?`;
  await queue.lost(signal.aborted ? entry(image, 'cancelled') : { ...entry(image, 'failed'), errors: [error] });
}

/** What a worker has at hand. */
interface Hands {
  image: string | undefined;
  begin: number;
  isReady: boolean;
}

/** Takes what a worker has done, and gives it the next image. */
async function hear(message: FromWorker, worker: ChildProcess, hands: Hands, queue: Queue, run: Run): Promise<void> {
  if (message.kind === 'detail') {
    run.reporter.detail(message.line);
    return;
  }
  hands.isReady = true;
  hands.image = undefined;
  if (message.kind === 'done') {
    run.record.engine ??= message.engine;
    run.record.preset ??= message.preset;
    await queue.done(message, (performance.now() - hands.begin) / 1000);
  }
  const image = await queue.next();
  if (image !== undefined && !worker.connected) await queue.giveBack(image);
  if (image === undefined || !worker.connected) {
    send(worker, { kind: 'stop' });
    return;
  }
  Object.assign(hands, { image, begin: performance.now() });
  run.reporter.imageBegins(image);
  send(worker, { kind: 'image', image });
}

function endOf(worker: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    worker.on('error', (error) => resolve(error.message));
    worker.on('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
  });
}

function send(worker: ChildProcess, message: ToWorker): void {
  if (worker.connected) worker.send(message);
}

/** The images that wait, and what has become of the others. */
class Queue {
  readonly #run: Run;
  readonly #turns: Turns;
  #diskFull = false;

  constructor(turns: Turns, run: Run) {
    this.#run = run;
    this.#turns = turns;
  }

  get isDiskFull(): boolean {
    return this.#diskFull;
  }

  hasMore(): boolean {
    return this.#turns.hasMore() && !this.#diskFull;
  }

  /** The next image to do, in order; those whose results would replace others' fail on the way. */
  async next(): Promise<string | undefined> {
    const { owners } = this.#turns;
    while (this.hasMore()) {
      const image = await this.#turns.next();
      if (image === undefined) return undefined;
      const other = ownerOfResults(image, this.#run.args, owners);
      if (other === undefined) {
        own(image, this.#run.args, owners);
        return image;
      }
      await this.#keep(clash(image, other).entry, 0);
    }
    return undefined;
  }

  giveBack(image: string): Promise<void> {
    return this.#turns.giveBack(image);
  }

  async done({ entry: found, diskFull }: Done, seconds: number): Promise<void> {
    this.#diskFull ||= diskFull;
    if (found.status === 'done') await this.#run.journal?.add(found).catch(() => {});
    await this.#keep(found, seconds);
  }

  /** Of the image nothing is to be had. */
  lost(found: Done['entry']): Promise<void> {
    return this.#keep(found, 0);
  }

  async #keep(found: Done['entry'], seconds: number): Promise<void> {
    await this.#turns.release(found.image);
    this.#run.record.images.push(found);
    tell(found, seconds, this.#run);
  }
}
