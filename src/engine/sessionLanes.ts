/**
 * Where tiles run: a lone one on all threads, many on two sessions side by side, each on half of the threads. Threads that
 * share one tile wait for each other at every layer, most of all while the caller uses a core too; two tiles do not.
 */
import type { RuntimeSession } from '../platform/types.ts';
import { SessionCache } from './sessionCache.ts';

/** The model for inputs of a shape, as ONNX. */
type MakeModel = (shape: readonly number[]) => Uint8Array;
/** May keep the model. */
type Compile = (model: Uint8Array, threads: number) => Promise<RuntimeSession>;

/** Sizes of tile that stay compiled: one for the image, one for the size estimate. */
const keptSessions = 2;

export class SessionLanes {
  /** On all threads. */
  readonly #whole: SessionCache;
  /** Each on a part of the threads, with the number of its jobs under way; empty where there is nothing to share out. */
  readonly #parts: { readonly sessions: SessionCache; jobs: number }[];
  #latest: SessionCache;
  /** What one lane has made for the other, which will want it soon. */
  #spare: { readonly shape: string; readonly model: Uint8Array } | undefined;

  /** @param sideBySide  whether this platform's sessions run at the same time. */
  constructor(threads: number, sideBySide: boolean, makeModel: MakeModel, compile: Compile) {
    this.#whole = new SessionCache(keptSessions, (shape) => compile(makeModel(shape), threads));
    this.#latest = this.#whole;
    const shares = sideBySide && threads > 1 ? [Math.ceil(threads / 2), Math.floor(threads / 2)] : [];
    this.#parts = shares.map((share) => ({
      sessions: new SessionCache(keptSessions, (shape) => compile(this.#modelForTwo(shape, makeModel), share)),
      jobs: 0,
    }));
  }

  /** Jobs under way that keep all lanes busy: for each one that runs and one that waits. */
  get concurrency(): number {
    return 2 * Math.max(1, this.#parts.length);
  }

  /** What runs the networks, known from the first job on. */
  get engine(): string {
    return this.#latest.engine;
  }

  /** What the sessions say of it, likewise. */
  get notes(): readonly string[] {
    return this.#latest.notes;
  }

  /**
   * Runs a job with a session for inputs of a shape.
   *
   * @param inAll  how many such jobs there will be, this one among them. One, or three, are done sooner by all threads together:
   *               in halves the other lane would stand idle at the end.
   */
  async use<T>(shape: readonly number[], inAll: number, job: (session: RuntimeSession) => Promise<T>): Promise<T> {
    const [lane] = this.#parts.toSorted((a, b) => a.jobs - b.jobs);
    if (!lane || inAll === 1 || inAll === 3) {
      return this.#runIn(this.#whole, shape, job);
    }
    lane.jobs++;
    try {
      return await this.#runIn(lane.sessions, shape, job);
    } finally {
      lane.jobs--;
    }
  }

  #runIn<T>(
    sessions: SessionCache,
    shape: readonly number[],
    job: (session: RuntimeSession) => Promise<T>,
  ): Promise<T> {
    return sessions.use(shape, (session) => {
      // Only now there is something to say of it, and others may ask meanwhile.
      this.#latest = sessions;
      return job(session);
    });
  }

  /** Gives the memory of the two lanes back until they are needed again, which takes a tenth of a second. */
  async rest(): Promise<void> {
    await Promise.all(this.#parts.map(({ sessions }) => sessions.clear()));
  }

  #modelForTwo(shape: readonly number[], makeModel: MakeModel): Uint8Array {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare?.shape === shape.join()) return spare.model;
    const model = makeModel(shape);
    this.#spare = { shape: shape.join(), model: model.slice() };
    return model;
  }

  /** Releases all, after the jobs in line; later jobs fail. */
  async release(): Promise<void> {
    const all = [this.#whole, ...this.#parts.map(({ sessions }) => sessions)];
    const released = await Promise.allSettled(all.map((sessions) => sessions.release()));
    for (const one of released) if (one.status === 'rejected') throw one.reason;
  }
}
