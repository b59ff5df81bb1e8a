// Makes the package for the registry: build/cellpose-ts-VERSION.tgz. It is packed from a staging folder, because the copy of
// onnxruntime-node inside must lose its install script (it would fetch CUDA files at the user's) and what no CPU run needs.
// See docs/decisions/0003-packaging.md. `--platforms linux/x64,darwin/arm64` limits the platforms inside; the default is all.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const stage = join(root, 'build/package');
const bundled = ['onnxruntime-node', 'onnxruntime-common'];
/** Libraries that only the GPU back ends of Windows load, and a second copy under another name. */
const unneeded = ['DirectML.dll', 'dxcompiler.dll', 'dxil.dll', 'libonnxruntime.1.30.0.dylib'];

const option = process.argv.indexOf('--platforms');
const platforms = option < 0 ? undefined : process.argv[option + 1].split(',');

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

if (!existsSync(join(root, 'dist'))) throw new Error('dist/ is missing: run `npm run build` first');
rmSync(join(root, 'build'), { recursive: true, force: true });
mkdirSync(stage, { recursive: true });

const manifest = readJson(join(root, 'package.json'));
for (const entry of manifest.files)
  if (existsSync(join(root, entry))) cpSync(join(root, entry), join(stage, entry), { recursive: true });
stripSourceCondition(manifest);
delete manifest.devDependencies;
delete manifest.scripts;
delete manifest.allowScripts;
manifest.bundleDependencies = bundled;
writeJson(join(stage, 'package.json'), manifest);

for (const name of bundled) stageDependency(name);
const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', join(root, 'build')], {
  cwd: stage,
  encoding: 'utf8',
});
const [{ filename, size, unpackedSize }] = Object.values(JSON.parse(packed)).flat();
const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
console.log(`build/${filename}: ${mib(size)}, unpacked ${mib(unpackedSize)}`);

/** Entry points into src/ are for developers; the package has no src/. */
function stripSourceCondition(json) {
  for (const map of [json.exports, json.imports])
    for (const entry of Object.values(map)) if (typeof entry === 'object') delete entry.source;
}

function stageDependency(name) {
  const from = join(root, 'node_modules', name);
  const to = join(stage, 'node_modules', name);
  cpSync(from, to, { recursive: true, filter: (path) => keep(path.slice(from.length + 1)) });
  const json = readJson(join(to, 'package.json'));
  delete json.scripts;
  delete json.devDependencies;
  // Only the install script needs the others.
  if (json.dependencies) json.dependencies = { 'onnxruntime-common': json.dependencies['onnxruntime-common'] };
  writeJson(join(to, 'package.json'), json);
}

function keep(path) {
  if (/^(script|__commit)|\.map$|\.d\.ts\.map$/.test(path)) return false;
  if (unneeded.some((file) => path.endsWith(file))) return false;
  const binary = /^bin\/napi-v6\/(\w+)\/(\w+)/.exec(path);
  return !binary || !platforms || platforms.includes(`${binary[1]}/${binary[2]}`);
}
