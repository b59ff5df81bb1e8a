/** `--add_model`: puts a model file into the folder of models, where its name is then enough. As Cellpose does, with its list. */
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { modelFolder } from './chooseModel.ts';
import { describeError } from './describeError.ts';
import { RunError } from './errors.ts';
import { isFile } from './exists.ts';
import type { Host } from './host.ts';
import { besideModel } from './modelFile.ts';
import { loadSegmenter } from './segmenter.ts';
import { writeWhole } from './wholeFile.ts';

/** @returns the exit code. @throws RunError if the file is not a model or cannot be copied. */
export async function addModel(path: string, host: Host): Promise<number> {
  const name = basename(path);
  const source = { kind: 'file', path } as const;
  const load = host.loadSegmenter ?? loadSegmenter;
  const model = await load({ requested: path, name, source, notes: [] }, { estimateDiameter: false });
  await model.release();
  const folder = modelFolder(host);
  try {
    await mkdir(folder, { recursive: true });
    await writeWhole(join(folder, name), await readFile(path));
    await copyBeside(path, join(folder, name));
    await addToList(join(folder, 'gui_models.txt'), name);
  } catch (error) {
    throw new RunError(`--add_model ${path}: cannot be copied into ${folder}: ${describeError(error)}`);
  }
  host.stdout.write(`${path} is now in ${folder}; use it with --pretrained_model ${name}\n`);
  return 0;
}

/** Size model and card, where the model has some. */
async function copyBeside(from: string, to: string): Promise<void> {
  const [old, copies] = [besideModel(from), besideModel(to)];
  for (const key of ['sizePath', 'cardPath'] as const)
    if (await isFile(old[key])) await writeWhole(copies[key], await readFile(old[key]));
}

/** Cellpose's list of own models, one name a line. */
async function addToList(list: string, name: string): Promise<void> {
  const text = await readFile(list, 'utf8').catch(() => '');
  const names = text.split('\n').filter((line) => line.trim() !== '');
  if (names.includes(name)) return;
  await writeWhole(list, new TextEncoder().encode(`${[...names, name].join('\n')}\n`));
}
