// How long do the dynamics take, in comparison with Cellpose 3.1?
//   computeMasks with flow check on a 2048 x 2048 field of 2,400 cells, and masksToFlows on 512 x 512 with 150 cells.
// With CELLPOSE_PY=<folder that holds the cellpose package(s), separated by ':'> the reference runs on the same arrays in the same
// session, interleaved with ours, and the labels are compared; PYTHON names the interpreter. Without it our times stand alone.
// Usage: node bench/dynamics.mjs [rounds]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundle } from './bundle.mjs';
import { random } from './random.mjs';

const rounds = Number(process.argv[2] ?? 3);
const folder = mkdtempSync(join(tmpdir(), 'dynamics-'));

/** Labels of n x n ellipses on a jittered grid; each pixel belongs to the ellipse that it lies deepest in. */
function ellipses(size, n, seed) {
  const next = random(seed);
  const step = size / n;
  const data = new Int32Array(size * size);
  const depth = new Float32Array(size * size).fill(1);
  for (let k = 0; k < n * n; k++) {
    const cy = (Math.floor(k / n) + 0.5 + 0.25 * (next() - 0.5)) * step;
    const cx = ((k % n) + 0.5 + 0.25 * (next() - 0.5)) * step;
    const angle = Math.PI * next();
    const a = (0.43 + 0.12 * next()) * step;
    const b = (0.38 + 0.1 * next()) * step;
    const reach = Math.ceil(a) + 1;
    for (let y = Math.max(0, Math.floor(cy) - reach); y <= Math.min(size - 1, cy + reach); y++) {
      for (let x = Math.max(0, Math.floor(cx) - reach); x <= Math.min(size - 1, cx + reach); x++) {
        const u = ((y - cy) * Math.cos(angle) + (x - cx) * Math.sin(angle)) / a;
        const v = ((x - cx) * Math.cos(angle) - (y - cy) * Math.sin(angle)) / b;
        const d = u * u + v * v;
        if (d >= depth[y * size + x]) continue;
        depth[y * size + x] = d;
        data[y * size + x] = k + 1;
      }
    }
  }
  return { data, shape: [size, size] };
}

/** What a good network would give for these masks: 5 x flows, a little blurred and noisy, and a logit of cell or not. */
async function networkOutput(masks, masksToFlows, seed) {
  const next = random(seed);
  const [size] = masks.shape;
  const mu = (await masksToFlows(masks)).data;
  const n = size * size;
  const dP = new Float32Array(2 * n);
  for (let c = 0; c < 2; c++) {
    for (let y = 1; y < size - 1; y++) {
      for (let x = 1; x < size - 1; x++) {
        const i = c * n + y * size + x;
        let sum = 4 * mu[i] + 2 * (mu[i - 1] + mu[i + 1] + mu[i - size] + mu[i + size]);
        sum += mu[i - size - 1] + mu[i - size + 1] + mu[i + size - 1] + mu[i + size + 1];
        dP[i] = (5 * sum) / 16 + 0.6 * (next() + next() - 1);
      }
    }
  }
  const cellprob = Float32Array.from(masks.data, (label) => (label > 0 ? 4 : -4) + 2 * (next() - 0.5));
  return { dP: { data: dP, shape: [2, size, size] }, cellprob: { data: cellprob, shape: [size, size] } };
}

const referenceProgram = `
import sys, time, numpy as np, torch
torch.set_num_threads(${availableParallelism()})
from cellpose import dynamics
cpu = torch.device('cpu')
for line in sys.stdin:
    what, folder, size = line.split()
    size = int(size)
    load = lambda name, kind, shape: np.fromfile(folder + '/' + name, kind).reshape(shape)
    if what == 'computeMasks':
        dP, cellprob = load('dP', 'f4', (2, size, size)), load('cellprob', 'f4', (size, size))
        begin = time.perf_counter()
        out = dynamics.compute_masks(dP, cellprob, device=cpu).astype('i4')
    else:
        masks = load('masks', 'i4', (size, size)).astype('i8')
        begin = time.perf_counter()
        out = dynamics.masks_to_flows(masks, device=cpu)
    seconds = time.perf_counter() - begin
    out.tofile(folder + '/out')
    print(seconds, flush=True)
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
    async run(what, size) {
      child.stdin.write(`${what} ${folder} ${size}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('the reference ended early');
      return Number(value);
    },
    stop: () => child.stdin.end(),
  };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const seconds = (values) => `${median(values).toFixed(3)} s (${values.map((v) => v.toFixed(3)).join(', ')})`;

async function timed(work) {
  const begin = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - begin) / 1000 };
}

/** Runs ours and the reference by turns, and prints both and their ratio. */
async function compare(title, size, ours, reference, check) {
  const mine = [];
  const theirs = [];
  for (let k = 0; k < 3; k++) await ours(); // warm: kernels compiled by the better of the two compilers
  if (reference) await reference.run(title.split(' ')[0], size);
  let same = '';
  for (let k = 0; k < rounds; k++) {
    const { result, seconds: s } = await timed(ours);
    mine.push(s);
    if (!reference) continue;
    theirs.push(await reference.run(title.split(' ')[0], size));
    same = check(result, readFileSync(join(folder, 'out')));
  }
  console.log(`${title}\n  ours       ${seconds(mine)}`);
  if (!reference) return;
  console.log(`  reference  ${seconds(theirs)}\n  ${(median(theirs) / median(mine)).toFixed(1)} times faster; ${same}`);
}

const save = (name, data) =>
  writeFileSync(join(folder, name), Buffer.from(data.buffer, data.byteOffset, data.byteLength));

function countDiffering(a, bytes) {
  const b = new a.constructor(bytes.buffer, bytes.byteOffset, a.length);
  let n = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) n++;
  return `${n} of ${a.length} values differ`;
}

const names = ['computeMasks', 'masksToFlows', 'followFlows', 'flowErrors', 'getMasks'];
const lib = await bundle(Object.fromEntries(names.map((name) => [name, `dynamics/${name}.ts`])));
const reference = startReference();
console.log(`${availableParallelism()} processors, median of ${rounds} rounds`);

const small = ellipses(512, 12, 7);
save('masks', small.data);
const labels = small.data.reduce((a, b) => Math.max(a, b), 0);
await compare(
  `masksToFlows 512 x 512, ${labels} cells`,
  512,
  () => lib.masksToFlows(small),
  reference,
  (result, bytes) => countDiffering(result.data, bytes),
);

const field = ellipses(2048, 49, 3);
const { dP, cellprob } = await networkOutput(field, lib.masksToFlows, 11);
save('dP', dP.data);
save('cellprob', cellprob.data);
const points = cellprob.data.reduce((n, value) => n + (value > 0 ? 1 : 0), 0);
for (const threads of [1, availableParallelism()]) {
  await compare(
    `computeMasks 2048 x 2048, 2401 cells, ${(points / 1e6).toFixed(2)} M points, ${threads} threads`,
    2048,
    () => lib.computeMasks(dP, cellprob, { threads }),
    threads > 1 ? reference : undefined,
    (result, bytes) => countDiffering(result.data, bytes),
  );
}
reference?.stop();
rmSync(folder, { recursive: true });
