// Measuring 10,000 cells on 4096 × 4096 (uint16), median milliseconds: their measures alone; the whole table that --save_csv writes, flow
// errors included, with what the flow check kept of the masks and without; and the flow errors of all cells.
//   node bench/measure.mjs [rounds]
// With PYTHON set to an interpreter that has scikit-image, its regionprops_table measures the same columns of the same image in the same run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from './bundle.mjs';

const rounds = Number(process.argv[2] ?? 5);
const { measureObjects, computeMasks, cellsTable, flowErrors, cocoJsonPieces, writeNpy } = await bundle({
  measureObjects: 'measure/measureObjects.ts',
  computeMasks: 'dynamics/computeMasks.ts',
  cellsTable: '../apps/cli/cellsTable.ts',
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

const flowChecks = [];
const found = await computeMasks(dP, cellprob, { minSize: 15, onFlowCheck: (checked) => flowChecks.push(checked) });
const result = { dP, cellprob, axes: 'YX' };
const [own, table, anew, errors, coco] = await times([
  () => measureObjects(found, { image, cellprob }),
  () => cellsTable({ image, masks: found, result: { ...result, flowChecks } }),
  () => cellsTable({ image, masks: found, result }),
  () => flowErrors(found, dP),
  () => cocoJsonPieces(found),
]);
const text = await cellsTable({ image, masks: found, result: { ...result, flowChecks } });
if (text !== (await cellsTable({ image, masks: found, result }))) throw new Error('the two tables differ');
console.log(
  `${text.split('\n').length - 2} cells: measureObjects ${own.toFixed(0)} ms, flowErrors ${errors.toFixed(0)} ms`,
);
console.log(
  `CSV with flow errors: ${table.toFixed(0)} ms after the flow check, ${anew.toFixed(0)} ms where nothing is known`,
);
console.log(`COCO ${coco.toFixed(0)} ms`);
console.log(`peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB, with the arrays of the benchmark`);

const python = process.env.PYTHON;
if (python) {
  const folder = mkdtempSync(join(tmpdir(), 'measure-'));
  writeFileSync(join(folder, 'masks.npy'), writeNpy(found));
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
