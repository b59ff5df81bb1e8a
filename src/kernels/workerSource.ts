/**
 * The program of a worker thread, as text: it must run as it is in Node and in browsers, where no bundler has seen it.
 * Messages in: {open, module, memory} makes the kernels of a job, {call, job, kernel, args} runs one, {close} forgets a job.
 * Message out, after each call: {call} or {call, error}.
 */
export const workerSource = `
'use strict';
const port = typeof require === 'function' ? require('node:worker_threads').parentPort : self;
const jobs = new Map();
function onMessage(message) {
  if (message.open !== undefined) {
    jobs.set(message.open, new WebAssembly.Instance(message.module, { env: { memory: message.memory } }));
  } else if (message.close !== undefined) {
    jobs.delete(message.close);
  } else {
    try {
      jobs.get(message.job).exports[message.kernel](...message.args);
      port.postMessage({ call: message.call });
    } catch (error) {
      port.postMessage({ call: message.call, error: String(error) });
    }
  }
}
if (port.on) port.on('message', onMessage);
else port.onmessage = (event) => onMessage(event.data);
`;
