// Masks from the flows of a volume, 64 x 256 x 256 full of balls, against Cellpose 3.1 (PyTorch on all threads), interleaved.
// With CELLPOSE_PY=<folder that holds the cellpose package(s), separated by ':'> the reference runs on the same arrays and the
// labels are compared; PYTHON names the interpreter. Without it our times stand alone.
//   node bench/dynamics3d.mjs [rounds] [lz ly lx]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundle } from './bundle.mjs';

const [rounds = 3, lz = 64, ly = 256, lx = 256] = process.argv.slice(2).map(Number);
const threads = availableParallelism();
const n = lz * ly * lx;
const { computeMasks } = await bundle({ computeMasks: 'dynamics/computeMasks.ts' });
const { dP, cellprob, balls } = packedBalls();
const folder = mkdtempSync(join(tmpdir(), 'dynamics3d-'));
for (const [name, { data }] of Object.entries({ dP, cellprob }))
  writeFileSync(join(folder, name), Buffer.from(data.buffer, data.byteOffset, data.byteLength));
const reference = process.env.CELLPOSE_PY ? startReference() : undefined;

const mine = [];
const theirs = [];
let agreement = '';
for (let round = 0; round < rounds; round++) {
  const begin = performance.now();
  const masks = await computeMasks(dP, cellprob, { threads });
  mine.push((performance.now() - begin) / 1000);
  if (!reference) continue;
  theirs.push((await reference('run'))[0]);
  agreement = compare(masks.data, new Int32Array(readFileSync(join(folder, 'out')).buffer.slice(0)));
}
const points = cellprob.data.reduce((count, value) => count + (value > 0 ? 1 : 0), 0);
console.log(
  `${lz} x ${ly} x ${lx}, ${balls} balls, ${(points / 1e6).toFixed(2)} M voxels of cells, ${threads} threads, median of ${rounds}`,
);
console.log(`ours      ${show(mine)}, peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
if (reference) {
  const [mib] = await reference('memory');
  console.log(`Cellpose  ${show(theirs)}, peak ${mib.toFixed(0)} MiB`);
  console.log(`${(median(theirs) / median(mine)).toFixed(1)} times faster; ${agreement}`);
  reference.stop();
}
rmSync(folder, { recursive: true });

/** Balls on a jittered grid; the flow points to the centre, with noise, as a network's does. */
function packedBalls() {
  let state = 5;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const step = 16;
  const flow = new Float32Array(3 * n);
  const prob = new Float32Array(n).fill(-4);
  let count = 0;
  for (let z = step / 2; z < lz; z += step)
    for (let y = step / 2; y < ly; y += step)
      for (let x = step / 2; x < lx; x += step) {
        const centre = [z, y, x].map((v) => v + 2 * random() - 1);
        const radius = 6 + 1.5 * random();
        count++;
        forBall(centre, radius, (i, offset, distance) => {
          prob[i] = 4 + random();
          for (let k = 0; k < 3; k++)
            flow[k * n + i] = (-5 * offset[k]) / Math.max(distance, 0.5) + 0.6 * (random() + random() - 1);
        });
      }
  return {
    dP: { data: flow, shape: [3, lz, ly, lx] },
    cellprob: { data: prob, shape: [lz, ly, lx] },
    balls: count,
  };
}

function forBall([cz, cy, cx], radius, visit) {
  const range = (centre, size) => [
    Math.max(0, Math.ceil(centre - radius)),
    Math.min(size - 1, Math.floor(centre + radius)),
  ];
  const [z0, z1] = range(cz, lz);
  const [y0, y1] = range(cy, ly);
  const [x0, x1] = range(cx, lx);
  for (let z = z0; z <= z1; z++)
    for (let y = y0; y <= y1; y++)
      for (let x = x0; x <= x1; x++) {
        const offset = [z - cz, y - cy, x - cx];
        const distance = Math.hypot(...offset);
        if (distance <= radius) visit((z * ly + y) * lx + x, offset, distance);
      }
}

/** Voxels that are in other cells, after renaming labels by their largest overlap. */
function compare(ours, other) {
  const overlaps = new Map();
  for (let i = 0; i < n; i++) {
    const key = `${ours[i]} ${other[i]}`;
    if (ours[i] > 0) overlaps.set(key, (overlaps.get(key) ?? 0) + 1);
  }
  const best = new Map([[0, [0, 0]]]);
  for (const [key, size] of overlaps) {
    const [a, b] = key.split(' ').map(Number);
    if (size > (best.get(a)?.[1] ?? 0)) best.set(a, [b, size]);
  }
  let differing = 0;
  for (let i = 0; i < n; i++) if ((best.get(ours[i])?.[0] ?? 0) !== other[i]) differing++;
  const cells = (labels) => labels.reduce((most, label) => Math.max(most, label), 0);
  return `${cells(ours)} and ${cells(other)} cells, ${differing} of ${n} voxels differ`;
}

function startReference() {
  const program = `
import sys, time, resource, numpy as np, torch
torch.set_num_threads(${threads})
from cellpose import dynamics
dP = np.fromfile('${folder}/dP', 'f4').reshape(3, ${lz}, ${ly}, ${lx})
cellprob = np.fromfile('${folder}/cellprob', 'f4').reshape(${lz}, ${ly}, ${lx})
for line in sys.stdin:
    if line.strip() == 'memory':
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
        continue
    begin = time.perf_counter()
    out = dynamics.compute_masks(dP, cellprob, do_3D=True, device=torch.device('cpu'))
    seconds = time.perf_counter() - begin
    out.astype('i4').tofile('${folder}/out')
    print(seconds, flush=True)
`;
  const child = spawn(process.env.PYTHON ?? 'python3', ['-c', program], {
    env: { ...process.env, PYTHONPATH: process.env.CELLPOSE_PY },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (question) => {
    child.stdin.write(`${question}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error('the reference ended early');
    return value.split(' ').map(Number);
  };
  return Object.assign(ask, { stop: () => child.stdin.end() });
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function show(values) {
  return `${median(values).toFixed(2)} s (${values.map((v) => v.toFixed(2)).join(', ')})`;
}
