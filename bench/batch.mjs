// A folder of many small images, whole programs, interleaved: Cellpose 3.1's command line, ours in float32, in 8 bits, and with
// --jobs 2. Prints wall time, peak memory and ratios.
//   node bench/batch.mjs FOLDER MODEL [images=200] [runs=1]
// FOLDER holds labelled images (*_img.png), of which those of 256 x 256 are taken again and again; MODEL is a checkpoint that both
// read. Python's side runs where PYTHON and CELLPOSE_PY are set (see cli.mjs).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { medianRun, runOnCopies, showRun } from './programs.mjs';

const [folder, model, images = '200', runs = '1'] = process.argv.slice(2);
if (!folder || !model) throw new Error('usage: node bench/batch.mjs FOLDER MODEL [images] [runs]');
const cli = new URL('../dist/apps/cli/main.js', import.meta.url).pathname;
const small = readdirSync(folder).filter((name) => name.endsWith('_img.png') && is256(join(folder, name)));
const files = Array.from({ length: Number(images) }, (_, i) => {
  const name = small[i % small.length];
  return { from: join(folder, name), name: `${String(i).padStart(4, '0')}_${name}` };
});
const flags = ['--pretrained_model', model, '--chan', '0', '--diameter', '20', '--save_png', '--no_npy', '--verbose'];
const ours =
  (...more) =>
  (dir) => [process.execPath, [cli, '--dir', dir, ...flags, ...more]];
const programs = {
  'Cellpose 3.1':
    process.env.PYTHON &&
    process.env.CELLPOSE_PY &&
    ((dir) => [process.env.PYTHON, ['-m', 'cellpose', '--dir', dir, ...flags]]),
  'ours, float32': ours(),
  'ours, int8': ours('--precision', 'int8'),
  'ours, float32, --jobs 2': ours('--jobs', '2'),
  'ours, int8, --jobs 2': ours('--precision', 'int8', '--jobs', '2'),
};
const used = Object.entries(programs).filter(([, command]) => command);
const results = Object.fromEntries(used.map(([name]) => [name, []]));
for (let k = 0; k < Number(runs); k++)
  for (const [name, command] of used) results[name].push(runOnCopies(files, command));
const peer = results['Cellpose 3.1'] && medianRun(results['Cellpose 3.1']).seconds;
for (const [name, all] of Object.entries(results)) {
  const run = medianRun(all);
  const ratio = peer ? `; ${(peer / run.seconds).toFixed(2)} times as fast as Cellpose` : '';
  console.log(`${images} images of 256 x 256, ${name}: ${showRun(run)}${ratio}`);
}

function is256(path) {
  const header = readFileSync(path).subarray(16, 24);
  return header.readUInt32BE(0) === 256 && header.readUInt32BE(4) === 256;
}
