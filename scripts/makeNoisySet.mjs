// Makes a labelled folder again as a microscope with little light would have seen it:
//   node scripts/makeNoisySet.mjs FOLDER OUT PHOTONS
// FOLDER holds NAME_img.* and NAME_masks.*. A pixel at an image's 99th percentile gives PHOTONS counts on average, one at its first none;
// the new images are the counts. Seeded by the place in the order of names. For the cards of networks that restore.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { bundle } from '../bench/bundle.mjs';

const [folder, out, photons] = process.argv.slice(2);
if (!folder || !out || !(Number(photons) > 0)) {
  console.error('usage: node scripts/makeNoisySet.mjs FOLDER OUT PHOTONS');
  process.exit(2);
}
const { normalize99, poisson, readImage, seededRandom, writePng } = await bundle({
  normalize99: 'transforms/normalize99.ts',
  poisson: 'simulate/draw.ts',
  readImage: 'io/readImage.ts',
  seededRandom: 'array/random.ts',
  writePng: 'io/png/writePng.ts',
});
mkdirSync(out, { recursive: true });
const names = readdirSync(folder).toSorted();
for (const [seed, name] of names.filter((file) => parse(file).name.endsWith('_img')).entries()) {
  const random = seededRandom(seed + 1);
  const { data } = await readImage(readFileSync(join(folder, name)), { name });
  const [ly, lx] = data.shape;
  const channels = data.data.length / (ly * lx);
  const grey = Float32Array.from({ length: ly * lx }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < Math.min(3, channels); c++) sum += data.data[i * channels + c];
    return sum / Math.min(3, channels);
  });
  const light = normalize99({ data: grey, shape: [ly, lx] }).data;
  const counts = Uint16Array.from(light, (v) => poisson(Math.max(0, v) * Number(photons), random));
  writeFileSync(join(out, `${parse(name).name}.png`), writePng({ data: counts, shape: [ly, lx] }, { level: 6 }));
}
for (const name of names.filter((file) => parse(file).name.endsWith('_masks')))
  copyFileSync(join(folder, name), join(out, name));
