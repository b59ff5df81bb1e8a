/**
 * A compiled network in a browser: on the graphics processor through WebGPU where that is asked for and there, else on the processor
 * through WebAssembly, with threads where the page is cross-origin isolated. Each step down is a note of the session.
 */
import { DeviceError } from '../errors.ts';
import { type Feeds, withoutSurroundings } from './feeds.ts';
import type { RuntimeOptions, RuntimeSession } from './types.ts';
import { borrowRuntime, type Provider } from './webRuntime.ts';

let sessions = 0;

/** @throws DeviceError where the runtime cannot be loaded or refuses the network. */
export async function createSession(model: Uint8Array, options: RuntimeOptions): Promise<RuntimeSession> {
  const { device = 'cpu' } = options;
  const notes: string[] = [];
  const withoutGpu = (reason: string) => notes.push(`WebGPU: ${reason}; the network runs on the processor instead.`);
  if (device !== 'cpu') {
    const missing = await missingAdapter(device === 'auto');
    if (missing) withoutGpu(missing);
    else
      try {
        return await openSession(model, 'webgpu', 1, notes);
      } catch (error) {
        withoutGpu((error as Error).message);
      }
  }
  const threads = globalThis.crossOriginIsolated ? options.threads : 1;
  if (threads < options.threads)
    notes.push('One thread: the page is not cross-origin isolated. Serve it with COOP and COEP headers for more.');
  return openSession(model, 'wasm', threads, notes);
}

/** Why WebGPU cannot be used, or undefined where it can. */
async function missingAdapter(hardwareOnly: boolean): Promise<string | undefined> {
  const gpu = (globalThis.navigator as { readonly gpu?: GPU } | undefined)?.gpu;
  if (!gpu) return 'this browser does not offer it here';
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (!adapter) return 'there is no adapter';
  return hardwareOnly && adapter.info.isFallbackAdapter ? 'its only adapter is one in software' : undefined;
}

async function openSession(
  model: Uint8Array,
  provider: Provider,
  threads: number,
  notes: readonly string[],
): Promise<RuntimeSession> {
  const device = provider === 'webgpu' ? 'webgpu' : 'cpu';
  const refuse = (what: string) => (cause: unknown) => {
    throw new DeviceError(device, `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  };
  const runtime = await borrowRuntime(provider, threads).catch(refuse('ONNX Runtime cannot be loaded'));
  const session = ++sessions;
  try {
    await runtime.ask('create', { session, model, provider });
  } catch (error) {
    runtime.giveBack();
    refuse('the network cannot be compiled')(error);
  }
  const how = provider === 'webgpu' ? 'WebGPU' : `WebAssembly, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return {
    engine: `onnxruntime-web ${runtime.version}, ${how}`,
    notes,
    run: (feeds) =>
      runtime.ask<Feeds>('run', { session, feeds: withoutSurroundings(feeds) }).catch(refuse('the network cannot run')),
    async release() {
      try {
        await runtime.ask('release', { session });
      } finally {
        runtime.giveBack();
      }
    },
  };
}
