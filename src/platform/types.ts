/**
 * All that differs between Node and the browser, as one interface. `#platform` resolves to node.ts or web.ts, which
 * export these functions by name; nothing else in the library knows where it runs.
 */
import type { NdArray } from '../array/ndarray.ts';

/** 0–9, or 'huffman': codes for frequent bytes only, no search for repeats, which noisy floats do not have. */
export type DeflateLevel = number | 'huffman';

/** A worker thread that runs a given script. */
export interface WorkerHandle {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  onError(listener: (error: Error) => void): void;
  terminate(): void;
}

/**
 * What shall compute. 'cpu': the processor. 'webgpu': WebGPU where there is any adapter, also one in software. 'auto': WebGPU where
 * there is an adapter in hardware. Node has the processor only.
 */
export type Device = 'auto' | 'cpu' | 'webgpu';

export interface RuntimeOptions {
  /** Threads inside one run of the network; 1 or more. */
  readonly threads: number;
  /** Default 'cpu'. Where another cannot be had, the processor takes its place, with a note. */
  readonly device?: Device;
}

/** A compiled network. */
export interface RuntimeSession {
  /** What runs it, for the result's record: for example 'onnxruntime-node 1.30.0, cpu'. */
  readonly engine: string;
  /** What was asked for and could not be had, in whole sentences for the user. */
  readonly notes?: readonly string[];
  run(feeds: Readonly<Record<string, NdArray<Float32Array>>>): Promise<Record<string, NdArray<Float32Array>>>;
  release(): Promise<void>;
}

export interface Platform {
  readonly platformName: 'node' | 'web';
  /** Logical processors that this process may use. */
  hardwareThreads(): number;
  /** Whether the processor is known to multiply and add 8-bit numbers exactly in 32 bits (VNNI); false where it cannot be told. */
  hasFastInt8(): boolean;
  /** Bytes of a file shipped with the package, by its path from the package root, such as 'weights/index.json'. */
  readResource(path: string): Promise<Uint8Array>;
  /** Starts a worker from plain JavaScript source, so that no bundler has to know about it. It speaks as browsers' workers do:
   * `self.onmessage = ({ data }) => …` and `self.postMessage(…)`; messages are structured clones. */
  spawnWorker(source: string): WorkerHandle;
  /** Whether several sessions run at the same time; else their runs wait for each other. */
  readonly sessionsSideBySide: boolean;
  /** A hint that so many sessions will be created soon: what that needs is loaded meanwhile. */
  prepareSessions(count: number): void;
  /** Compiles an ONNX model held in memory; the array is given away with it. */
  createSession(model: Uint8Array, options: RuntimeOptions): Promise<RuntimeSession>;
  /** Inflates a zlib stream ('zlib') or a bare deflate stream ('raw'); stops with an error beyond `maxBytes`. */
  inflate(bytes: Uint8Array, kind: 'zlib' | 'raw', maxBytes: number): Uint8Array;
  /** Deflates to a zlib stream or a bare deflate stream. */
  deflate(bytes: Uint8Array, kind: 'zlib' | 'raw', level: DeflateLevel): Uint8Array;
}
