// A simulated stack of nuclei segmented as a volume by the command line, against Cellpose 3.1's: whole processes, interleaved. Prints
// wall time, time of the processor, peak memory, ratios, and whether both found the same cells.
//   node bench/stack.mjs MODEL [runs] [lz ly lx] [diameter]
// MODEL is a checkpoint that both read. Python's side runs where PYTHON and CELLPOSE_PY (a checkout of Cellpose 3.1 and what it needs,
// as PYTHONPATH) are set. Needs `npm run build`, and GNU time for the peak memory.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { averagePrecision, readImage, renumber, simulateVolume, writeTiff } from '../dist/src/index.js';

const [model, runs = '3', lz = '32', ly = '256', lx = '256', diameter = '17'] = process.argv.slice(2);
if (!model) throw new Error('usage: node bench/stack.mjs MODEL [runs] [lz ly lx] [diameter]');
const python = process.env.PYTHON && process.env.CELLPOSE_PY ? process.env.PYTHON : undefined;
const cli = new URL('../dist/apps/cli/main.js', import.meta.url).pathname;
const size = [lz, ly, lx].map(Number);
const { image, count } = simulateVolume({ size, modality: 'nuclei', diameter: Number(diameter), seed: 3 });
const folder = mkdtempSync(join(tmpdir(), 'bench-stack-'));
const stack = join(folder, 'stack.tif');
writeFileSync(stack, await writeTiff(image));
const flags = [
  ...['--pretrained_model', model, '--chan', '0', '--diameter', diameter, '--z_axis', '0'],
  ...['--do_3D', '--save_tif', '--no_npy', '--verbose'],
];

const results = { ours: [], cellpose: [] };
let agreement = '';
for (let k = 0; k < Number(runs); k++) {
  const ours = await once((path) => [process.execPath, [cli, '--image_path', path, ...flags]]);
  results.ours.push(ours);
  console.log(`  ours      ${show([ours])}`);
  if (!python) continue;
  const theirs = await once((path) => [python, ['-m', 'cellpose', '--image_path', path, ...flags]]);
  results.cellpose.push(theirs);
  console.log(`  Cellpose  ${show([theirs])}`);
  const { tp, fp, fn } = averagePrecision(theirs.masks, ours.masks, [0.99]);
  agreement = `${tp[0] + fp[0]} and ${tp[0] + fn[0]} cells, ${tp[0]} the same at an intersection over union of 0.99`;
}
console.log(`${size.join(' x ')}, ${count} nuclei, ${availableParallelism()} threads, median of ${runs}`);
console.log(`ours      ${show(results.ours)}`);
if (python) {
  const [a, b] = [median(results.ours), median(results.cellpose)];
  console.log(`Cellpose  ${show(results.cellpose)}`);
  console.log(
    `${(b.seconds / a.seconds).toFixed(2)} times faster, ${(a.mib / b.mib).toFixed(2)} of the memory; ${agreement}`,
  );
}
rmSync(folder, { recursive: true });

async function once(command) {
  const dir = mkdtempSync(join(folder, 'run-'));
  const path = join(dir, 'stack.tif');
  copyFileSync(stack, path);
  const [program, args] = command(path);
  const threads = String(availableParallelism());
  const env = {
    ...process.env,
    ...{ OMP_NUM_THREADS: threads, NUMBA_NUM_THREADS: threads, OPENBLAS_NUM_THREADS: threads },
    PYTHONPATH: process.env.CELLPOSE_PY,
  };
  const child = spawnSync('/usr/bin/time', ['-f', '%e %M %U %S', program, ...args], { encoding: 'utf8', env });
  if (child.status !== 0) throw new Error(`${program} failed:\n${child.stdout}\n${child.stderr}`);
  const [seconds, kib, user, system] = child.stderr.trim().split('\n').at(-1).split(' ').map(Number);
  const { data, shape } = (await readImage(readFileSync(join(dir, 'stack_cp_masks.tif')))).data;
  return { seconds, mib: kib / 1024, cpu: user + system, masks: renumber({ data: Int32Array.from(data), shape }) };
}

function median(values) {
  const middle = (key) => values.map((v) => v[key]).toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  return { seconds: middle('seconds'), mib: middle('mib'), cpu: middle('cpu') };
}

function show(values) {
  const { seconds, mib, cpu } = median(values);
  return `${seconds.toFixed(1)} s (${values.map((v) => v.seconds.toFixed(1)).join(', ')}), ${cpu.toFixed(0)} s of processor, ${mib.toFixed(0)} MiB`;
}
