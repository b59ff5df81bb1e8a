// Draws docs/images/simulated.png, examples of what the simulator makes, with the library's own functions:
//   node scripts/makeSimulatedSheet.mjs [FILE]
import { writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const file = process.argv[2] ?? `${root}docs/images/simulated.png`;
const side = 160;
const columns = 5;

const lib = await library();
const examples = [
  { modality: 'nuclei', seed: 5, diameter: 28 },
  { modality: 'nuclei', seed: 4, diameter: 16 },
  { modality: 'cells', seed: 3, diameter: 34, clustering: 0.7 },
  { modality: 'stained', seed: 3, diameter: 20 },
  { modality: 'phase', seed: 2, diameter: 30 },
  { modality: 'nuclei', seed: 7, diameter: 40 },
  { modality: 'nuclei', seed: 9, diameter: 26, photons: 12, illumination: 0.5 },
  { modality: 'cells', seed: 4, diameter: 44, clustering: 0.7 },
  { modality: 'phase', form: 'rod', seed: 3, diameter: 26 },
  { modality: 'brightfield', form: 'oval', seed: 2, diameter: 30 },
];
const width = columns * side;
const sheet = {
  data: new Uint8Array(3 * examples.length * side * side),
  shape: [(examples.length / columns) * side, width, 3],
};
examples.forEach((options, k) => {
  const { image } = lib.simulateImage({ size: [side, side], ...options });
  const first = Math.floor(k / columns) * side * width + (k % columns) * side;
  for (let i = 0; i < side * side; i++)
    sheet.data.set(colour(image, i), 3 * (first + Math.floor(i / side) * width + (i % side)));
});
const bytes = lib.writePng(sheet, { level: 9 });
writeFileSync(file, bytes);
console.log(`${file}: ${bytes.length} bytes`);

/** Cytoplasm is shown green and the nucleus blue, a little brightened. */
function colour({ data, shape }, i) {
  const channels = shape[2] ?? 1;
  if (channels === 3) return data.subarray(3 * i, 3 * i + 3);
  if (channels === 2) return [0, Math.min(255, 1.5 * data[2 * i]), Math.min(255, 1.5 * data[2 * i + 1])];
  return [data[i], data[i], data[i]];
}

/** The library from its sources: a figure needs no build. */
async function library() {
  const { outputFiles } = await build({
    stdin: {
      contents:
        "export { simulateImage } from './src/simulate/simulateImage.ts'; export { writePng } from './src/io/png/writePng.ts';",
      resolveDir: root,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
