// Draws docs/images/restored.png, what the bundled network that restores makes of few photons:
//   node scripts/makeRestoredSheet.mjs FILE.png NOISY.png [NOISY.png …]
// NOISY are pictures of counts by makeNoisySet.mjs. A row for each: its upper left corner, the same restored, and what the network
// `nuclei` finds in the one and in the other.
import { readFileSync, writeFileSync } from 'node:fs';
import { bundle } from '../bench/bundle.mjs';
import { canvas, paste } from './figureCanvas.mjs';

const [file, ...paths] = process.argv.slice(2);
if (!file || paths.length === 0) throw new Error('usage: node scripts/makeRestoredSheet.mjs FILE.png NOISY.png …');
const side = 240;
const gap = 6;
const diameter = 20;
const { CellposeModel, DenoiseModel, maskOverlay, readImage, writePng } = await bundle({
  CellposeModel: 'models/cellposeModel.ts',
  DenoiseModel: 'models/denoiseModel.ts',
  maskOverlay: 'plot/maskOverlay.ts',
  readImage: 'io/readImage.ts',
  writePng: 'io/png/writePng.ts',
});
const model = await CellposeModel.load({ model: 'nuclei' });
const dn = await DenoiseModel.load({ name: 'denoise_nuclei_small' });
const width = 4 * (side + gap) - gap;
const sheet = canvas(paths.length * (side + gap) - gap, width);
for (const [row, path] of paths.entries()) {
  const { data } = await readImage(new Uint8Array(readFileSync(path)));
  const counts = corner(data);
  const image = corner((await dn.eval(data, { diameter })).image);
  const bright = { data: counts.data.map((v) => Math.min(1, v / quantile(counts.data, 0.99))), shape: counts.shape };
  const panels = [bright, image].map(grey);
  for (const seen of [counts, image]) panels.push(maskOverlay(bright, (await model.eval(seen, { diameter })).masks));
  const strip = canvas(side, width);
  for (const [k, panel] of panels.entries()) paste(strip, panel, k * (side + gap));
  sheet.data.set(strip.data, 3 * row * (side + gap) * width);
}
await Promise.all([model.release(), dn.release()]);
writeFileSync(file, writePng(sheet, { level: 9 }));

function corner({ data, shape: [, lx] }) {
  const out = Float32Array.from({ length: side * side }, (_, i) => data[Math.floor(i / side) * lx + (i % side)]);
  return { data: out, shape: [side, side] };
}

function quantile(values, q) {
  return Math.max(1, values.toSorted()[Math.floor(q * (values.length - 1))]);
}

function grey({ data, shape }) {
  const rgb = Uint8Array.from(
    { length: 3 * data.length },
    (_, i) => 255 * Math.max(0, Math.min(1, data[Math.floor(i / 3)])),
  );
  return { data: rgb, shape: [...shape, 3] };
}
