// How long does it take to turn labels into flows, in comparison with Cellpose 3.1?
//   labelsToFlows of 100 images of 512 x 512 with 144 cells each; masksToFlows of a volume of 32 x 160 x 160 with 128 cells,
//   as the sum of three passes and by diffusion in the volume.
// With CELLPOSE_PY=<folder that holds the cellpose package(s), separated by ':'> the reference runs on the same arrays in the same
// session, in turns with ours, and the floats are compared; PYTHON names the interpreter. Without it our times stand alone.
// Usage: node bench/labelsToFlows.mjs [rounds] [images of each round]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundle } from './bundle.mjs';
import { random } from './random.mjs';

const rounds = Number(process.argv[2] ?? 3);
const count = Number(process.argv[3] ?? 100);
const folder = mkdtempSync(join(tmpdir(), 'labels-'));

/** Labels of ellipsoids on a jittered grid; `cells` of them along each axis of `shape`. They nearly touch. */
function ellipsoids(shape, cells, seed) {
  const next = random(seed);
  const centres = Array.from({ length: cells[0] * cells[1] * cells[2] }, () => [next(), next(), next(), next()]);
  const data = new Int32Array(shape[0] * shape[1] * shape[2]);
  const steps = shape.map((size, axis) => size / cells[axis]);
  let i = 0;
  for (let z = 0; z < shape[0]; z++) {
    for (let y = 0; y < shape[1]; y++) {
      for (let x = 0; x < shape[2]; x++, i++) {
        const place = [z, y, x].map((v, axis) => v / steps[axis]);
        const [cz, cy, cx] = place.map(Math.floor);
        const k = (cz * cells[1] + cy) * cells[2] + cx;
        const [jz, jy, jx, size] = centres[k];
        const d = [jz, jy, jx].map((jitter, axis) => place[axis] - [cz, cy, cx][axis] - 0.45 - 0.1 * jitter);
        if (shape[0] === 1) d[0] = 0;
        if (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] < (0.4 + 0.08 * size) ** 2) data[i] = k + 1;
      }
    }
  }
  return data;
}

const referenceProgram = `
import sys, time, resource, numpy as np, torch
torch.set_num_threads(${availableParallelism()})
import tqdm
from cellpose import dynamics
dynamics.trange = range
cpu = torch.device('cpu')
for line in sys.stdin:
    what, folder, *shape = line.split()
    labels = np.fromfile(folder + '/labels', 'i4').reshape([int(s) for s in shape])
    begin = time.perf_counter()
    if what == 'labelsToFlows':
        out = dynamics.labels_to_flows([label.copy() for label in labels], device=cpu)
    elif what == 'threePasses':
        out = [dynamics.masks_to_flows(labels.astype('i8'), device=cpu)]
    else:
        out = [dynamics.masks_to_flows_gpu_3d(labels.astype('i8'), device=cpu)]
    seconds = time.perf_counter() - begin
    np.stack(out).astype('f4').tofile(folder + '/out')
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
`;

/** The reference in a process of its own that stays warm, or undefined where it is not given. */
function startReference() {
  const path = process.env.CELLPOSE_PY;
  if (!path) return undefined;
  const child = spawn(process.env.PYTHON ?? 'python3', ['-c', referenceProgram], {
    env: { ...process.env, PYTHONPATH: path },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async run(what, shape) {
      child.stdin.write(`${what} ${folder} ${shape.join(' ')}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('the reference ended early');
      return value.split(' ').map(Number);
    },
    stop: () => child.stdin.end(),
  };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const seconds = (values) => `${median(values).toFixed(3)} s (${values.map((v) => v.toFixed(3)).join(', ')})`;

/** Runs ours and the reference by turns, and prints both and their ratio. `ours` gives float arrays. */
async function compare(what, labels, shape, ours) {
  writeFileSync(join(folder, 'labels'), labels);
  await ours(); // warm: kernels compiled by the better of the two compilers
  const mine = [];
  const theirs = [];
  let memory = 0;
  let same = '';
  for (let k = 0; k < rounds; k++) {
    const begin = performance.now();
    const results = await ours();
    mine.push((performance.now() - begin) / 1000);
    if (!reference) continue;
    const [time, peak] = await reference.run(what, shape);
    theirs.push(time);
    memory = peak;
    same = countDiffering(results, readFileSync(join(folder, 'out')));
  }
  const rss = process.resourceUsage().maxRSS / 1024;
  console.log(
    `${what} ${shape.join(' x ')}\n  ours       ${seconds(mine)}, peak memory of the process ${rss.toFixed(0)} MiB`,
  );
  if (!reference) return;
  console.log(`  reference  ${seconds(theirs)}, ${memory.toFixed(0)} MiB`);
  console.log(`  ${(median(theirs) / median(mine)).toFixed(1)} times faster; ${same}`);
}

function countDiffering(arrays, bytes) {
  const theirs = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  let n = 0;
  let i = 0;
  for (const array of arrays) for (const value of array) if (Math.fround(value) !== theirs[i++]) n++;
  return `${n} of ${i} values differ as float32`;
}

const lib = await bundle({
  labelsToFlows: 'dynamics/labelsToFlows.ts',
  masksToFlows: 'dynamics/masksToFlows.ts',
  flowRules3Volume: 'dynamics/flowRules.ts',
});
const reference = startReference();
// The reference compiles its loops at first use, and is no slower for small images.
if (reference) {
  writeFileSync(join(folder, 'labels'), ellipsoids([1, 64, 64], [1, 2, 2], 1));
  await reference.run('labelsToFlows', [1, 64, 64]);
}
console.log(`${availableParallelism()} processors, median of ${rounds} rounds`);

const side = 512;
const images = Array.from({ length: count }, (_, k) => ellipsoids([1, side, side], [1, 12, 12], k));
const list = images.map((data) => ({ data, shape: [side, side] }));
const all = new Int32Array(count * side * side);
for (const [k, data] of images.entries()) all.set(data, k * side * side);
await compare('labelsToFlows', all, [count, side, side], async () => {
  const flows = await lib.labelsToFlows(list);
  return flows.map(({ data }) => data);
});

const shape = [32, 160, 160];
const volume = ellipsoids(shape, [2, 8, 8], 5);
for (const [what, options] of [
  ['threePasses', {}],
  ['sixNeighbours', { rules: lib.flowRules3Volume }],
]) {
  await compare(what, volume, shape, async () => [(await lib.masksToFlows({ data: volume, shape }, options)).data]);
}
reference?.stop();
rmSync(folder, { recursive: true });
