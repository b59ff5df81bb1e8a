// Makes the folder of images that the bundled model `cyto` is trained on, and the folders that it is judged on:
//   node scripts/makeCytoSet.mjs SETS OUT
// SETS has a folder for each set of labelled images, with an index.csv (`id`, `image`, `masks`); see the card of the model for
// their sources. OUT gets `train` and `val/SET`: RGB pictures with the cells in green and nuclei, where a set has them, in blue,
// so that one pair of channels (--chan 2 --chan2 3) fits all. Simulated pictures are added to `train`.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../bench/bundle.mjs';

const [sets, out] = process.argv.slice(2);
if (!sets || !out) {
  console.error('usage: node scripts/makeCytoSet.mjs SETS OUT');
  process.exit(2);
}
const { readImage, writePng, simulateImage } = await bundle({
  readImage: 'io/readImage.ts',
  writePng: 'io/png/writePng.ts',
  simulateImage: 'simulate/simulateImage.ts',
});

/** Images of each set that are not trained on. */
const held = {
  usiigaci_phase: ['set06', 'set12', 'set18', 'set24', 'set30', 'set36', 'set42', 'set44'],
  culture_fluo_silver: ['fly002_2', 'fly218_2', 'human_2'],
  codex_tissue: ['y0_x2', 'y1_x1', 'y2_x3', 'y3_x0'],
  bacteria_phase: ['caulo_15'],
  maize_wall: ['q2'],
  yeast_small: ['time076'],
};
/** Left out of both: every second tile of tissue, whose annotators disagree. */
const dropped = ['y0_x1', 'y0_x3', 'y1_x2', 'y2_x0', 'y2_x1', 'y3_x2'];

for (const [set, val] of Object.entries(held)) {
  const [head, ...rows] = readFileSync(join(sets, set, 'index.csv'), 'utf8')
    .trim()
    .split('\n');
  const column = (name) => head.split(',').indexOf(name);
  for (const row of rows.map((line) => line.split(','))) {
    const [id, image, masks] = ['id', 'image', 'masks'].map((name) => row[column(name)]);
    if (dropped.includes(id)) continue;
    const folder = val.includes(id) ? join(out, 'val', set) : join(out, 'train');
    mkdirSync(folder, { recursive: true });
    const { data } = await readImage(readFileSync(join(sets, set, image)));
    writeFileSync(join(folder, `${set}_${id}_img.png`), writePng(greenAndBlue(data, set), { level: 6 }));
    copyFileSync(join(sets, set, masks), join(folder, `${set}_${id}_masks.png`));
  }
}

/** Fluorescent cells with and without a picture of their nuclei, and cells in phase contrast. */
for (let seed = 1; seed <= 18; seed++) {
  const modality = seed % 3 === 0 ? 'phase' : 'cells';
  const look = { diameter: 22 + 2 * (seed % 8), clustering: 0.3 + 0.1 * (seed % 6) };
  const light = modality === 'cells' ? { photons: 60 * (seed % 5) + 30 } : {};
  const { image, masks } = simulateImage({ modality, seed, size: [256, 256], ...look, ...light });
  const withNuclei = modality === 'cells' && seed % 2 === 0;
  const picture =
    modality === 'cells' ? planes(image, withNuclei ? [null, 0, 1] : [null, 0, null]) : planes(image, [null, 0, null]);
  const name = join(out, 'train', `simulated_${String(seed).padStart(2, '0')}`);
  writeFileSync(`${name}_img.png`, writePng(picture, { level: 6 }));
  writeFileSync(
    `${name}_masks.png`,
    writePng({ data: Uint16Array.from(masks.data), shape: masks.shape }, { level: 6 }),
  );
}

/** What a set's channels are, from 0: grey, or colours with the cells in green; tissue has membranes in red and cytoplasm in green. */
function greenAndBlue(image, set) {
  if (image.shape.length === 2) return planes({ data: image.data, shape: [...image.shape, 1] }, [null, 0, null]);
  if (set === 'codex_tissue') return planes(image, [null, [0, 1], 2]);
  return planes(image, [null, 1, 2]);
}

/** Bytes (ly, lx, 3) of the channels named, null for none; of two the mean. */
function planes({ data, shape }, channels) {
  const [ly, lx, nchan = 1] = shape;
  const rgb = new Uint8Array(3 * ly * lx);
  channels.forEach((channel, c) => {
    if (channel === null) return;
    const from = [channel].flat();
    for (let i = 0; i < ly * lx; i++)
      rgb[3 * i + c] = from.reduce((sum, k) => sum + data[nchan * i + k], 0) / from.length;
  });
  return { data: rgb, shape: [ly, lx, 3] };
}
