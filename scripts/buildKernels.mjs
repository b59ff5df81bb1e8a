// Compiles assembly/ into src/kernels/kernels.generated.ts. With --check it writes nothing and fails if the file is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const root = new URL('..', import.meta.url).pathname;
const target = `${root}src/kernels/kernels.generated.ts`;

let wasm;
const { error, stderr } = await asc.main(
  [
    'assembly/index.ts',
    '-O3',
    '--noAssert',
    ...['--runtime', 'stub'],
    ...['--enable', 'simd,threads'],
    '--importMemory',
    '--sharedMemory',
    ...['--initialMemory', '1', '--maximumMemory', '65536'],
    ...['--outFile', 'kernels.wasm'],
    ...['--baseDir', root],
  ],
  {
    writeFile(name, contents) {
      if (name === 'kernels.wasm') wasm = contents;
    },
  },
);
if (error) {
  process.stderr.write(`${stderr.toString()}\n${error.message}\n`);
  process.exit(1);
}

const lines = Buffer.from(wasm)
  .toString('base64')
  .match(/.{1,120}/g);
const text = `// Made by scripts/buildKernels.mjs from assembly/; do not edit. ${wasm.length} bytes of WebAssembly as base64.
export const kernelsBase64 = \`
${lines.join('\n')}
\`;
`;
if (!process.argv.includes('--check')) {
  writeFileSync(target, text);
} else if (readFileSync(target, 'utf8') !== text) {
  process.stderr.write('src/kernels/kernels.generated.ts is out of date: run npm run build:kernels\n');
  process.exit(1);
}
