/**
 * Downloads the files of a model that Cellpose has published into the folder of models, from where Cellpose takes them too.
 * No checksums of these files are published: what comes must have the announced length and be read from its first byte to
 * its last, which for PyTorch's archives is a check of the sums inside.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSizeModelNpy, readWeights } from 'cellpose-ts';
import { describeError } from './describeError.ts';
import { RunError } from './errors.ts';
import { isFile } from './exists.ts';
import { fetchFile } from './fetchFile.ts';
import { fetchProgress } from './fetchProgress.ts';
import { sourceFromFile } from './fileSource.ts';
import type { Host } from './host.ts';
import type { BuiltIn } from './modelNames.ts';
import type { Reporter } from './reporter.ts';

export interface FetchOptions {
  readonly host: Host;
  readonly reporter: Reporter;
  readonly verbose: boolean;
  readonly signal: AbortSignal;
}

/** Where Cellpose has its models; CELLPOSE_MODEL_URL names another place. */
const published = 'https://www.cellpose.org/models';

/**
 * Downloads what is missing of a model: its weights, and with them its size model; that alone only where it is needed.
 *
 * @param needsSize  the run cannot do without the size model.
 * @returns          notes for the user.
 * @throws           RunError that names the file, its address, the reason and the remedy; the reason of the signal.
 */
export async function fetchModel(
  model: BuiltIn,
  folder: string,
  needsSize: boolean,
  options: FetchOptions,
): Promise<string[]> {
  const { file, sizeFile } = model;
  const hasWeights = await isFile(join(folder, file));
  if (!hasWeights) await fetchOne(file, { model, folder, check: checkWeights, options });
  if (sizeFile === undefined || (hasWeights && !needsSize) || (await isFile(join(folder, sizeFile)))) return [];
  try {
    await fetchOne(sizeFile, { model, folder, check: checkSizeModel, options });
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    if (needsSize) throw new RunError(`${error.message}, or give a --diameter above 0`, { cause: error });
    return [`the size model is not here, which matters to --diameter 0 only: ${error.message}`];
  }
  return [];
}

/** What to do where a model is not there and cannot be had. */
export function remedyFor({ file, sizeFile }: BuiltIn, folder: string): string {
  const files = [file, sizeFile].filter((name) => name !== undefined).join(' and ');
  return (
    `copy ${files} into ${folder} from a machine that has used the model, set ` +
    'CELLPOSE_LOCAL_MODELS_PATH to a folder that has it, or give the path of a model file'
  );
}

interface Errand {
  readonly model: BuiltIn;
  readonly folder: string;
  readonly check: (path: string) => Promise<unknown>;
  readonly options: FetchOptions;
}

async function fetchOne(file: string, { model, folder, check, options }: Errand): Promise<void> {
  const { host, reporter, verbose, signal } = options;
  const url = `${baseUrl(host)}/${file}`;
  reporter.say(`downloading ${url} to ${folder}`);
  const progress = fetchProgress(file, host, reporter, verbose);
  const checked = async (path: string) => {
    await check(path).catch((error) => {
      throw new RunError(`what came is not a model: ${describeError(error)}`, { cause: error });
    });
  };
  try {
    await fetchFile(url, join(folder, file), { signal, check: checked, onProgress: progress.at });
  } catch (error) {
    progress.stop();
    if (signal.aborted) reporter.warn(`${file}: the download is stopped; the next run goes on with it`);
    signal.throwIfAborted();
    const why = describeError(error);
    throw new RunError(`${file} cannot be downloaded from ${url}: ${why}. Else ${remedyFor(model, folder)}`, {
      cause: error,
    });
  }
  progress.stop();
  reporter.say(`${file} is now in ${folder}`);
}

/** @throws RunError if CELLPOSE_MODEL_URL is no address. */
function baseUrl({ env }: Host): string {
  const given = env['CELLPOSE_MODEL_URL'];
  if (!given) return published;
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol))
    throw new RunError(`CELLPOSE_MODEL_URL: needs an address such as ${published}; got '${given}'`);
  return given.replace(/\/+$/, '');
}

async function checkWeights(path: string): Promise<void> {
  const source = await sourceFromFile(path);
  try {
    await readWeights(source);
  } finally {
    await source.close();
  }
}

async function checkSizeModel(path: string): Promise<void> {
  readSizeModelNpy(await readFile(path));
}
