// A stack of 2048 × 2048 pixels, uint16, stitched: read whole, read by its planes, and by its planes without keeping flows. Whole
// processes, interleaved. The cells are large, so that the network sees a sixteenth of the pixels and most of what is seen is all the rest.
// Prints wall time, time of the processor and peak memory, and whether the labels are the same.
//   node bench/planes.mjs MODEL [planes=64] [runs=1] [folder]
// MODEL is a checkpoint. The file lies in the folder, by default that of the system for temporary files. Needs `npm run build`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CellposeModel,
  openImage,
  readImage,
  readWeights,
  sourceFromBytes,
  toCellposeImage,
  toCellposePlanes,
} from '../dist/src/index.js';

const n = 2048;
const ways = ['whole', 'planes', 'labels'];
if (process.argv[2] === 'child') {
  await child(...process.argv.slice(3));
} else {
  const [model, planes = '64', runs = '1', place = tmpdir()] = process.argv.slice(2);
  if (!model) throw new Error('usage: node bench/planes.mjs MODEL [planes] [runs] [folder]');
  const folder = mkdtempSync(join(place, 'bench-planes-'));
  const stack = join(folder, 'stack.nrrd');
  await writeStack(stack, Number(planes));
  const results = Object.fromEntries(ways.map((way) => [way, []]));
  for (let k = 0; k < Number(runs); k++)
    for (const way of ways) {
      const args = [fileURLToPath(import.meta.url), 'child', way, model, stack];
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      if (status === 0) results[way].push(JSON.parse(stdout));
      else console.log(`${way.padEnd(7)} failed: ${/\w*Error: .*/.exec(stderr)?.[0]}`);
    }
  console.log(`${planes} planes, ${((2 * n * n * planes) / 1e9).toFixed(2)} GB, median of ${runs}`);
  for (const [way, all] of Object.entries(results)) {
    if (all.length === 0) continue;
    const [wall, cpu] = ['seconds', 'cpu'].map((key) => median(all, key).toFixed(1));
    const figures = `${wall} s, ${cpu} s of the processor, peak ${(median(all, 'peak') / 1e9).toFixed(2)} GB`;
    console.log(`${way.padEnd(7)} ${figures} of the process, ${all[0].count} cells`);
  }
  const labels = new Set(Object.values(results).flatMap((all) => all.map((one) => one.labels)));
  console.log(`labels ${labels.size === 1 ? 'the same' : 'DIFFER'}`);
  rmSync(folder, { recursive: true });
}

/** Discs in a noise of their own in each plane. */
async function writeStack(path, lz) {
  const file = await open(path, 'w');
  await file.write(`NRRD0004\ntype: ushort\ndimension: 3\nsizes: ${n} ${n} ${lz}\nencoding: raw\nendian: little\n\n`);
  const plane = new Uint16Array(n * n);
  for (let z = 0, seed = 1; z < lz; z++) {
    for (let y = 0, i = 0; y < n; y++)
      for (let x = 0; x < n; x++, i++) {
        seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
        const isCell = ((y % 128) - 64) ** 2 + ((x % 128) - 64) ** 2 < 2500;
        plane[i] = 500 + ((seed >>> 24) & 127) + (isCell ? 3000 + 10 * z : 0);
      }
    await file.write(new Uint8Array(plane.buffer));
  }
  await file.close();
}

async function child(way, modelPath, path) {
  const model = await CellposeModel.load({ stateDict: await readWeights(sourceFromBytes(readFileSync(modelPath))) });
  const options = { zAxis: 0, stitchThreshold: 0.3, diameter: 4 * model.diamMean, resample: false, niter: 20 };
  const begin = performance.now();
  const file = await open(path);
  const image =
    way === 'whole'
      ? toCellposeImage(await readImage(await file.readFile()))
      : await toCellposePlanes(await openImage(sourceOf(file, (await file.stat()).size)));
  const { masks, count } = await model.eval(image, { ...options, cellprobThreshold: -6, keepFlows: way !== 'labels' });
  const seconds = (performance.now() - begin) / 1000;
  await file.close();
  await model.release();
  const hash = createHash('sha256');
  for (let at = 0; at < masks.data.length; at += n * n) hash.update(masks.data.subarray(at, at + n * n));
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const [peak, cpu] = [maxRSS * 1024, (userCPUTime + systemCPUTime) / 1e6];
  console.log(JSON.stringify({ seconds, cpu, peak, count, labels: hash.digest('hex') }));
}

function sourceOf(file, size) {
  return { size, read: async (at, length) => (await file.read(new Uint8Array(length), 0, length, at)).buffer };
}

function median(values, key) {
  return values.map((v) => v[key]).toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
