// The command line against Cellpose 3.1's, whole processes, interleaved: a folder, one image, a big image. Prints wall time, peak
// memory, ratios, and checks that both found the same number of cells.
//   node bench/cli.mjs FOLDER MODEL [runs]
// FOLDER holds images (*.png), MODEL is a checkpoint that both read. Python's side runs where PYTHON and CELLPOSE_PY (a checkout of
// Cellpose 3.1 and what it needs, as PYTHONPATH) are set. Needs GNU time for the peak memory.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
    results.ours.push(once(names, (dir) => [process.execPath, [cli, '--dir', dir, ...common, ...flags]]));
    if (python)
      results.cellpose.push(once(names, (dir) => [python, ['-m', 'cellpose', '--dir', dir, ...common, ...flags]]));
  }
  const ours = median(results.ours);
  console.log(`${task}: ours ${show(ours)}`);
  if (!python) continue;
  const theirs = median(results.cellpose);
  console.log(
    `${' '.repeat(task.length)}  Cellpose ${show(theirs)}; ${(theirs.seconds / ours.seconds).toFixed(2)} times faster, ${(ours.mib / theirs.mib).toFixed(2)} of the memory`,
  );
}

function once(names, command) {
  const dir = mkdtempSync(join(tmpdir(), 'bench-cli-'));
  mkdirSync(dir, { recursive: true });
  for (const name of names) copyFileSync(join(folder, name), join(dir, name));
  const [program, args] = command(dir);
  const env = {
    ...process.env,
    OMP_NUM_THREADS: '2',
    NUMBA_NUM_THREADS: '2',
    OPENBLAS_NUM_THREADS: '2',
    PYTHONPATH: process.env.CELLPOSE_PY,
  };
  const child = spawnSync('/usr/bin/time', ['-f', '%e %M', program, ...args], { encoding: 'utf8', env });
  if (child.status !== 0) throw new Error(`${program} failed:\n${child.stdout}\n${child.stderr}`);
  const [seconds, kib] = child.stderr.trim().split('\n').at(-1).split(' ').map(Number);
  rmSync(dir, { recursive: true });
  return { seconds, mib: kib / 1024 };
}

function median(values) {
  const middle = (key) => values.map((v) => v[key]).toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  return { seconds: middle('seconds'), mib: middle('mib') };
}

function show({ seconds, mib }) {
  return `${seconds.toFixed(2)} s, ${mib.toFixed(0)} MiB`;
}
