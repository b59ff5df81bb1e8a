// Bundles some exports of src/ for Node and imports them, so that a benchmark runs the present source without a build.
import { mkdirSync } from 'node:fs';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;

/** Writes a module with the given exports, `name: file under src/`; returns its path. It lies inside the package, to find its dependencies. */
export async function writeBundle(exports, name) {
  const folder = `${root}node_modules/.cache/bench`;
  mkdirSync(folder, { recursive: true });
  const lines = Object.entries(exports).map(([key, file]) => `export { ${key} } from '${root}src/${file}';`);
  const outfile = `${folder}/${name}.mjs`;
  await build({
    stdin: { contents: lines.join('\n'), resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    alias: { '#platform': `${root}src/platform/node.ts`, 'cellpose-ts': `${root}src/index.ts` },
    logLevel: 'warning',
  });
  return outfile;
}

export async function bundle(exports) {
  return import(await writeBundle(exports, 'forward'));
}
