// The work that bench/browser.mjs measures, the same in Node and in the page: both hand in the library and the bytes of the weights.

const side = 224;
const size = 1024;
const across = 24;

/** Runs the network on one tile; returns milliseconds for each of `rounds`, after one round to warm up. */
export async function forward({ createNetwork, readWeights, sourceFromBytes }, weights, threads, rounds) {
  const network = await createNetwork(await readWeights(sourceFromBytes(weights)), { threads });
  const next = random(5);
  const data = Float32Array.from({ length: 2 * side * side }, next);
  const times = await measure(rounds, () => network.forward({ data, shape: [1, 2, side, side] }));
  const { engine } = network;
  await network.release();
  return { times, engine };
}

/** Flows to masks with flow check on a field of 576 cells. */
export async function masks({ computeMasks, masksToFlows }, threads, rounds) {
  const { dP, cellprob } = await field(masksToFlows);
  let labels;
  const times = await measure(rounds, async () => {
    labels = await computeMasks(dP, cellprob, { threads });
  });
  return { times, sum: labels.data.reduce((sum, label, i) => (Math.imul(sum, 31) + label * (i + 1)) | 0, 0) };
}

async function measure(rounds, work) {
  const times = [];
  for (let round = 0; round <= rounds; round++) {
    const begin = performance.now();
    await work();
    if (round > 0) times.push(performance.now() - begin);
  }
  return times;
}

/** Discs on a jittered grid, and what a good network would give for them: noisy flows and a logit. */
async function field(masksToFlows) {
  const next = random(3);
  const labels = new Int32Array(size * size);
  const step = size / across;
  for (let k = 0; k < across * across; k++) {
    const cy = (Math.floor(k / across) + 0.4 + 0.2 * next()) * step;
    const cx = ((k % across) + 0.4 + 0.2 * next()) * step;
    const r = (0.35 + 0.15 * next()) * step;
    for (let y = Math.max(0, Math.ceil(cy - r)); y <= Math.min(size - 1, cy + r); y++)
      for (let x = Math.max(0, Math.ceil(cx - r)); x <= Math.min(size - 1, cx + r); x++)
        if ((y - cy) ** 2 + (x - cx) ** 2 <= r * r) labels[y * size + x] = k + 1;
  }
  const mu = await masksToFlows({ data: labels, shape: [size, size] });
  const dP = { data: mu.data.map((v) => 5 * v + 0.6 * (next() + next() - 1)), shape: mu.shape };
  const cellprob = { data: Float32Array.from(labels, (label) => (label > 0 ? 4 : -4) + next()), shape: [size, size] };
  return { dP, cellprob };
}

function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
