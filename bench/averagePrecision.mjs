// How long does the average precision of two 2048 x 2048 label images with 2,400 cells take, in comparison with Cellpose 3.1?
// The prediction is the truth, moved by two pixels, with one cell in ten missing.
// With CELLPOSE_PY=<folder that holds the cellpose package(s), separated by ':'> the reference runs on the same arrays in the same
// session, in turns with ours, and the counts are compared; PYTHON names the interpreter. Without it our times stand alone.
// Usage: node bench/averagePrecision.mjs [rounds]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundle } from './bundle.mjs';

const rounds = Number(process.argv[2] ?? 5);
const thresholds = [0.5, 0.75, 0.9];
const folder = mkdtempSync(join(tmpdir(), 'precision-'));

/** Disks of 49 x 49 places on a grid, of different sizes; those whose number `isLeftOut` are missing. */
function disks(size, n, shift, isLeftOut) {
  const data = new Int32Array(size * size);
  const step = size / n;
  let label = 0;
  for (let k = 0; k < n * n; k++) {
    if (isLeftOut(k)) continue;
    label++;
    const cy = (Math.floor(k / n) + 0.5) * step;
    const cx = ((k % n) + 0.5) * step + shift;
    const r = step * (0.36 + 0.13 * ((k * 0.618) % 1));
    for (let y = Math.ceil(cy - r); y <= cy + r; y++)
      for (let x = Math.ceil(cx - r); x <= cx + r && x < size; x++)
        if ((y - cy) ** 2 + (x - cx) ** 2 <= r * r) data[y * size + x] = label;
  }
  return { data, shape: [size, size] };
}

/** A Python process that measures once per line it is sent. */
function reference() {
  const script = `
import sys, time, numpy as np
from cellpose import metrics
a, b = (np.fromfile(p, np.int32).reshape(2048, 2048) for p in sys.argv[1:3])
metrics.average_precision([a[:64, :64]], [b[:64, :64]], threshold=[0.5])
print("ready", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    ap, tp, fp, fn = metrics.average_precision([a], [b], threshold=[${thresholds}])
    print(time.perf_counter() - start, *tp[0].astype(int), *fp[0].astype(int), flush=True)
`;
  const files = [join(folder, 'true.bin'), join(folder, 'pred.bin')];
  for (const [i, { data }] of [truth, prediction].entries()) writeFileSync(files[i], data);
  const env = { ...process.env, PYTHONPATH: process.env.CELLPOSE_PY };
  const child = spawn(process.env.PYTHON ?? 'python3', ['-c', script, ...files], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async line() {
      const { value, done } = await lines.next();
      if (done) throw new Error('the reference ended; see its message above');
      return value;
    },
    ask: () => child.stdin.write('go\n'),
    end: () => child.stdin.end(),
  };
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const { averagePrecision } = await bundle({ averagePrecision: 'metrics/averagePrecision.ts' });
const truth = disks(2048, 49, 0, () => false);
const prediction = disks(2048, 49, 2, (k) => k % 10 === 0);
const peer = process.env.CELLPOSE_PY ? reference() : undefined;
if (peer) while ((await peer.line()) !== 'ready');
const ours = [];
const theirs = [];
for (let round = 0; round < rounds; round++) {
  const start = performance.now();
  const { tp, fp } = averagePrecision(truth, prediction, thresholds);
  ours.push((performance.now() - start) / 1000);
  if (round === 0) console.log(`true positives at ${thresholds.join(', ')}: ${tp.join(', ')}`);
  if (!peer) continue;
  peer.ask();
  const [seconds, ...counts] = (await peer.line()).split(' ').map(Number);
  theirs.push(seconds);
  if (counts.join() !== [...tp, ...fp].join()) throw new Error(`the counts differ: ${counts} against ${tp}, ${fp}`);
}
peer?.end();
rmSync(folder, { recursive: true });
console.log(`ours: median ${median(ours).toFixed(3)} s, first ${ours[0].toFixed(3)} s, of ${rounds}`);
if (peer)
  console.log(
    `Cellpose 3.1: median ${median(theirs).toFixed(3)} s; ratio ${(median(theirs) / median(ours)).toFixed(1)}; same counts`,
  );
console.log(`peak memory of this process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
