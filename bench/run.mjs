// Runs the benchmarks that need no arguments, one after the other; each prints its own figures. See the head of each file.
//   node bench/run.mjs [name …]
import { spawnSync } from 'node:child_process';

const all = [
  'forward',
  'forwardCold',
  'int8',
  'browser',
  'dynamics',
  'dynamics3d',
  'labelsToFlows',
  'averagePrecision',
  'measure',
  'smallImages',
  'percentile',
  'tiff',
  'train',
];
const names = process.argv.length > 2 ? process.argv.slice(2) : all;
const unknown = names.find((name) => !all.includes(name));
if (unknown)
  throw new Error(
    `no benchmark ${unknown}; there are ${all.join(', ')}, and batch.mjs, cli.mjs and learningCurves.mjs, which need arguments`,
  );
for (const name of names) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(process.execPath, [new URL(`${name}.mjs`, import.meta.url).pathname], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
