/** Before the hours of computing: can the results be written where they belong? */
import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { claimOf, sweepClaims } from './claims.ts';
import { describeError } from './describeError.ts';
import { RunError } from './errors.ts';
import type { Args } from './flags.ts';
import { outputsOf } from './outputNames.ts';
import { sweepParts } from './wholeFile.ts';

/**
 * @returns notes on folders that cannot be written, so that some files will be missing.
 * @throws RunError if no result could be written at all.
 */
export async function checkFolders(images: readonly string[], args: Args): Promise<string[]> {
  const folders = new Set<string>();
  for (const image of images) {
    for (const { path, makeFolder } of outputsOf(image, args)) {
      folders.add(makeFolder ? dirname(dirname(path)) : dirname(path));
    }
  }
  const notes: string[] = [];
  for (const folder of folders) {
    const problem = await access(folder, constants.W_OK).then(() => undefined, describeError);
    if (problem !== undefined) notes.push(`results cannot be written to ${folder}: ${problem}`);
  }
  if (folders.size > 0 && notes.length === folders.size) {
    throw new RunError(`${notes.join('\n')}\nuse --savedir FOLDER with --no_npy and --save_png or --save_tif`);
  }
  return notes.map((note) => `${note} (_seg.npy is written beside the images unless --no_npy is given)`);
}

/** Removes from the folders of the results what killed runs have left half written. */
export async function sweepFolders(images: readonly string[], args: Args): Promise<void> {
  const places = new Set(images.flatMap((image) => outputsOf(image, args).map(({ path }) => dirname(path))));
  if (args.scratch !== null) places.add(args.scratch);
  for (const place of places) await sweepParts(place);
  const claims = images.flatMap((image) => claimOf(image, args) ?? []);
  for (const place of new Set(claims.map((path) => dirname(path)))) await sweepClaims(place);
}
