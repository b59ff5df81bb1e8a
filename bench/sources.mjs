// What benches share: functions straight from the sources, also those that are not public, and draws that repeat.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;

/** The named functions; `files` gives the file of each below src/, without its ending. The bundle is written to `folder`. */
export async function fromSources(files, folder) {
  const entry = Object.entries(files).map(([name, file]) => `export { ${name} } from '${root}src/${file}.ts';`);
  const outfile = join(folder, 'library.mjs');
  await build({
    stdin: { contents: entry.join('\n'), resolveDir: root },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    alias: { '#platform': `${root}src/platform/node.ts` },
  });
  return import(pathToFileURL(outfile).href);
}

/** Numbers from 0 to below 1, the same for the same seed. */
export function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
