/** Workers from source text, as a browser starts them. */
import type { WorkerHandle } from './types.ts';

export function startWorker(source: string): WorkerHandle {
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url);
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.addEventListener('message', (event) => listener(event.data)),
    onError: (listener) =>
      worker.addEventListener('error', (event) => listener(new Error(event.message || 'the worker cannot start'))),
    terminate() {
      worker.terminate();
      URL.revokeObjectURL(url); // not before: some browsers fetch it after the constructor has returned
    },
  };
}
