// One training step of the full CPnet (loss, gradients, AdamW) against PyTorch on the CPU, interleaved: median milliseconds and ratios,
// by the clock and by processor time, which other programs on the machine disturb less.
//   node bench/train.mjs [batch] [threads] [rounds] [layouts]
// PyTorch runs where PYTHON and CELLPOSE_PY are set: an interpreter with torch, and the folder that holds the package `cellpose` 3.1.
// `layouts`: channels_last (the default), contiguous, or both with a comma: each keeps a network in memory.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { bundle } from './bundle.mjs';

const [batch = 8, threads = 2, rounds = 3] = process.argv.slice(2, 5).map(Number);
const layouts = process.env.PYTHON && process.env.CELLPOSE_PY ? (process.argv[5] ?? 'channels_last').split(',') : [];
const size = 224;
const { createTrainer, adamW, cpnetStateEntries } = await bundle({
  createTrainer: 'train/trainer.ts',
  adamW: 'train/optimizers.ts',
  cpnetStateEntries: 'nets/cpnetState.ts',
});
const peer = layouts.length > 0 ? startPeer() : undefined;
const trainer = createTrainer(randomStateDict(), { optimizer: adamW(), threads });

const times = {};
for (let round = 0; round <= rounds; round++) {
  const sides = ['ours', ...layouts];
  for (const side of round % 2 ? sides : sides.reverse()) {
    const time = side === 'ours' ? await timeOurs() : await peer.time(side);
    times[side] ??= [];
    if (round > 0) times[side].push(time); // the first round compiles and warms up
  }
}
const ours = median(times.ours);
console.log(
  `batch ${batch}, ${threads} threads, ${rounds} rounds: ours ${ours.map((t) => t.toFixed(0)).join(' ms, processor ')} ms`,
);
for (const layout of layouts) {
  const theirs = median(times[layout]);
  const ratios = ours.map((t, i) => (t / theirs[i]).toFixed(2));
  console.log(
    `  PyTorch ${layout} ${theirs.map((t) => t.toFixed(0)).join(' ms, processor ')} ms: ours takes ${ratios.join(', processor ')} of its time`,
  );
}
console.log(`peak memory: ours ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB, Node and test data included`);
if (peer) console.log(`  PyTorch ${await peer.stop()} MiB`);
await trainer.release();

async function timeOurs() {
  const random = (channels) => ({
    data: Float32Array.from({ length: batch * channels * size * size }, Math.random),
    shape: [batch, channels, size, size],
  });
  const [x, lbl] = [random(2), random(3)];
  const cpu = process.cpuUsage();
  const begin = performance.now();
  await trainer.step({ x, lbl }, 1e-4);
  const wall = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpu);
  return [wall, (user + system) / 1000];
}

function median(pairs) {
  return [0, 1].map((k) => pairs.map((pair) => pair[k]).toSorted((a, b) => a - b)[Math.floor(pairs.length / 2)]);
}

/** Weights as large as those of a fresh network. */
function randomStateDict() {
  const dict = new Map();
  for (const { name, shape } of cpnetStateEntries({ nbase: [2, 32, 64, 128, 256], nout: 3 })) {
    const n = shape.reduce((product, extent) => product * extent, 1);
    const fan = shape.length > 1 ? n / shape[0] : 1;
    const one = /running_var$|\.0\.weight$/.test(name);
    const value = () => (one ? 1 : (Math.random() - 0.5) * (2 / Math.sqrt(fan)));
    dict.set(name, { data: Float32Array.from({ length: n }, value), shape });
  }
  dict.set('diam_mean', { data: Float32Array.of(30), shape: [1] });
  dict.set('diam_labels', { data: Float32Array.of(30), shape: [1] });
  return dict;
}

function startPeer() {
  const script = new URL('trainPeer.py', import.meta.url).pathname;
  const env = { ...process.env, PYTHONPATH: process.env.CELLPOSE_PY };
  const child = spawn(process.env.PYTHON, [script, threads, batch, size].map(String), {
    stdio: ['pipe', 'pipe', 'inherit'],
    env,
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (question) => {
    child.stdin.write(`${question}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error('the PyTorch side ended early');
    return value.split(' ').map(Number);
  };
  return {
    time: (layout) => ask(layout),
    async stop() {
      const [mib] = await ask('memory');
      child.stdin.end();
      return mib.toFixed(0);
    },
  };
}
