// Makes the files of a bundled model from a PyTorch checkpoint of Cellpose, or of this program, with the library's own reader
// and writer:
//   node scripts/makeWeights.mjs NAME CHECKPOINT [SIZE_NPY]
// CHECKPOINT and SIZE_NPY, which networks that restore have not, become weights/NAME.safetensors and weights/NAME_size.npy; sizes and hashes are put into
// weights/NAME.json (the card, whose other fields are written by hand) and weights/index.json, where NAME must be.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { bundle } from '../bench/bundle.mjs';

const root = new URL('..', import.meta.url).pathname;
const [name, checkpoint, sizeModel] = process.argv.slice(2);
if (!name || !checkpoint) {
  console.error('usage: node scripts/makeWeights.mjs NAME CHECKPOINT [SIZE_NPY]');
  process.exit(2);
}

const { readWeights, writeSafetensors, sourceFromBytes, readSizeModelNpy } = await bundle({
  readWeights: 'io/readWeights.ts',
  writeSafetensors: 'io/safetensors.ts',
  sourceFromBytes: 'io/source.ts',
  readSizeModelNpy: 'io/sizeModelNpy.ts',
});
const all = await readWeights(sourceFromBytes(readFileSync(checkpoint)));
// Counters of training batches: evaluation does not use them, and PyTorch takes 0 where they are missing.
const state = new Map([...all].filter(([key]) => !key.endsWith('num_batches_tracked')));
// The two diameters are kept as float32, so that they survive exactly whatever they are.
const dtypeOf = (key) => (key.startsWith('diam_') ? 'float32' : 'float16');
const weights = writeSafetensors(state, { dtypeOf, metadata: { format: 'pt', model: name } });
writeFileSync(`${root}weights/${name}.safetensors`, weights);
const size = sizeModel && readFileSync(sizeModel);
if (size) {
  readSizeModelNpy(size);
  writeFileSync(`${root}weights/${name}_size.npy`, size);
}

edit(`${root}weights/${name}.json`, (card) => {
  card.bytes = weights.length;
  card.sha256 = sha256(weights);
  if (size) card.size.sha256 = sha256(size);
  const parameters = [...state].filter(([key]) => !/running_(mean|var)$/.test(key));
  card.parameters = parameters.reduce((sum, [, { data }]) => sum + data.length, 0);
  card.diamMean = state.get('diam_mean')?.data[0] ?? card.diamMean;
  card.diamLabels = state.get('diam_labels')?.data[0];
});
edit(`${root}weights/index.json`, (index) => {
  Object.assign(
    index.find((entry) => entry.name === name),
    { bytes: weights.length, sha256: sha256(weights) },
  );
});
console.log(`weights/${name}.safetensors: ${state.size} tensors, ${weights.length} bytes, sha256 ${sha256(weights)}`);

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function edit(path, change) {
  const value = JSON.parse(readFileSync(path, 'utf8'));
  change(value);
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
