// The network forward on 224 × 224 tiles against PyTorch on the CPU, in one interleaved run: median milliseconds a tile and ratios.
//   node bench/forward.mjs [threads] [rounds]
// PyTorch runs where PYTHON and CELLPOSE_PY are set: an interpreter with torch, and the folder that holds the package `cellpose` 3.1.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { bundle } from './bundle.mjs';

const [threads = 2, rounds = 7] = process.argv.slice(2).map(Number);
const size = 224;
const { createNetwork, cpnetStateEntries } = await bundle({
  createNetwork: 'engine/network.ts',
  cpnetStateEntries: 'nets/cpnetState.ts',
});
const peer = startPeer();
const network = await createNetwork(randomStateDict(), { threads });

// Samples of one side follow each other closely (8 tiles each), sides take turns, and who begins alternates.
const times = {};
const layouts = peer ? ['channels_last', 'contiguous'] : [];
for (let round = 0; round <= rounds; round++)
  for (const batch of [1, 8]) {
    const sides = ['ours', ...layouts];
    for (const side of round % 2 ? sides : sides.reverse()) {
      const key = `${side} ${batch}`;
      times[key] ??= [];
      for (let tiles = 0; tiles < 8; tiles += batch) {
        const ms = side === 'ours' ? await timeOurs(batch) : await peer.time(batch, side);
        if (round > 0) times[key].push(ms / batch); // the first round compiles and warms up
      }
    }
  }
for (const batch of [1, 8]) {
  const ours = median(times[`ours ${batch}`]);
  console.log(
    `${batch} tile${batch > 1 ? 's' : ''}: ours ${ours.toFixed(0)} ms a tile (${network.engine}, ${threads} threads)`,
  );
  for (const layout of layouts) {
    const theirs = median(times[`${layout} ${batch}`]);
    console.log(`  PyTorch ${layout} ${theirs.toFixed(0)} ms a tile: ${(ours / theirs).toFixed(2)} of its time`);
  }
}
console.log(`peak memory: ours ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB, Node and test data included`);
if (peer) console.log(`  PyTorch ${await peer.stop()} MiB`);

async function timeOurs(batch) {
  const data = Float32Array.from({ length: batch * 2 * size * size }, Math.random);
  const begin = performance.now();
  await network.forward({ data, shape: [batch, 2, size, size] });
  return performance.now() - begin;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Speed does not depend on the weights as long as numbers stay of ordinary size. */
function randomStateDict() {
  const dict = new Map();
  for (const { name, shape } of cpnetStateEntries({ nbase: [2, 32, 64, 128, 256], nout: 3 })) {
    const n = shape.reduce((product, extent) => product * extent, 1);
    const spread = Math.sqrt(6 / (n / shape[0]));
    const draw = shape.length > 1 ? () => (Math.random() - 0.5) * spread : () => 0.5 + Math.random();
    dict.set(name, { data: Float32Array.from({ length: n }, draw), shape });
  }
  return dict;
}

function startPeer() {
  const { PYTHON, CELLPOSE_PY } = process.env;
  if (!PYTHON || !CELLPOSE_PY) return undefined;
  const script = new URL('forwardPeer.py', import.meta.url).pathname;
  const env = { ...process.env, PYTHONPATH: CELLPOSE_PY };
  const child = spawn(PYTHON, [script, String(threads), String(size)], { stdio: ['pipe', 'pipe', 'inherit'], env });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (text) => {
    child.stdin.write(`${text}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error('the Python side ended; see its message above');
    return Number(value);
  };
  return {
    time: (batch, layout) => ask(`${batch} ${layout}`),
    async stop() {
      const mib = await ask('memory');
      child.stdin.end();
      return mib.toFixed(0);
    },
  };
}
