// Builds dist/: the library file by file with its types (tsc), the command line as one file (esbuild), which starts faster, and
// the library for browsers (buildWeb.mjs).
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { build } from 'esbuild';
import { buildWeb } from './buildWeb.mjs';

const root = new URL('..', import.meta.url).pathname;
rmSync(`${root}dist`, { recursive: true, force: true });

const cli = build({
  entryPoints: [`${root}apps/cli/main.ts`],
  outfile: `${root}dist/apps/cli/main.js`,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  alias: { 'cellpose-ts': `${root}src/index.ts`, '#platform': `${root}src/platform/node.ts` },
  logLevel: 'warning',
});
const web = buildWeb(`${root}dist/web`);
const tsc = spawnSync(
  process.execPath,
  [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}tsconfig.build.json`],
  {
    stdio: 'inherit',
  },
);
await Promise.all([cli, web]);
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
chmodSync(`${root}dist/apps/cli/main.js`, 0o755);
