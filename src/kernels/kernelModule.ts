/** The kernels, compiled once and kept. */
import { kernelsBase64 } from './kernels.generated.ts';

let compiled: Promise<WebAssembly.Module> | undefined;

/** @throws where WebAssembly or its SIMD is missing. */
export function kernelModule(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(kernelsBase64), (c) => c.charCodeAt(0)));
  return compiled;
}
