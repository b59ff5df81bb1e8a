/**
 * `cellpose-ts doctor`: does everything that a run needs work on this machine, what runs the network, how fast, and with how
 * much memory? What is found here belongs into a report of a problem.
 */
import { access, constants, mkdir, readdir, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { CellposeModel, type EvalResult } from 'cellpose-ts';
import { modelFolder } from './chooseModel.ts';
import { describeError } from './describeError.ts';
import type { Host } from './host.ts';
import { hostForPeople, writeJson } from './jsonOutput.ts';
import { readPicture } from './readPicture.ts';
import { parseSubcommand } from './subcommand.ts';
import { threadsOf } from './threads.ts';
import { packageRoot, versions } from './version.ts';

interface Finding {
  readonly ok: boolean;
  readonly text: string;
}
type Look = (host: Host) => Promise<Finding>;

const checks: readonly { readonly name: string; readonly look: Look }[] = [
  { name: 'program', look: program },
  { name: 'machine', look: machine },
  { name: 'folder', look: ownFolder },
  { name: 'models', look: models },
  { name: 'network, float32', look: network('float32') },
  { name: 'network, int8', look: network('int8') },
];

const sample = 'crowded_nuclei.png';
const usage = `usage: cellpose-ts doctor [--json FILE]

Checks what a run needs on this machine, and measures how long the network takes. --json FILE also writes all of it as
JSON (-: to the standard output).
`;

/** @returns the exit code: 1 if something does not work. */
export async function doctor(words: readonly string[], host: Host): Promise<number> {
  const parsed = parseSubcommand(
    { name: 'doctor', help: usage, options: { json: { type: 'string' } }, words: [0, 0] },
    words,
    host,
  );
  if (parsed === undefined) return 0;
  const json = parsed.values.json ?? null;
  const people = hostForPeople(host, json).stdout;
  const findings: (Finding & { readonly name: string })[] = [];
  for (const { name, look } of checks) {
    const finding = await look(host).catch((error: unknown): Finding => ({ ok: false, text: describeError(error) }));
    findings.push({ name, ...finding });
    people.write(`${finding.ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(16)} ${finding.text}\n`);
  }
  const failed = findings.filter(({ ok }) => !ok).length;
  people.write(failed === 0 ? '\nEverything works.\n' : `\n${failed} of ${findings.length} checks failed.\n`);
  if (json !== null)
    await writeJson(json, { format: 'cellpose-ts doctor', version: 1, versions: versions(), findings }, host);
  return failed === 0 ? 0 : 1;
}

async function program({ platform }: Host): Promise<Finding> {
  const { cellposeTs, node, onnxruntime } = versions();
  const text = `cellpose-ts ${cellposeTs}, Node ${node}, ONNX Runtime ${onnxruntime}, ${platform} ${process.arch}`;
  return { ok: onnxruntime !== 'missing', text };
}

async function machine({ env }: Host): Promise<Finding> {
  const total = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const threads = threadsOf(null, env) ?? availableParallelism();
  const limited = env['OMP_NUM_THREADS'] === undefined ? '' : ` (OMP_NUM_THREADS=${env['OMP_NUM_THREADS']})`;
  const processor = cpus()[0]?.model.trim() || 'processor unknown';
  const free = gib(freemem());
  const text = `${processor}, ${availableParallelism()} cores; a run takes ${threads}${limited}; memory ${gib(total)}, ${free} available`;
  return { ok: true, text };
}

async function ownFolder({ home }: Host): Promise<Finding> {
  const folder = join(home, '.cellpose');
  await mkdir(folder, { recursive: true });
  await access(folder, constants.W_OK);
  const { bavail, bsize } = await statfs(folder);
  const text = `records and journals go into ${folder}, ${gib(bavail * bsize)} free`;
  return { ok: bavail > 0, text };
}

async function models(host: Host): Promise<Finding> {
  const folder = modelFolder(host);
  const names = (await readdir(folder).catch(() => [])).filter((name) => !/\.(npy|txt|part|json)$/.test(name));
  const text = `${folder}: ${names.length === 0 ? 'none yet' : names.join(', ')}`;
  return { ok: true, text };
}

/** Runs the default model on a sample, twice, since the first time the network is made ready. */
function network(precision: 'float32' | 'int8'): Look {
  return async ({ env }) => {
    const { image } = await readPicture(join(packageRoot, 'samples', sample));
    const threads = threadsOf(null, env);
    const model = await CellposeModel.load({
      model: 'nuclei',
      precision,
      ...(threads === undefined ? {} : { threads }),
    });
    try {
      const options = { channels: [0, 0], diameter: 17 } as const;
      await model.eval(image, options);
      const result = await model.eval(image, options);
      return { ok: result.count > 0, text: describe(result) };
    } finally {
      await model.release();
    }
  };
}

function describe({ engine, count, timing, masks }: EvalResult): string {
  const [ly, lx] = masks.shape.slice(-2);
  const peak = process.resourceUsage().maxRSS * 1024;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  return (
    `${engine}: ${lx} × ${ly} pixels in ${seconds(timing.total)} (network ${seconds(timing.network)}), ` +
    `${count} cells; most memory so far ${gib(peak)}`
  );
}

function gib(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
