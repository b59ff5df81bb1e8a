/** Which image of a run the files belong to that it writes, so that the results of one never replace those of another. */
import { resolve } from 'node:path';
import type { Args } from './flags.ts';
import { outputsOf } from './outputNames.ts';
import type { RunRecord } from './runRecord.ts';

/** Images by the full paths of their files. */
export type Owners = Map<string, string>;

/** Of what the run that this one goes on with has written. */
export function ownersOf({ images }: RunRecord): Owners {
  return new Map(images.flatMap(({ image, outputs }) => outputs.map(({ path }) => [resolve(path), image] as const)));
}

/** From now on the results of an image are its own. */
export function own(image: string, args: Args, owners: Owners): void {
  for (const { path } of outputsOf(image, args)) owners.set(resolve(path), image);
}

/** The image of this run whose results this one would replace: a.png and a.tif, or one name in two folders with --savedir. */
export function ownerOfResults(image: string, args: Args, owners: Owners): string | undefined {
  return outputsOf(image, args)
    .map((output) => owners.get(resolve(output.path)))
    .find((owner) => owner !== undefined);
}
