/**
 * Which image is next. Where several runs work on one folder, each takes those that no other has: an image that another run has finished
 * meanwhile, with the same model and flags, is done; one that it works on is looked at once more in the end.
 */
import { type Claims, claimOf, type Holder } from './claims.ts';
import type { Args } from './flags.ts';
import type { Journal } from './journal.ts';
import { type Owners, own, ownersOf } from './owners.ts';
import type { Reporter } from './reporter.ts';
import type { ImageRecord, RunRecord } from './runRecord.ts';

interface TurnsRun {
  readonly args: Args;
  readonly reporter: Reporter;
  readonly record: RunRecord;
  readonly signal: AbortSignal;
  readonly journal?: Journal | undefined;
  readonly claims?: Claims | undefined;
}

export class Turns {
  readonly count: number;
  /** Which image of the run each file belongs to. */
  readonly owners: Owners;
  readonly #run: TurnsRun;
  #waiting: string[];
  /** Of those that wait: claimed already. */
  readonly #claimed = new Set<string>();
  #withOthers: string[] = [];
  #finishedByOthers = 0;

  constructor(images: readonly string[], run: TurnsRun) {
    this.count = images.length;
    this.owners = ownersOf(run.record);
    this.#run = run;
    this.#waiting = [...images];
  }

  hasMore(): boolean {
    return this.#waiting.length > 0 && !this.#run.signal.aborted;
  }

  /** The next image, which is this run's until it is released; undefined where there is none. */
  async next(): Promise<string | undefined> {
    while (this.hasMore()) {
      const image = this.#waiting.shift()!;
      if (this.#claimed.delete(image)) return image;
      const taken = await this.#take(image);
      if (taken === 'mine') return image;
      if (taken !== 'finished') this.#withOthers.push(image);
    }
    return undefined;
  }

  /** Looks once more at the images that others had. @returns whether some of them are left to do. */
  async again(): Promise<boolean> {
    const images = this.#withOthers;
    this.#withOthers = [];
    for (const image of images) {
      const taken = this.#run.signal.aborted ? 'not taken' : await this.#take(image);
      if (taken === 'mine') this.#claimed.add(image);
      if (taken === 'mine' || taken === 'not taken') this.#waiting.push(image);
      else if (taken !== 'finished') this.#leave(image, taken);
    }
    return this.hasMore();
  }

  /** An image that was next has not been begun. */
  async giveBack(image: string): Promise<void> {
    await this.release(image);
    this.#waiting.unshift(image);
  }

  /** An image is done, well or not. */
  async release(image: string): Promise<void> {
    const path = claimOf(image, this.#run.args);
    if (path !== undefined) await this.#run.claims?.release(path);
  }

  /** Says what others have done, and what is left of the images. */
  end(): readonly string[] {
    const { reporter } = this.#run;
    const n = this.#finishedByOthers;
    if (n > 0) reporter.say(`${n} of ${this.count} images were done by another run meanwhile`);
    return [...this.#waiting, ...this.#withOthers];
  }

  /** Claims an image. @returns who has it, if it is neither this run's nor finished. */
  async #take(image: string): Promise<'mine' | 'finished' | Holder> {
    const { args, claims, journal, record, reporter } = this.#run;
    const path = claims && claimOf(image, args);
    const holder = path && (await claims.take(path));
    if (holder) return holder;
    const finished = await journal?.finished(image);
    if (!finished) return 'mine';
    await this.release(image);
    own(image, args, this.owners);
    record.images.push(finished);
    this.#finishedByOthers++;
    reporter.imageDone(image, 'done by another run');
    return 'finished';
  }

  /** To another run that does the same. One that does something else would be overwritten, or overwrite. */
  #leave(image: string, { who, fingerprint }: Holder): void {
    const { record, reporter, journal } = this.#run;
    const isSame = fingerprint === '' || fingerprint === journal?.fingerprint;
    const line = isSame
      ? `left to another run, which is at it (${who})`
      : `another run, with another model or other flags, is writing its results (${who}); wait for it, or use another --savedir`;
    const known = { image, outputs: [], notes: isSame ? [line] : [], errors: isSame ? [] : [line] };
    record.images.push({ ...known, status: isSame ? 'elsewhere' : 'failed' } satisfies ImageRecord);
    reporter.imageDone(image, isSame ? line : `FAILED: ${line}`);
  }
}
