// A list of small images, one after the other and by twos (`imagesAtOnce`), interleaved: median milliseconds an image, and the ratio.
//   node bench/smallImages.mjs [images=24] [rounds=5] [threads=2]
import { bundle } from './bundle.mjs';

const [count = 24, rounds = 5, threads = 2] = process.argv.slice(2).map(Number);
const { CellposeModel, simulateImage } = await bundle({
  CellposeModel: 'models/cellposeModel.ts',
  simulateImage: 'simulate/simulateImage.ts',
});
const diameter = 17;
for (const name of ['nuclei', 'nuclei_ref']) {
  const model = await CellposeModel.load({ model: name, threads });
  for (const size of [64, 96, 128, 192]) {
    const cells = Math.max(1, Math.round((size / 30) ** 2));
    const images = Array.from(
      { length: count },
      (_, seed) => simulateImage({ seed, size: [size, size], diameter, cells }).image,
    );
    const times = { 1: [], 2: [] };
    const masks = {};
    for (let round = 0; round <= rounds; round++)
      for (const imagesAtOnce of round % 2 ? [1, 2] : [2, 1]) {
        const begin = performance.now();
        const results = await model.eval(images, { diameter, channels: [0, 0], imagesAtOnce });
        if (round > 0) times[imagesAtOnce].push((performance.now() - begin) / count); // the first round warms up
        masks[imagesAtOnce] = results.map((result) => result.masks.data.join()).join();
      }
    if (masks[1] !== masks[2]) throw new Error('the masks differ');
    const [one, two] = [times[1], times[2]].map((list) => list.sort((a, b) => a - b)[list.length >> 1]);
    console.log(
      `${size} x ${size}, model ${name}: ${one.toFixed(1)} ms an image, by twos ${two.toFixed(1)}: ${(one / two).toFixed(2)} times faster`,
    );
  }
  await model.release();
}
