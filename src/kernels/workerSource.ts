/**
 * The program of a worker thread, as text: it must run as it is, where no bundler has seen it. `self` is the browser's
 * worker scope; Node's platform gives it the same two names.
 * Messages in: {open, module, memory} makes the kernels of a job, {call, job, kernel, args} runs one, {close} forgets a job.
 * Message out, after each call: {call} or {call, error}.
 */
export const workerSource = `
'use strict';
const jobs = new Map();
self.onmessage = ({ data: message }) => {
  if (message.open !== undefined) {
    jobs.set(message.open, new WebAssembly.Instance(message.module, { env: { memory: message.memory } }));
  } else if (message.close !== undefined) {
    jobs.delete(message.close);
  } else {
    try {
      jobs.get(message.job).exports[message.kernel](...message.args);
      self.postMessage({ call: message.call });
    } catch (error) {
      self.postMessage({ call: message.call, error: String(error) });
    }
  }
};
`;
