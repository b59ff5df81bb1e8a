/**
 * What a run has finished, one line of JSON for each image, added when all its files are on the disk: so that the same command
 * with `--resume` goes on where it was stopped, however it was stopped. The journal lies in ~/.cellpose/journals under a name
 * that is made of all that the results depend on; another model, another parameter or another version has another journal.
 */
import { appendFile, mkdir, open, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { exists } from './exists.ts';
import type { Args } from './flags.ts';
import type { Host } from './host.ts';
import { sha256OfImage } from './readPicture.ts';
import { type ImageRecord, type RunRecord, sha256 } from './runRecord.ts';
import { isUrl } from './zarrFolder.ts';

export interface Journal {
  /** Of all that the results depend on. */
  readonly fingerprint: string;
  /** What is known of an image that an earlier run, or another one meanwhile, has finished: it has not changed since, and its files are all there. */
  finished(image: string): Promise<ImageRecord | undefined>;
  /** Keeps that an image is done. */
  add(entry: ImageRecord): Promise<void>;
}

/** Flags that the files of an image do not depend on. */
const indifferent: readonly (keyof Args)[] = [
  'resume',
  'dry_run',
  'json',
  'record',
  'verbose',
  'threads',
  'jobs',
  'max_memory',
  'scratch',
  'batch_size',
  'offline',
  'use_gpu',
  'gpu_device',
  'check_mkl',
  'Zstack',
  'look_one_level_down',
  'img_filter',
];

/**
 * Opens the journal of a run whose model is known; without `--resume` an empty one. With `--dry_run` it is left as it is.
 *
 * @throws the error of the operating system where there is no place for it.
 */
export async function openJournal(record: RunRecord, host: Host): Promise<Journal> {
  const folder = join(host.home, '.cellpose', 'journals');
  const name = fingerprint(record);
  const path = join(folder, `${name}.jsonl`);
  const { resume, dry_run: onlyLooks } = record.parameters;
  if (!onlyLooks) await mkdir(folder, { recursive: true });
  if (!onlyLooks && !resume) await rm(path, { force: true });
  const known = new Map<string, ImageRecord>();
  let size = 0;
  return {
    fingerprint: name,
    async finished(image) {
      size = await readEntries(path, size, known).catch(() => size);
      const entry = known.get(placeOf(image));
      if (entry === undefined || !(await isUnchanged(entry))) return undefined;
      const there = await Promise.all(entry.outputs.map((output) => exists(output.path)));
      return there.every(Boolean) ? { ...entry, image } : undefined;
    },
    async add(entry) {
      // Names of outputs stay as they are: where one is relative, the journal is of one working folder.
      await appendFile(path, `${JSON.stringify({ ...entry, image: placeOf(entry.image) })}\n`);
    },
  };
}

/** Of all that decides what is written: program, model, flags, and the folder that relative names count from. */
function fingerprint({ parameters, model, versions }: RunRecord): string {
  const flags = Object.entries(parameters).filter(([name]) => !indifferent.includes(name as keyof Args));
  const place = [parameters.dir, parameters.image_path, parameters.savedir].map((path) => path && resolve(path));
  const text = JSON.stringify([versions.cellposeTs, versions.onnxruntime, model, place, flags.toSorted()]);
  return sha256(new TextEncoder().encode(text)).slice(0, 24);
}

/** Full path of a file, or address. */
function placeOf(image: string): string {
  return isUrl(image) ? image : resolve(image);
}

/**
 * Puts what has been added since to the entries, by the image's full path. A line that was cut off when the machine stopped says nothing.
 *
 * @param from  bytes that are known. @returns bytes that are known now.
 */
async function readEntries(path: string, from: number, entries: Map<string, ImageRecord>): Promise<number> {
  const bytes = await bytesFrom(path, from);
  // What follows the last line is being written.
  const whole = bytes.subarray(0, bytes.lastIndexOf('\n') + 1);
  for (const line of whole.toString('utf8').split('\n')) {
    try {
      const entry = JSON.parse(line) as ImageRecord;
      entries.set(entry.image, entry);
    } catch {
      // cut off: the image is done again
    }
  }
  return from + whole.length;
}

async function isUnchanged({ image, sha256: before }: ImageRecord): Promise<boolean> {
  return before !== undefined && before === (await sha256OfImage(image).catch(() => undefined));
}

/** None where there is no such file, or nothing more of it. */
async function bytesFrom(path: string, from: number): Promise<Buffer> {
  const file = await open(path).catch(() => undefined);
  try {
    const { size = 0 } = (await file?.stat()) ?? {};
    const bytes = Buffer.alloc(Math.max(0, size - from));
    if (bytes.length > 0) await file?.read(bytes, 0, bytes.length, from);
    return bytes;
  } finally {
    await file?.close();
  }
}
