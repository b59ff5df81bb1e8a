/** Where the file of a model is that somebody names: a path, a model of this package, one of Cellpose or an own one in the folder. */
import { join } from 'node:path';
import { bundledModels, bundledRestorers } from 'cellpose-ts';
import { modelFolder } from './chooseModel.ts';
import { RunError } from './errors.ts';
import { isFile } from './exists.ts';
import type { Host } from './host.ts';
import { builtInNamed } from './modelNames.ts';
import { packageRoot } from './version.ts';

export interface ModelFile {
  readonly path: string;
  /** Of its size model, whether it is there or not. */
  readonly sizePath: string;
  /** Of its card, whether it is there or not. */
  readonly cardPath: string;
  /** Diameter that a model of Cellpose was trained at, whatever its file says. */
  readonly diamMean?: number;
}

/** A size model and a card lie beside a model under its name. */
export function besideModel(path: string): Pick<ModelFile, 'sizePath' | 'cardPath'> {
  return { sizePath: `${path}_size.npy`, cardPath: `${path}.json` };
}

/** @throws RunError where there is no such file and no model of this name; nothing is downloaded. */
export async function findModelFile(word: string, host: Host): Promise<ModelFile> {
  if (await isFile(word)) return { path: word, ...besideModel(word), ...nucleiDiameter(word) };
  const bundled = [...(await bundledModels()), ...(await bundledRestorers())].find(({ name }) => name === word);
  if (bundled) {
    const folder = join(packageRoot, 'weights');
    const sizePath = join(folder, bundled.sizeFile ?? `${word}_size.npy`);
    return { path: join(folder, bundled.file), sizePath, cardPath: join(folder, bundled.card) };
  }
  const folder = modelFolder(host);
  const builtIn = builtInNamed(word);
  const path = join(folder, builtIn?.file ?? word);
  if (!(await isFile(path)))
    throw new RunError(
      `${word}: there is no file and no model of this name on this machine; cellpose-ts models lists what there is`,
    );
  if (!builtIn) return { path, ...besideModel(path) };
  const { sizePath, cardPath } = besideModel(path);
  const { sizeFile, diamMean } = builtIn;
  return { path, cardPath, sizePath: sizeFile === undefined ? sizePath : join(folder, sizeFile), diamMean };
}

/** As in Cellpose: this one file is known by its name. */
function nucleiDiameter(path: string): { readonly diamMean?: number } {
  return path.endsWith('nucleitorch_0') ? { diamMean: 17 } : {};
}
