// The command line against Cellpose 3.1's, whole processes, interleaved: a folder, one image, a big image. Prints wall time, peak
// memory, ratios, and checks that both found the same number of cells.
//   node bench/cli.mjs FOLDER MODEL [runs]
// FOLDER holds images (*.png), MODEL is a checkpoint that both read. Python's side runs where PYTHON and CELLPOSE_PY (a checkout of
// Cellpose 3.1 and what it needs, as PYTHONPATH) are set. Needs GNU time for the peak memory.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { medianRun, runOnCopies, showRun } from './programs.mjs';

const [folder, model, runs = '3'] = process.argv.slice(2);
if (!folder || !model) throw new Error('usage: node bench/cli.mjs FOLDER MODEL [runs]');
const python = process.env.PYTHON && process.env.CELLPOSE_PY ? process.env.PYTHON : undefined;
const cli = new URL('../dist/apps/cli/main.js', import.meta.url).pathname;
const images = readdirSync(folder).filter((f) => f.endsWith('.png') && !/_(masks|outlines_cp_masks)\.png$/.test(f));
const smallest = images.toSorted((a, b) => statSync(join(folder, a)).size - statSync(join(folder, b)).size)[0];
const common = ['--pretrained_model', model, '--chan', '0', '--diameter', '20', '--verbose'];
const tasks = {
  [`folder of ${images.length}, all outputs`]: [
    images,
    ['--save_png', '--save_flows', '--save_outlines', '--save_txt'],
  ],
  'one image': [[smallest], ['--save_png', '--no_npy']],
};

for (const [task, [names, flags]] of Object.entries(tasks)) {
  const results = { ours: [], cellpose: [] };
  for (let k = 0; k < Number(runs); k++) {
    results.ours.push(runOnCopies(files(names), (dir) => [process.execPath, [cli, '--dir', dir, ...common, ...flags]]));
    if (python)
      results.cellpose.push(
        runOnCopies(files(names), (dir) => [python, ['-m', 'cellpose', '--dir', dir, ...common, ...flags]]),
      );
  }
  const ours = medianRun(results.ours);
  console.log(`${task}: ours ${showRun(ours)}`);
  if (!python) continue;
  const theirs = medianRun(results.cellpose);
  console.log(
    `${' '.repeat(task.length)}  Cellpose ${showRun(theirs)}; ${(theirs.seconds / ours.seconds).toFixed(2)} times faster, ${(ours.mib / theirs.mib).toFixed(2)} of the memory`,
  );
}

function files(names) {
  return names.map((name) => ({ from: join(folder, name), name }));
}
