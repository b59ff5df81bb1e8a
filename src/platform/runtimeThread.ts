/**
 * The program of the thread that holds a compiled network, as text: it must run as it is, where no bundler has seen it.
 * onnxruntime-node computes on the thread that calls it, so in a thread of its own the caller can go on: prepare the next
 * tile, show progress, write files.
 * Its data is {path}, of onnxruntime-node, and {loaded}, shared, whose first element it sets when that is loaded. Messages in: {model, options} first; then {feeds} for each run; {release} at the
 * end. One message out for each: {error}, or what was made.
 */
export const runtimeThreadSource = `
'use strict';
const { parentPort, workerData } = require('node:worker_threads');
let ort;
let failure;
try {
  ort = require(workerData.path);
} catch (error) {
  failure = error;
}
Atomics.store(workerData.loaded, 0, 1);
Atomics.notify(workerData.loaded, 0);
let session;
const answer = {
  async create({ model, options }) {
    if (failure) throw failure;
    session = await ort.InferenceSession.create(model, options);
    return { version: ort.env.versions.node ?? '', used: [model] };
  },
  async run({ feeds }) {
    const inputs = {};
    for (const [name, { data, shape }] of Object.entries(feeds)) inputs[name] = new ort.Tensor('float32', data, shape);
    const outputs = {};
    for (const [name, { data, dims }] of Object.entries(await session.run(inputs))) outputs[name] = { data, shape: dims };
    return { outputs, used: Object.values(feeds).map(({ data }) => data) };
  },
  async release() {
    await session?.release();
    return {};
  },
};
parentPort.on('message', async ({ kind, ...message }) => {
  try {
    const value = await answer[kind](message);
    // All arrays go over, those that were used too: this thread hardly ever collects garbage, the other does.
    const arrays = [...Object.values(value.outputs ?? {}).map(({ data }) => data), ...(value.used ?? [])];
    parentPort.postMessage(value, [...new Set(arrays.map(({ buffer }) => buffer))]);
  } catch (error) {
    parentPort.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
`;
