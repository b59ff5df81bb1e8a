// Makes the files in weights/ from a PyTorch checkpoint of Cellpose, with the library's own reader and writer:
//   node scripts/makeWeights.mjs CHECKPOINT SIZE_NPY
// CHECKPOINT and SIZE_NPY become weights/nuclei_ref.safetensors and weights/nuclei_ref_size.npy; sizes and hashes are put into
// weights/nuclei_ref.json (the card, whose other fields are written by hand) and weights/index.json.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const name = 'nuclei_ref';
const [checkpoint, sizeModel] = process.argv.slice(2);
if (!checkpoint || !sizeModel) {
  console.error('usage: node scripts/makeWeights.mjs CHECKPOINT SIZE_NPY');
  process.exit(2);
}

const { readWeights, writeSafetensors, sourceFromBytes, readSizeModelNpy } = await library();
const all = await readWeights(sourceFromBytes(readFileSync(checkpoint)));
// Counters of training batches: evaluation does not use them, and PyTorch takes 0 where they are missing.
const state = new Map([...all].filter(([key]) => !key.endsWith('num_batches_tracked')));
// The two diameters are kept as float32, so that they survive exactly whatever they are.
const dtypeOf = (key) => (key.startsWith('diam_') ? 'float32' : 'float16');
const weights = writeSafetensors(state, { dtypeOf, metadata: { format: 'pt', model: name } });
const size = readFileSync(sizeModel);
readSizeModelNpy(size);
writeFileSync(`${root}weights/${name}.safetensors`, weights);
writeFileSync(`${root}weights/${name}_size.npy`, size);

const cardPath = `${root}weights/${name}.json`;
const card = JSON.parse(readFileSync(cardPath, 'utf8'));
card.bytes = weights.length;
card.sha256 = sha256(weights);
card.size.sha256 = sha256(size);
const parameters = [...state].filter(([key]) => !/running_(mean|var)$/.test(key));
card.parameters = parameters.reduce((sum, [, { data }]) => sum + data.length, 0);
card.diamMean = state.get('diam_mean').data[0];
card.diamLabels = state.get('diam_labels').data[0];
writeJson(cardPath, card);
const indexPath = `${root}weights/index.json`;
const index = JSON.parse(readFileSync(indexPath, 'utf8'));
Object.assign(
  index.find((entry) => entry.name === name),
  { bytes: weights.length, sha256: sha256(weights) },
);
writeJson(indexPath, index);
console.log(`weights/${name}.safetensors: ${state.size} tensors, ${weights.length} bytes, sha256 ${sha256(weights)}`);

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** The few library functions needed, bundled in memory, so that no build has to exist. */
async function library() {
  const { outputFiles } = await build({
    stdin: {
      resolveDir: `${root}src/io`,
      contents: `export { readWeights } from './readWeights.ts'; export { writeSafetensors } from './safetensors.ts';
        export { sourceFromBytes } from './source.ts'; export { readSizeModelNpy } from './sizeModelNpy.ts';`,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    alias: { '#platform': `${root}src/platform/node.ts` },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
}
