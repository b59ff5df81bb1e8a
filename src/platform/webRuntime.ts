/**
 * ONNX Runtime in a worker. It holds the runtime's WebAssembly memory, which only grows, so all sessions of one kind share one worker,
 * and it ends with the last of them. Source: onnxruntime-web.
 */
import type { WorkerHandle } from './types.ts';
import { fileUrl } from './webFiles.ts';
import { webRuntimeSource } from './webRuntimeSource.ts';
import { startWorker } from './webWorker.ts';

export type Provider = 'wasm' | 'webgpu';

/** A started runtime, lent to one session. */
export interface WebRuntime {
  /** Version of ONNX Runtime. */
  readonly version: string;
  /** Asks the worker; rejects with its error, or when it has ended. */
  ask<T>(kind: 'create' | 'run' | 'release', message: object): Promise<T>;
  /** To be called once: the last one ends the worker. */
  giveBack(): void;
}

/** One worker and the number of sessions that have it or wait for its start. */
interface Lent {
  readonly worker: Promise<Pick<WebRuntime, 'version' | 'ask'> & { end(): void }>;
  users: number;
}

/** The build of the runtime for each provider: the one without WebGPU is half as large. */
const builds = { wasm: '', webgpu: '.asyncify' };
const modules = { wasm: 'ort.wasm.min.mjs', webgpu: 'ort.webgpu.min.mjs' };

const workers = new Map<string, Lent>();

/**
 * Lends the worker for this provider and number of threads, started when first asked for.
 *
 * @throws Error where the runtime cannot be loaded; the next call tries again.
 */
export async function borrowRuntime(provider: Provider, threads: number): Promise<WebRuntime> {
  const key = `${provider} ${threads}`;
  const lent = workers.get(key) ?? lend(provider, threads, key);
  lent.users++; // before it has started, so that no other session ends it meanwhile
  const { version, ask, end } = await lent.worker;
  return {
    version,
    ask,
    giveBack() {
      if (--lent.users === 0) end();
    },
  };
}

function lend(provider: Provider, threads: number, key: string): Lent {
  const forget = () => {
    if (workers.get(key) === lent) workers.delete(key);
  };
  const lent: Lent = { worker: startRuntime(provider, threads, forget), users: 0 };
  workers.set(key, lent);
  lent.worker.catch(forget);
  return lent;
}

async function startRuntime(provider: Provider, threads: number, forget: () => void): Lent['worker'] {
  const handle = startWorker(webRuntimeSource);
  const ask = questions(handle, forget);
  const file = (name: string) => fileUrl(`dist/web/ort/${name}`);
  const build = `ort-wasm-simd-threaded${builds[provider]}`;
  const wasmPaths = { mjs: file(`${build}.mjs`), wasm: file(`${build}.wasm`) };
  const started = ask<string>('start', { module: file(modules[provider]), wasmPaths, threads });
  const version = await started.catch((error: unknown) => {
    handle.terminate();
    throw error;
  });
  return {
    version,
    ask,
    end() {
      forget();
      handle.terminate();
    },
  };
}

interface Answer {
  readonly call: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Questions to a worker by number, and its answers. A worker that fails answers all of them. */
function questions(handle: WorkerHandle, onFailure: () => void) {
  const waiting = new Map<number, (answer: Answer) => void>();
  let calls = 0;
  const settle = (answer: Answer) => {
    waiting.get(answer.call)?.(answer);
    waiting.delete(answer.call);
  };
  handle.onMessage((message) => settle(message as Answer));
  handle.onError((error) => {
    onFailure();
    for (const call of [...waiting.keys()]) settle({ call, error: error.message });
  });
  return <T>(kind: string, message: object): Promise<T> => {
    const call = ++calls;
    const answered = new Promise<T>((resolve, reject) => {
      waiting.set(call, ({ value, error }) => (error === undefined ? resolve(value as T) : reject(new Error(error))));
    });
    handle.post({ call, kind, ...message });
    return answered;
  };
}
