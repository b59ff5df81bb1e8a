/**
 * Who works on an image, so that two runs on one folder, on one machine or on several that share the disk, never do the same: a small
 * hidden file beside the results, which one process alone can create. It goes when the image is done. That of a process which has died is
 * taken over; on other machines that shows in a claim that nobody has touched for a while.
 */
import { createHash } from 'node:crypto';
import { link, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { Args } from './flags.ts';
import { outputsOf } from './outputNames.ts';
import { newPartIn } from './wholeFile.ts';
import { hasEnded, newMark } from './writerMark.ts';

/** Whose claim it is. */
export interface Holder {
  readonly mark: string;
  /** In words. */
  readonly who: string;
  /** Of all that its results depend on; empty where that is not known. */
  readonly fingerprint: string;
}

const start = '.cellpose-ts-';
const end = '.claim';
const beat = 30_000;
/** A claim that was not touched for so long is nobody's; the clocks of machines may differ by minutes. */
const patience = 20 * beat;

/** Whose claim cannot be read. */
const somebody: Holder = { mark: '', who: 'a process that has just begun', fingerprint: '' };

export class Claims {
  readonly #holder: Holder;
  /** How many images of this run share a claim: those whose results would have the same names. */
  readonly #held = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  /** @param fingerprint  of all that the results of this run depend on. */
  constructor(fingerprint: string) {
    const mark = newMark();
    this.#holder = { mark, who: `${describeMark(mark)}, since ${new Date().toISOString()}`, fingerprint };
    this.#timer = setInterval(() => void this.#touch(), beat).unref();
  }

  /** Claims what is at `path`. @returns nobody where it is this run's now, or cannot be anybody's for want of a place to say so. */
  async take(path: string): Promise<Holder | undefined> {
    const shared = this.#held.get(path);
    if (shared !== undefined) {
      this.#held.set(path, shared + 1);
      return undefined;
    }
    let other: Awaited<ReturnType<typeof holderOf>>;
    for (let attempt = 0; attempt < 3; attempt++) {
      const made = await create(path, JSON.stringify(this.#holder));
      if (made === 'made') this.#held.set(path, 1);
      if (made !== 'there') return undefined;
      other = await holderOf(path);
      if (other && !other.isGone) return other;
      if (other) await removeAbandoned(path, other.mark);
    }
    return other ?? somebody;
  }

  async release(path: string): Promise<void> {
    const shared = this.#held.get(path) ?? 0;
    if (shared > 1) this.#held.set(path, shared - 1);
    if (shared !== 1) return;
    this.#held.delete(path);
    if ((await holderOf(path))?.mark === this.#holder.mark) await rm(path, { force: true }).catch(() => {});
  }

  /** Gives everything back. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const path of [...this.#held.keys()]) {
      this.#held.set(path, 1);
      await this.release(path);
    }
  }

  async #touch(): Promise<void> {
    const now = new Date();
    for (const path of this.#held.keys()) await utimes(path, now, now).catch(() => {});
  }
}

/** Where the claim of an image lies: beside the first of its results, and named for that; undefined where nothing is written. */
export function claimOf(image: string, args: Args): string | undefined {
  const [first] = outputsOf(image, args);
  if (!first) return undefined;
  const folder = first.makeFolder ? dirname(dirname(first.path)) : dirname(first.path);
  const name = createHash('sha256').update(relative(folder, first.path)).digest('hex').slice(0, 16);
  return join(folder, `${start}${name}${end}`);
}

/** Removes the claims that processes have left in a folder when they were killed. */
export async function sweepClaims(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(start) || !name.endsWith(end)) continue;
    const holder = await holderOf(join(folder, name));
    if (holder?.isGone) await removeAbandoned(join(folder, name), holder.mark);
  }
}

/** Whoever is killed at it leaves no claim that says nothing: it is written under another name, and then gets its own as a second one. */
async function create(path: string, text: string): Promise<'made' | 'there' | 'no place'> {
  const temporary = newPartIn(dirname(path));
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error;
      // Some file systems know no second names.
      return writeFile(path, text, { flag: 'wx' });
    });
    return 'made';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'there' : 'no place';
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/** @returns  undefined where the claim is gone. One that is being written is somebody's. */
async function holderOf(path: string): Promise<(Holder & { readonly isGone: boolean }) | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const touched = (await stat(path).catch(() => undefined))?.mtimeMs;
  if (text === undefined || touched === undefined) return undefined;
  const isSilent = Date.now() - touched > patience;
  try {
    const holder = JSON.parse(text) as Holder;
    return { ...holder, isGone: hasEnded(holder.mark) === true || isSilent };
  } catch {
    return { ...somebody, isGone: isSilent };
  }
}

/**
 * One process alone may remove a claim: that which makes the file named for this very claim. It looks again, as somebody may have done so
 * before.
 */
async function removeAbandoned(path: string, mark: string): Promise<void> {
  const own = newMark();
  const right = join(dirname(path), `${basename(path, end)}-${mark}${end}`);
  const holder: Holder = { mark: own, who: describeMark(own), fingerprint: '' };
  if ((await create(right, JSON.stringify(holder))) !== 'made') return;
  if ((await holderOf(path))?.mark === mark) await rm(path, { force: true }).catch(() => {});
  await rm(right, { force: true }).catch(() => {});
}

function describeMark(mark: string): string {
  const [, machine, pid] = /^(.+)-(\d+)-[0-9a-f]+$/.exec(mark)!;
  return `process ${pid} on ${machine}`;
}
