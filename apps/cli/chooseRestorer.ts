/**
 * From `--restore_type` to networks on this machine: one that ships with this program, a name of Cellpose's, downloaded where it is
 * missing, a file in the folder of models, or a path. Unlike in Cellpose a name that nobody knows is an error, and an own network is had by its file.
 */
import { basename, join } from 'node:path';
import { bundledRestorers, nucleiRestorerOf, restoreModelNames } from 'cellpose-ts';
import { modelFolder } from './chooseModel.ts';
import { RunError } from './errors.ts';
import { isFile } from './exists.ts';
import { type FetchOptions, fetchModel, remedyFor } from './fetchModel.ts';
import type { Args } from './flags.ts';
import { packageRoot } from './version.ts';

/** A network in a file. Its name says what kind it is. */
export interface RestorerFile {
  readonly requested: string;
  readonly name: string;
  readonly path: string;
}

export interface RestorerChoice extends RestorerFile {
  /** For the second channel, with `--chan2_restore`. */
  readonly chan2?: RestorerFile;
}

/**
 * The networks of `--restore_type`; nothing where it is not given.
 *
 * @throws RunError where a network is unknown, or known but neither on this machine nor to be had; the reason of the signal.
 */
export async function chooseRestorer(args: Args, options: FetchOptions): Promise<RestorerChoice | undefined> {
  const { restore_type: requested, chan2_restore, offline } = args;
  if (requested === null) return undefined;
  const main = (await isFile(requested))
    ? { requested, name: basename(requested), path: requested }
    : await named(requested, offline, options);
  if (!chan2_restore) return main;
  const nuclei = nucleiRestorerOf(main.name);
  if (!restoreModelNames.includes(nuclei)) {
    const kinds = 'denoise_cyto3, deblur_cyto3, upsample_cyto3 or oneclick_cyto3, for example';
    throw new RunError(`--chan2_restore: Cellpose has no network for nuclei beside ${requested}; use it with ${kinds}`);
  }
  return { ...main, chan2: await named(nuclei, offline, options) };
}

async function named(name: string, offline: boolean, options: FetchOptions): Promise<RestorerFile> {
  const shipped = await bundledRestorers();
  const own = shipped.find((model) => model.name === name);
  if (own) return { requested: name, name, path: join(packageRoot, 'weights', own.file) };
  const folder = modelFolder(options.host);
  const path = join(folder, name);
  const isKnown = restoreModelNames.includes(name);
  const model = { name, file: name, diamMean: 30 };
  if (isKnown && !offline) await fetchKnown(name, () => fetchModel(model, folder, false, options));
  if (basename(name) === name && (await isFile(path))) return { requested: name, name, path };
  if (isKnown)
    throw new RunError(
      `--restore_type ${name}: its weights are not on this machine, and --offline forbids to download them. ` +
        `Leave it out, or ${remedyFor(model, folder)}`,
    );
  throw new RunError(
    `--restore_type ${name}: there is no file and no network of this name. ${shipped.map((model) => model.name).join(', ')} ships with ` +
      'this program; those of Cellpose, downloaded into ' +
      `${folder} where they are missing, are ${restoreModelNames.join(', ')}`,
  );
}

/** @throws RunError that begins with the flag. */
async function fetchKnown(name: string, fetch: () => Promise<unknown>): Promise<void> {
  try {
    await fetch();
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new RunError(`--restore_type ${name}: ${error.message}`, { cause: error });
  }
}
