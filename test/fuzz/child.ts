/**
 * The process in which mutants are read, one after another, so that a crash, a loop or a bomb takes nobody else along. It says what
 * it is about to read before it does, by a number at the start of a file. Words: reader, first seed, one past the last, folder of goldens,
 * that file. It ends with code 3 at a finding, which it prints as JSON.
 */
import { openSync, writeSync } from 'node:fs';
import { faultOf, mutant } from './attempt.ts';
import { limits } from './limits.ts';

const [reader = '', from = '', to = '', root = '', mark = ''] = process.argv.slice(2);
const markFile = openSync(mark, 'r+');
for (let seed = Number(from); seed < Number(to); seed++) {
  const bytes = await mutant(reader, seed, root);
  writeSync(markFile, `${seed}\n`.padEnd(20), 0);
  const begun = process.cpuUsage();
  const fault = await faultOf(reader, bytes);
  const { user, system } = process.cpuUsage(begun);
  const seconds = (user + system) / 1e6;
  const peak = process.resourceUsage().maxRSS * 1024;
  const kind = fault ? 'fault' : seconds > limits.seconds ? 'slow' : peak > limits.bytes ? 'memory' : undefined;
  if (kind === undefined) continue;
  const text = fault?.stack ?? `${seconds.toFixed(1)} s, ${(peak / 2 ** 20).toFixed(0)} MiB`;
  process.stdout.write(JSON.stringify({ kind, seed, text }));
  process.exit(3);
}
