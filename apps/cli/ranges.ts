/**
 * Ranges for `--precision int8` with a model from a file: found once on the images at hand, and kept in
 * ~/.cellpose/ranges under the hash of the model file. Models that ship with the package bring theirs.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ActivationRanges, type CalibrationImage, calibrateOnImages, type StateDict } from 'cellpose-ts';
import { evalOptions } from './evalOptions.ts';
import type { Args } from './flags.ts';
import type { Host } from './host.ts';
import { readPicture } from './readPicture.ts';
import { sha256OfFile } from './runRecord.ts';
import { writeWhole } from './wholeFile.ts';

/** A model from a file, and the ranges of its values. */
export type RangesOf = (
  file: { readonly path: string; readonly diamMean?: number },
  stateDict: StateDict,
) => Promise<ActivationRanges>;

interface Calibration {
  /** Those of the run. */
  readonly images: readonly string[];
  readonly args: Args;
  readonly host: Host;
  readonly threads: number | undefined;
  readonly signal: AbortSignal;
  /** Tells the user, and the record of the run, where ranges came from. */
  tell(line: string): void;
}

/** Images to look at; of each at least one tile is taken. */
const mostImages = 20;

export function findRanges(run: Calibration): RangesOf {
  return async ({ path, diamMean }, stateDict) => {
    const cached = join(run.host.home, '.cellpose', 'ranges', `${await sha256OfFile(path)}.json`);
    const known = await readRanges(cached);
    if (known) {
      run.tell(`int8: ranges of the model's values from ${cached}; remove it to have them found on other images`);
      return known;
    }
    const images = await picturesFor(run);
    const ranges = await calibrateOnImages(stateDict, images, {
      signal: run.signal,
      ...(diamMean === undefined ? {} : { diamMean }),
      ...(run.threads === undefined ? {} : { threads: run.threads }),
    });
    const kept = await keep(cached, ranges).then(
      () => `kept in ${cached}`,
      () => `they cannot be kept in ${cached}`,
    );
    run.tell(`int8: ranges of the model's values found on ${ranges.tiles} tiles of ${images.length} images; ${kept}`);
    return ranges;
  };
}

/** What cannot be read is met again, and reported, when its turn comes. */
async function picturesFor({ images, args }: Calibration): Promise<CalibrationImage[]> {
  const step = Math.max(1, images.length / mostImages);
  const chosen = images.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
  const pictures: CalibrationImage[] = [];
  for (const path of chosen) {
    const picture = await readPicture(path).catch(() => undefined);
    if (!picture) continue;
    const options = evalOptions(args, { estimatesDiameter: false }, picture.axes);
    pictures.push({ image: picture.image, options });
  }
  return pictures;
}

/** Undefined where there are none, or the file is not what it should be. */
async function readRanges(path: string): Promise<ActivationRanges | undefined> {
  try {
    const ranges = JSON.parse(await readFile(path, 'utf8')) as ActivationRanges;
    return ranges.format === 'cellpose-ts ranges' && ranges.version === 1 ? ranges : undefined;
  } catch {
    return undefined;
  }
}

async function keep(path: string, ranges: ActivationRanges): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, new TextEncoder().encode(`${JSON.stringify(ranges)}\n`));
}
