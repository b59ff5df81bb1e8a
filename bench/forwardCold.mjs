// From the start of Node to the end of the first 224 × 224 tile, stage by stage, in milliseconds; one fresh process a run.
//   node bench/forwardCold.mjs [runs] [threads]
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { writeBundle } from './bundle.mjs';

const [runs = 5, threads = 2] = process.argv.slice(2).map(Number);
const library = await writeBundle({ createNetwork: 'engine/network.ts', loadBundled: 'models/weights.ts' }, 'cold');
const script = library.replace(/\.mjs$/, 'Run.mjs');
writeFileSync(
  script,
  `const marks = [['start of Node', performance.now()]];
const mark = (name) => marks.push([name, performance.now()]);
const { createNetwork, loadBundled } = await import(${JSON.stringify(library)});
await import('onnxruntime-node');
mark('modules');
const { stateDict } = await loadBundled('nuclei_ref');
mark('weights');
const network = await createNetwork(stateDict, { threads: ${threads} });
mark('check');
const x = { data: new Float32Array(2 * 224 * 224).fill(0.5), shape: [1, 2, 224, 224] };
await network.forward(x);
mark('compile and first tile');
await network.forward(x);
mark('second tile');
console.log(JSON.stringify({ marks, mib: process.resourceUsage().maxRSS / 1024 }));`,
);
for (let run = 0; run < runs; run++) {
  const child = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(child.stderr);
  const { marks, mib } = JSON.parse(child.stdout);
  const stages = marks.map(([name, at], i) => `${name} ${(at - (marks[i - 1]?.[1] ?? 0)).toFixed(0)}`);
  console.log(`first tile after ${marks.at(-2)[1].toFixed(0)} ms: ${stages.join(', ')}; peak ${mib.toFixed(0)} MiB`);
}
