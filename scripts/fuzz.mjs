// Gives damaged files to every reader and keeps those that it does not refuse in good order: a crash, an error that is none of ours, more
// than 2 s or too much memory (test/fuzz/limits.ts). The same seeds give the same files.
//
// node scripts/fuzz.mjs [--seconds 600] [--readers tiff,png] [--from 0] [--out build/fuzz]
//
// Exit code 1 where something was found: OUT/READER-SEED.bin and .txt. A finding that is mended goes, as small as it can be, to
// test/fixtures/fuzz, where a fast test reads it.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    readers: { type: 'string' },
    from: { type: 'string', default: '0' },
    out: { type: 'string', default: `${root}build/fuzz` },
  },
});
const out = values.out;
/** Mutants of one process; a fresh one each time keeps the peak of memory that of few files. */
const batch = 500;
/** Reading stands still for so long: on a busy machine 2 s of the processor may take several. */
const hangSeconds = 20;

mkdirSync(out, { recursive: true });
await build({
  entryPoints: ['child', 'attempt', 'readers'].map((name) => `${root}test/fuzz/${name}.ts`),
  // Inside the package, so that packages are found.
  outdir: `${root}build/fuzz-program`,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  alias: { 'cellpose-ts': `${root}src/index.ts`, '#platform': `${root}src/platform/node.ts` },
  logLevel: 'warning',
});
const goldens = `${root}test/goldens`;
const { mutant } = await import(`${root}build/fuzz-program/attempt.mjs`);
const { readers } = await import(`${root}build/fuzz-program/readers.mjs`);
const names = values.readers?.split(',') ?? Object.keys(readers);
const begun = performance.now();
const seconds = () => (performance.now() - begun) / 1000;
const tried = Object.fromEntries(names.map((name) => [name, 0]));
const next = Object.fromEntries(names.map((name) => [name, Number(values.from)]));
const findings = new Map();

while (seconds() < Number(values.seconds)) {
  for (const name of names) {
    if (seconds() >= Number(values.seconds)) break;
    const first = next[name];
    const finding = await run(name, first, first + batch);
    next[name] = finding ? finding.seed + 1 : first + batch;
    tried[name] += next[name] - first;
    if (finding) await keep(name, finding);
  }
}
const total = Object.values(tried).reduce((a, b) => a + b, 0);
for (const name of names) console.log(`${name.padEnd(14)} ${tried[name]} mutants`);
console.log(`${total} mutants in ${seconds().toFixed(0)} s: ${Math.round((total / seconds()) * 3600)} an hour`);
console.log(findings.size === 0 ? 'no findings' : `${findings.size} kinds of findings in ${out}`);
process.exitCode = findings.size === 0 ? 0 : 1;

/** Reads the mutants of some seeds. Resolves with what went wrong, or with nothing. */
function run(name, from, to) {
  const mark = `${out}/mark`;
  writeFileSync(mark, `${from}\n`.padEnd(20));
  const words = ['--max-old-space-size=512', `${root}build/fuzz-program/child.mjs`, name, from, to, goldens, mark];
  const child = spawn(process.execPath, words.map(String), { stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors, last, since, hung] = ['', '', '', performance.now(), false];
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const watch = setInterval(() => {
    const now = readFileSync(mark, 'utf8');
    if (now !== last) [last, since] = [now, performance.now()];
    else if (performance.now() - since > hangSeconds * 1000) {
      hung = true;
      child.kill('SIGKILL');
    }
  }, 500);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearInterval(watch);
      if (code === 0) return resolve(undefined);
      if (code === 3) return resolve(JSON.parse(output));
      const seed = Number.parseInt(readFileSync(mark, 'utf8'), 10);
      resolve({ kind: hung ? 'hang' : 'crash', seed, text: `${signal ?? code}\n${errors}` });
    });
  });
}

/** One file for each place in the code. What is too slow or large must be so alone, in a process of its own. */
async function keep(name, finding) {
  const { kind, seed } = finding;
  const again = kind === 'fault' ? finding : await run(name, seed, seed + 1);
  if (!again) return;
  const place = /\n\s+at .*file:.*/.exec(again.text)?.[0] ?? '';
  const key = `${name} ${again.kind} ${again.text.split(':')[0]} ${place}`;
  if (findings.has(key)) return;
  findings.set(key, seed);
  const path = `${out}/${name}-${seed}`;
  if (!existsSync(`${path}.bin`)) writeFileSync(`${path}.bin`, await mutant(name, seed, goldens));
  writeFileSync(`${path}.txt`, `${again.kind}\n${again.text}\n`);
  console.log(`${name} ${seed}: ${again.kind} ${again.text.split('\n').slice(0, 3).join(' | ')}`);
}
