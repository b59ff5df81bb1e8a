#!/usr/bin/env node
/** The program `cellpose-ts`. */
import { processHost } from './host.ts';
import { main } from './program.ts';

for (const stream of [process.stdout, process.stderr]) {
  // Whoever read our output has left: go on without it, the files are what counts.
  stream.on('error', () => {});
}
const exitCode = await main(process.argv.slice(2), processHost());
process.exitCode = exitCode;
// Threads that are still waiting for work must not keep the program alive; the output is flushed first.
process.stdout.write('', () => process.exit(exitCode));
