// How long does it take to scale a 16-bit picture of 4096 x 4096 by its percentiles, in comparison with numpy?
// The peer is Cellpose 3.1's normalize99 (np.percentile over float32), in turns with ours; the results are compared bit by bit.
// PYTHON names the interpreter, which needs numpy; without it our times stand alone.
// Usage: node bench/percentile.mjs [rounds] [side]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundle } from './bundle.mjs';

const rounds = Number(process.argv[2] ?? 5);
const side = Number(process.argv[3] ?? 4096);
const folder = mkdtempSync(join(tmpdir(), 'percentile-'));
const { normalize99 } = await bundle({ normalize99: 'transforms/normalize99.ts' });

// A copy, conversion to float32, two percentiles, difference and quotient: the steps of normalize99, and no others.
const program = `
import sys, time, resource, numpy as np
image = np.fromfile('${folder}/image', 'u2')
for line in sys.stdin:
    begin = time.perf_counter()
    x = image.copy().astype('f4')
    low, high = np.percentile(x, 1), np.percentile(x, 99)
    x -= low
    x /= (high - low)
    seconds = time.perf_counter() - begin
    x.tofile('${folder}/out')
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
`;

let state = 1;
const data = Uint16Array.from({ length: side * side }, () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return 200 + 40000 * (state / 2 ** 32) ** 3;
});
writeFileSync(join(folder, 'image'), data);
const python = process.env.PYTHON;
const peer = python && spawn(python, ['-c', program], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = peer && createInterface({ input: peer.stdout })[Symbol.asyncIterator]();

const mine = [];
const theirs = [];
let memory = 0;
let differing = 0;
normalize99({ data, shape: [side, side] });
// Taken before the peer's results come into this process.
const peakHere = process.resourceUsage().maxRSS / 1024;
for (let k = 0; k < rounds; k++) {
  const begin = performance.now();
  const out = normalize99({ data, shape: [side, side] });
  mine.push((performance.now() - begin) / 1000);
  if (!peer) continue;
  peer.stdin.write('go\n');
  const { value, done } = await lines.next();
  if (done) throw new Error('the peer ended early');
  const [seconds, peak] = value.split(' ').map(Number);
  theirs.push(seconds);
  memory = peak;
  const bytes = readFileSync(join(folder, 'out'));
  const other = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  differing = out.data.reduce((n, value, p) => (value === other[p] ? n : n + 1), 0);
}
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const show = (values) => `${median(values).toFixed(3)} s (${values.map((v) => v.toFixed(3)).join(', ')})`;
console.log(`normalize99 of ${side} x ${side}, 16 bit, median of ${rounds} rounds`);
console.log(`  ours   ${show(mine)}, peak memory of the process ${peakHere.toFixed(0)} MiB`);
if (peer) {
  console.log(`  numpy  ${show(theirs)}, ${memory.toFixed(0)} MiB`);
  console.log(`  ${(median(theirs) / median(mine)).toFixed(1)} times faster; ${differing} values differ`);
  peer.stdin.end();
}
rmSync(folder, { recursive: true });
