// Measuring 10,000 cells on 4096 × 4096 (uint16): median milliseconds, and what the flow errors take besides.
//   node bench/measure.mjs [rounds]
// With PYTHON set to an interpreter that has scikit-image, its regionprops_table measures the same columns of the same image in the same run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from './bundle.mjs';

const rounds = Number(process.argv[2] ?? 5);
const { measureObjects, flowErrors, cocoJsonPieces, writeNpy } = await bundle({
  measureObjects: 'measure/measureObjects.ts',
  flowErrors: 'dynamics/flowErrors.ts',
  cocoJsonPieces: 'io/cocoJson.ts',
  writeNpy: 'io/npy.ts',
});

const size = 4096;
const cells = 100;
const n = size * size;
const pitch = size / cells;
const shape = [size, size];
const masks = { data: new Int32Array(n), shape };
const image = { data: new Uint16Array(n), shape };
const cellprob = { data: new Float32Array(n), shape };
const dP = { data: new Float32Array(2 * n), shape: [2, size, size] };
for (let i = 0; i < n; i++) {
  const [y, x] = [Math.floor(i / size), i % size];
  const [row, column] = [Math.floor(y / pitch), Math.floor(x / pitch)];
  const [dy, dx] = [y - (row + 0.5) * pitch, x - (column + 0.5) * pitch];
  const isCell = Math.hypot(dy, dx) < 17 + 3 * Math.sin(3 * Math.atan2(dy, dx) + row);
  image.data[i] = 1000 + 500 * Math.random();
  cellprob.data[i] = isCell ? 5 : -5;
  if (!isCell) continue;
  masks.data[i] = row * cells + column + 1;
  const length = Math.hypot(dy, dx) || 1;
  dP.data[i] = (-5 * dy) / length;
  dP.data[n + i] = (-5 * dx) / length;
}

/** Median milliseconds of each of the works, one after another in each round. */
async function times(works) {
  const all = works.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [k, work] of works.entries()) {
      const begin = performance.now();
      await work();
      if (round > 0) all[k].push(performance.now() - begin); // the first round warms up
    }
  }
  return all.map((list) => list.sort((a, b) => a - b)[list.length >> 1]);
}

const [own, errors, coco] = await times([
  () => measureObjects(masks, { image, cellprob }),
  () => flowErrors(masks, dP),
  () => cocoJsonPieces(masks),
]);
const measured = measureObjects(masks, { image, cellprob });
console.log(`${measured.length} cells: measureObjects ${own.toFixed(0)} ms, flowErrors ${errors.toFixed(0)} ms`);
console.log(`COCO ${coco.toFixed(0)} ms`);
console.log(`peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB, with the arrays of the benchmark`);

const python = process.env.PYTHON;
if (python) {
  const folder = mkdtempSync(join(tmpdir(), 'measure-'));
  writeFileSync(join(folder, 'masks.npy'), writeNpy(masks));
  writeFileSync(join(folder, 'image.npy'), writeNpy(image));
  const peer = `
import sys, time, numpy
from skimage.measure import regionprops_table
masks, image = (numpy.load(sys.argv[1] + name) for name in ('/masks.npy', '/image.npy'))
columns = ['label', 'area', 'bbox', 'centroid', 'equivalent_diameter', 'perimeter', 'eccentricity', 'major_axis_length',
  'minor_axis_length', 'orientation', 'solidity', 'mean_intensity', 'min_intensity', 'max_intensity']
begin = time.time()
regionprops_table(masks, image, properties=columns)
print(1000 * (time.time() - begin))`;
  const { stdout, stderr } = spawnSync(python, ['-c', peer, folder], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  if (!Number(stdout)) throw new Error(stderr);
  console.log(`regionprops_table ${Number(stdout).toFixed(0)} ms: ${(Number(stdout) / own).toFixed(1)} times as long`);
}
