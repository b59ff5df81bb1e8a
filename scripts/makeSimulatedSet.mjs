// Makes a folder of simulated nuclei with their exact labels, to train a network that has seen no microscope:
//   node scripts/makeSimulatedSet.mjs OUT [IMAGES]
// Sizes, crowding, light, noise and sharpness vary from image to image by a seeded draw.
import { mkdirSync, writeFileSync } from 'node:fs';
import { bundle } from '../bench/bundle.mjs';

const [out, images = '150'] = process.argv.slice(2);
if (!out) {
  console.error('usage: node scripts/makeSimulatedSet.mjs OUT [IMAGES]');
  process.exit(2);
}
const { seededRandom, simulateImage, writePng } = await bundle({
  seededRandom: 'array/random.ts',
  simulateImage: 'simulate/simulateImage.ts',
  writePng: 'io/png/writePng.ts',
});
mkdirSync(out, { recursive: true });
for (let seed = 1; seed <= Number(images); seed++) {
  const random = seededRandom(seed);
  const between = (from, to) => from + (to - from) * random();
  const diameter = 9 * (50 / 9) ** random();
  // Small nuclei are pictured with less magnification: as many of them fit.
  const side = diameter < 20 ? 192 : 320;
  const cover = between(0.04, 0.5);
  const { image, masks } = simulateImage({
    seed,
    size: [side, side],
    diameter,
    cells: Math.max(5, Math.round((cover * side ** 2) / ((Math.PI / 4) * diameter ** 2))),
    sizeSpread: between(0.05, 0.45),
    clustering: random(),
    form: random() < 0.8 ? 'oval' : 'irregular',
    texture: between(0, 2.5),
    blur: between(0.5, 0.5 + diameter / 12),
    illumination: between(0, 0.6),
    background: between(0, 0.5) ** 2,
    photons: 10 * 100 ** random(),
    readNoise: between(1, 8),
  });
  const name = `${out}/nuclei_${String(seed).padStart(3, '0')}`;
  writeFileSync(`${name}_img.png`, writePng(image, { level: 6 }));
  writeFileSync(
    `${name}_masks.png`,
    writePng({ data: Uint16Array.from(masks.data), shape: masks.shape }, { level: 6 }),
  );
}
