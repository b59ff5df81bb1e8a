/**
 * The program of the worker that runs networks in a browser, as text: it must run as it is, where no bundler has seen it.
 * In a worker of its own the network leaves the page free to draw and to answer.
 * Messages in: {call, kind, …}: start {module, wasmPaths, threads} first; then create {session, model, provider}, run {session, feeds},
 * release {session}, by number of session. Message out for each: {call, value} or {call, error}. One after the other: the
 * runtime takes no second run while one is under way.
 */
export const webRuntimeSource = `
'use strict';
const sessions = new Map();
let ort;
const answer = {
  async start({ module, wasmPaths, threads }) {
    ort = await import(module);
    ort.env.logLevel = 'error';
    Object.assign(ort.env.wasm, { numThreads: threads, wasmPaths });
    return ort.env.versions.web;
  },
  async create({ session, model, provider }) {
    const options = { executionProviders: [provider], graphOptimizationLevel: 'all', logSeverityLevel: 3 };
    sessions.set(session, await ort.InferenceSession.create(model, options));
  },
  async run({ session, feeds }) {
    const inputs = {};
    for (const [name, { data, shape }] of Object.entries(feeds)) inputs[name] = new ort.Tensor('float32', data, shape);
    const outputs = {};
    for (const [name, tensor] of Object.entries(await sessions.get(session).run(inputs)))
      outputs[name] = { data: await tensor.getData(), shape: tensor.dims };
    return outputs;
  },
  async release({ session }) {
    await sessions.get(session)?.release();
    sessions.delete(session);
  },
};
let line = Promise.resolve();
self.onmessage = ({ data: { call, kind, ...message } }) => {
  line = line.then(async () => {
    try {
      const value = await answer[kind](message);
      const arrays = kind === 'run' ? Object.values(value).map(({ data }) => data.buffer) : [];
      self.postMessage({ call, value }, arrays);
    } catch (error) {
      self.postMessage({ call, error: error instanceof Error ? error.message : String(error) });
    }
  });
};
`;
