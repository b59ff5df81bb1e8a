/** Compiled networks by shape of input, the least recently used given up first. */

import { DeviceError } from '../errors.ts';
import type { RuntimeSession } from '../platform/types.ts';

type Make = (shape: readonly number[]) => Promise<RuntimeSession>;

export class SessionCache {
  readonly #make: Make;
  readonly #most: number;
  /** In order of last use. */
  readonly #sessions = new Map<string, RuntimeSession>();
  /** The last job in line: jobs run one after the other, so that no session is released under a run. */
  #line: Promise<unknown> = Promise.resolve();
  #released = false;
  #engine = 'not started';
  #notes: readonly string[] = [];

  constructor(most: number, make: Make) {
    this.#most = most;
    this.#make = make;
  }

  /** What runs the networks, known from the first job on. */
  get engine(): string {
    return this.#engine;
  }

  /** What the sessions say of it, likewise. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /** Runs a job with the session for inputs of a shape, after the jobs before it. */
  use<T>(shape: readonly number[], job: (session: RuntimeSession) => Promise<T>): Promise<T> {
    return this.#enqueue(async () => job(await this.#session(shape)));
  }

  /** Releases all, after the jobs in line; later jobs fail. */
  release(): Promise<void> {
    return this.#enqueue(async () => {
      this.#released = true;
      await this.#clear();
    });
  }

  /** Gives up all, after the jobs in line; later jobs compile anew. */
  clear(): Promise<void> {
    return this.#enqueue(() => this.#clear());
  }

  async #clear(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    const released = await Promise.allSettled(sessions.map((session) => session.release()));
    for (const one of released) if (one.status === 'rejected') throw one.reason;
  }

  #enqueue<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#line.then(job);
    this.#line = result.catch(() => undefined);
    return result;
  }

  async #session(shape: readonly number[]): Promise<RuntimeSession> {
    if (this.#released) throw new DeviceError('cpu', 'forward: the network has been released; create it anew');
    const key = shape.join('x');
    const known = this.#sessions.get(key);
    this.#sessions.delete(key);
    const [oldest] = this.#sessions;
    if (!known && oldest && this.#sessions.size >= this.#most) {
      this.#sessions.delete(oldest[0]);
      await oldest[1].release();
    }
    const session = known ?? (await this.#make(shape));
    this.#sessions.set(key, session);
    this.#engine = session.engine;
    this.#notes = session.notes ?? [];
    return session;
  }
}
