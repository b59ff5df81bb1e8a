// The network in 8-bit numbers against itself in float32, on one thread: median milliseconds for a 224 × 224 tile, natively and
// in WebAssembly (onnxruntime-web, as browsers run it), interleaved; and the peak memory of a process with one of the two.
//   node bench/int8.mjs [rounds] [threads]
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { bundle } from './bundle.mjs';

const [rounds = 9, threads = 1] = process.argv.slice(2, 4).map(Number);
const only = process.argv[4];
const size = 224;
const { createNetwork, loadBundled, readCPnetState, cpnet, planPrecision, encodeOnnx } = await bundle({
  createNetwork: 'engine/network.ts',
  loadBundled: 'models/weights.ts',
  readCPnetState: 'nets/cpnetState.ts',
  cpnet: 'nets/cpnet.ts',
  planPrecision: 'engine/precision.ts',
  encodeOnnx: 'graph/onnx/encode.ts',
});
const { stateDict, ranges } = await loadBundled('nuclei_ref');
const data = Float32Array.from({ length: 2 * size * size }, (_, i) => (i < size * size ? Math.random() : 0));
const tile = { data, shape: [1, 2, size, size] };

if (only) await runAlone(only);
else {
  await compare('native', nativeRunner);
  await compare('WebAssembly', webRunner);
  for (const precision of ['float32', 'int8']) {
    const args = [new URL(import.meta.url).pathname, String(rounds), String(threads), precision];
    console.log(`peak memory, ${precision}: ${execFileSync('node', args).toString().trim()} MiB, Node included`);
  }
}

/** Sides take turns, and who begins alternates; the first round compiles and warms up. */
async function compare(what, makeRunner) {
  const sides = {
    float32: await makeRunner({}),
    'int8, 8-bit weights': await makeRunner({ precision: 'int8', ranges, weightBits: 8 }),
    'int8, 7-bit weights': await makeRunner({ precision: 'int8', ranges, weightBits: 7 }),
  };
  const times = Object.fromEntries(Object.keys(sides).map((side) => [side, []]));
  for (let round = 0; round <= rounds; round++) {
    const order = Object.keys(sides);
    for (const side of round % 2 ? order : order.reverse()) {
      const begin = performance.now();
      await sides[side].run();
      if (round > 0) times[side].push(performance.now() - begin);
    }
  }
  const base = median(times.float32);
  for (const [side, values] of Object.entries(times)) {
    const ratio = side === 'float32' ? '' : `: ${(median(values) / base).toFixed(2)} of float32's time`;
    console.log(
      `${what}, ${threads} thread${threads > 1 ? 's' : ''}, ${side}: ${median(values).toFixed(0)} ms a tile${ratio}`,
    );
    await sides[side].release();
  }
}

async function nativeRunner(options) {
  const network = await createNetwork(stateDict, { threads, ...options });
  return { run: () => network.forward(tile), release: () => network.release() };
}

async function webRunner(options) {
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = threads;
  const { config, weights } = readCPnetState(stateDict);
  const { graph, weights: bound } = planPrecision(weights, options, 'web').prepare(
    cpnet(config, { batch: 1, ly: size, lx: size }),
  );
  const session = await ort.InferenceSession.create(encodeOnnx(graph, bound), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  const x = new ort.Tensor('float32', data, tile.shape);
  return { run: () => session.run({ x }), release: () => session.release() };
}

async function runAlone(precision) {
  const network = await createNetwork(stateDict, { threads, precision, ranges });
  for (let i = 0; i < 3; i++) await network.forward(tile);
  await network.release();
  const [, kib] = /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'latin1')) ?? [
    0,
    process.resourceUsage().maxRSS,
  ];
  console.log((kib / 1024).toFixed(0));
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
