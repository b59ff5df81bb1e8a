// How fast is the library in Chromium, beside Node on the same machine? Forward of one 224 x 224 tile and computeMasks of 1024 x 1024,
// with threads (page cross-origin isolated) and without, by turns with Node; the sizes of what a page loads.
//   node bench/browser.mjs [turns]      CHROMIUM names another browser than /usr/bin/chromium
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { buildWeb } from '../scripts/buildWeb.mjs';
import { serve } from '../scripts/serve.mjs';
import * as work from './browserWork.js';
import { bundle } from './bundle.mjs';

const turns = Number(process.argv[2] ?? 3);
const root = new URL('..', import.meta.url).pathname;
const weights = 'weights/nuclei_ref.safetensors';
const threads = availableParallelism();
const rounds = 5;

const node = await bundle({
  createNetwork: 'engine/network.ts',
  readWeights: 'io/readWeights.ts',
  sourceFromBytes: 'io/source.ts',
  computeMasks: 'dynamics/computeMasks.ts',
  masksToFlows: 'dynamics/masksToFlows.ts',
});
const web = mkdtempSync(join(tmpdir(), 'browser-bench-'));
await buildWeb(web);
const folders = { '/': root, '/dist/web/': `${web}/` };
const servers = [await serve(folders), await serve(folders, { isolated: false })];
const server = await chromium.launchServer({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const browser = await chromium.connect(server.wsEndpoint());

const inNode = (count) => ({
  forward: () => work.forward(node, readFileSync(root + weights), count, rounds),
  masks: () => work.masks(node, count, rounds),
});
const inPage = async ({ origin }, count) => {
  const page = await browser.newPage();
  await page.goto(`${origin}/samples/index.json`);
  const run = (call) =>
    page.evaluate(`(async () => {
      const [lib, work] = await Promise.all([import('/dist/web/cellpose.js'), import('/bench/browserWork.js')]);
      const weights = new Uint8Array(await (await fetch('/${weights}')).arrayBuffer());
      return work.${call};
    })()`);
  return {
    forward: () => run(`forward(lib, weights, ${count}, ${rounds})`),
    masks: () => run(`masks(lib, ${count}, ${rounds})`),
  };
};
const sides = {
  'Node, 1 thread': inNode(1),
  'Chromium, not isolated: 1 thread': await inPage(servers[1], threads),
  [`Node, ${threads} threads`]: inNode(threads),
  [`Chromium, isolated: ${threads} threads`]: await inPage(servers[0], threads),
};

const times = {};
const results = new Set();
for (let turn = 0; turn < turns; turn++) {
  const order = Object.entries(sides);
  for (const [name, side] of turn % 2 ? order.reverse() : order) {
    const [net, dynamics] = [await side.forward(), await side.masks()];
    times[name] ??= { engine: net.engine, forward: [], masks: [] };
    times[name].forward.push(...net.times);
    times[name].masks.push(...dynamics.times);
    results.add(dynamics.sum);
  }
}
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const ms = (values) => `${median(values).toFixed(0).padStart(5)} ms`;
console.log(
  `${threads} processors, median of ${turns} turns of ${rounds}\n                                     one tile   computeMasks`,
);
for (const [name, { engine, forward, masks }] of Object.entries(times))
  console.log(`${name.padEnd(36)} ${ms(forward)}   ${ms(masks)}   ${engine}`);
console.log(results.size === 1 ? 'labels: the same everywhere' : 'labels: DIFFERENT');
console.log(`peak memory of the pages' processes: ${peaks(server.process().pid).join(', ')} MiB`);
console.log('\nsizes, bytes (gzip):');
for (const name of readdirSync(web, { recursive: true }).filter((file) => /js$|wasm$/.test(file))) {
  const bytes = readFileSync(join(web, name));
  console.log(`  ${name.padEnd(44)} ${bytes.length} (${gzipSync(bytes).length})`);
}
await browser.close();
await server.close();
for (const { close } of servers) close();
rmSync(web, { recursive: true });

/** High-water marks of the renderers below a process, where /proc tells them. */
function peaks(ancestor) {
  const status = (pid, key) => {
    try {
      return Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    } catch {
      return Number.NaN; // ended meanwhile
    }
  };
  const below = (pid) => pid > 1 && (pid === ancestor || below(status(pid, 'PPid')));
  const isPage = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer');
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 1 && below(pid) && isPage(pid));
  const most = pids.map((pid) => Math.round(status(pid, 'VmHWM') / 1024)).sort((a, b) => b - a);
  return most.slice(0, servers.length); // the others are spare
}
