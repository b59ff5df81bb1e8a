/**
 * The program of the thread that holds a compiled network, as text: it must run as it is, where no bundler has seen it.
 * onnxruntime-node computes on the thread that calls it, so in a thread of its own the caller can go on: prepare the next
 * tile, show progress, write files.
 * Its data is {path}, of onnxruntime-node. Messages in: {model, options} first; then {feeds} for each run; {release} at the
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
let session;
// This thread hardly ever collects garbage, and the model is large; sent where nobody listens it is gone at once.
const giveUp = ({ buffer }) => {
  const { port1 } = new MessageChannel();
  port1.postMessage(buffer, [buffer]);
  port1.close();
};
const answer = {
  async create({ model, options }) {
    if (failure) throw failure;
    session = await ort.InferenceSession.create(model, options);
    giveUp(model);
    return { version: ort.env.versions.node ?? '' };
  },
  async run({ feeds }) {
    const inputs = {};
    for (const [name, { data, shape }] of Object.entries(feeds)) inputs[name] = new ort.Tensor('float32', data, shape);
    const outputs = {};
    for (const [name, { data, dims }] of Object.entries(await session.run(inputs))) outputs[name] = { data, shape: dims };
    for (const { data } of Object.values(feeds)) giveUp(data);
    return { outputs };
  },
  async release() {
    await session?.release();
    return {};
  },
};
parentPort.on('message', async ({ kind, ...message }) => {
  try {
    const value = await answer[kind](message);
    parentPort.postMessage(value, Object.values(value.outputs ?? {}).map(({ data }) => data.buffer));
  } catch (error) {
    parentPort.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
`;
