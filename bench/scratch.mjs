// A simulated stack as a volume in memory and through files: whole processes, interleaved, with a network that costs next to nothing
// (cells are bright, flows lead to where it is brighter), so that what is seen is all the rest. Prints wall time, time of the processor, peak
// memory, what was planned, and whether the labels are the same.
//   node bench/scratch.mjs [runs] [lz ly lx] [folder]
// The files lie in the folder, by default that of the system for temporary files. Needs `npm run build`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { planRun, readImage, simulateVolume, writeTiff } from '../dist/src/index.js';
import { splitOptions } from '../dist/src/models/evalOptions.js';
import { prepare } from '../dist/src/models/prepare.js';
import { segmentImage } from '../dist/src/models/segmentImage.js';

const diamMean = 17;
if (process.argv[2] === 'child') {
  await child(process.argv[3], process.argv[4], process.argv[5]);
} else {
  const [runs = '3', lz = '128', ly = '512', lx = '512', place = tmpdir()] = process.argv.slice(2);
  const folder = mkdtempSync(join(place, 'bench-scratch-'));
  const stack = join(folder, 'stack.tif');
  const size = [lz, ly, lx].map(Number);
  const { image } = simulateVolume({ size, modality: 'nuclei', diameter: diamMean, seed: 3 });
  writeFileSync(stack, await writeTiff(image));
  const voxels = size.reduce((a, b) => a * b, 1);
  const results = { memory: [], files: [] };
  for (let k = 0; k < Number(runs); k++)
    for (const way of ['memory', 'files']) {
      const args = [fileURLToPath(import.meta.url), 'child', way, stack, folder];
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      results[way].push(JSON.parse(stdout));
    }
  console.log(`${size.join(' x ')}, ${voxels * 4e-9} GB as float32, median of ${runs}`);
  for (const [way, all] of Object.entries(results)) {
    const [first] = all;
    console.log(
      `${way.padEnd(7)} ${median(all, 'seconds').toFixed(1)} s, ${median(all, 'cpu').toFixed(1)} s of processor, peak ${gigabytes(median(all, 'peak'))} GB of the process ` +
        `(${gigabytes(median(all, 'before'))} before; planned ${gigabytes(first.bytes)}), ${gigabytes(first.scratchBytes)} GB on disk, ${first.count} cells`,
    );
  }
  const [a, b] = [results.memory, results.files];
  const same = new Set([...a, ...b].map(({ labels }) => labels)).size === 1;
  console.log(
    `through files ${ratio(b, a, 'seconds')} times the time, ${ratio(b, a, 'cpu')} of the processor's, ` +
      `${ratio(b, a, 'peak')} of the memory; labels ${same ? 'the same' : 'DIFFER'}`,
  );
  rmSync(folder, { recursive: true });
}

async function child(way, path, folder) {
  const { data, shape } = (await readImage(readFileSync(path))).data;
  const network = brightness();
  const model = { diamMean, diamLabels: diamMean, nchan: network.nchan };
  const options = { do3D: true, zAxis: 0, channels: [0, 0], diameter: diamMean };
  const less = 0.7 * planRun(shape, options, model, data.BYTES_PER_ELEMENT).bytes;
  const all = way === 'files' ? { ...options, maxMemory: less, scratch: files(folder) } : options;
  const { bytes, scratchBytes } = planRun(shape, all, model, data.BYTES_PER_ELEMENT);
  const split = splitOptions(all);
  const run = { threads: 2, begin: performance.now() };
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const started = process.cpuUsage();
  const segmenter = { network, diamMean };
  const { masks, count } = await segmentImage(
    segmenter,
    await prepare(segmenter, { data, shape }, split, run),
    split,
    run,
  );
  const seconds = (performance.now() - run.begin) / 1000;
  const { user, system } = process.cpuUsage(started);
  const cpu = (user + system) / 1e6;
  const labels = createHash('sha256').update(new Uint8Array(masks.data.buffer)).digest('hex');
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ seconds, cpu, peak, before, bytes, scratchBytes, count, labels }));
}

/** Of tiles (n, 2, h, w): flow along the gradient of the first channel, and the channel above a threshold. */
function brightness() {
  return {
    ...{ nchan: 2, nout: 3, tilesPerRun: 4, concurrency: 1, engine: 'gradients' },
    config: { diamLabels: diamMean },
    release: async () => {},
    async forward({ data, shape: [n, nchan, h, w] }) {
      const size = h * w;
      const y = new Float32Array(n * 3 * size);
      for (let t = 0; t < n; t++)
        for (let p = 0; p < size; p++) {
          const at = t * nchan * size + p;
          const row = Math.floor(p / w);
          const dy = (row < h - 3 ? data[at + 3 * w] : data[at]) - (row > 2 ? data[at - 3 * w] : data[at]);
          const dx = (p % w < w - 3 ? data[at + 3] : data[at]) - (p % w > 2 ? data[at - 3] : data[at]);
          const length = Math.hypot(dy, dx) || 1;
          y[t * 3 * size + p] = (5 * dy) / length;
          y[(t * 3 + 1) * size + p] = (5 * dx) / length;
          y[(t * 3 + 2) * size + p] = 8 * (data[at] - 0.35);
        }
      const style = { data: new Float32Array(n * 2).fill(1), shape: [n, 2] };
      return { y: { data: y, shape: [n, 3, h, w] }, style };
    },
  };
}

function files(folder) {
  let count = 0;
  return {
    async create(length) {
      const file = await open(join(folder, `${process.pid}-${count++}.f32`), 'wx+');
      await file.truncate(4 * length);
      const bytes = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength);
      return {
        read: async (at, into) => void (await file.read(bytes(into), 0, into.byteLength, 4 * at)),
        write: async (at, values) => void (await file.write(bytes(values), 0, values.byteLength, 4 * at)),
        release: () => file.close(),
      };
    },
  };
}

function ratio(b, a, key) {
  return (median(b, key) / median(a, key)).toFixed(2);
}

function median(values, key) {
  return values.map((v) => v[key]).toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function gigabytes(bytes) {
  return (bytes / 1e9).toFixed(2);
}
