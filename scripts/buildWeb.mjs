// Builds dist/web/: the library for browsers as one module, and beside it the parts of ONNX Runtime that it loads when a network
// is made. See docs/decisions/0009-browser.md.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const runtime = new URL('.', import.meta.resolve('onnxruntime-web/wasm')).pathname;

/** Build without WebGPU, and build with it. The modules load the .mjs and .wasm given to them. */
const runtimeFiles = [
  'ort.wasm.min.mjs',
  'ort-wasm-simd-threaded.mjs',
  'ort-wasm-simd-threaded.wasm',
  'ort.webgpu.min.mjs',
  'ort-wasm-simd-threaded.asyncify.mjs',
  'ort-wasm-simd-threaded.asyncify.wasm',
];

/** The text that takes the place of platform/webFiles.ts: literal addresses, which bundlers look for. */
function fileTable() {
  const weights = readdirSync(`${root}weights`).map((name) => [`weights/${name}`, `../../weights/${name}`]);
  const runtime = runtimeFiles.map((name) => [`dist/web/ort/${name}`, `./ort/${name}`]);
  const lines = [...weights, ...runtime].map(
    ([path, from]) => `  '${path}': () => new URL('${from}', import.meta.url).href,`,
  );
  return `const files = {\n${lines.join('\n')}\n};
export const fileUrl = (path) => files[path]?.() ?? path;`;
}

const withFileTable = {
  name: 'file-table',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/platform\/webFiles\.ts$/ }, () => ({ contents: fileTable(), loader: 'js' }));
  },
};

/**
 * Writes the module and the runtime's files into `folder`.
 *
 * @param more  further modules, name → source; for tests.
 */
export async function buildWeb(folder, more = {}) {
  mkdirSync(`${folder}/ort`, { recursive: true });
  for (const name of runtimeFiles) {
    const from = `${runtime}${name}`;
    if (!name.endsWith('.mjs')) copyFileSync(from, `${folder}/ort/${name}`);
    // Their source maps are not shipped, so nothing may ask for them.
    else writeFileSync(`${folder}/ort/${name}`, readFileSync(from, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, ''));
  }
  copyFileSync(`${root}scripts/ortLicense.txt`, `${folder}/ort/LICENSE`);
  await build({
    entryPoints: { cellpose: `${root}src/index.ts`, ...more },
    outdir: folder,
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    // Decoders of Zarr, 1.4 MB, are modules of their own, loaded when an array is read. All in one folder: addresses count from there.
    splitting: true,
    chunkNames: '[name]-[hash]',
    target: 'es2022',
    alias: { '#platform': `${root}src/platform/web.ts` },
    plugins: [withFileTable],
    legalComments: 'none',
    banner: {
      js: '/* cellpose-ts for browsers; BSD-3-Clause, see LICENSE; the runtime in ort/ is MIT, see ort/LICENSE */',
    },
    logLevel: 'warning',
  });
}
