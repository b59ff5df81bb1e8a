// What loading costs a training: making a batch of 8 tiles (turned, scaled, mirrored, cut) beside the step that learns from it.
// The next batch is made while the network learns, so this time is hidden where it is the shorter; the share is that of the
// processor, which it takes away all the same.
//   node bench/batches.mjs [rounds] [bsize] [nbase]
import { bundle } from './bundle.mjs';

const [rounds = 5, bsize = 224] = process.argv.slice(2, 4).map(Number);
const nbase = (process.argv[4] ?? '32,64,128,256').split(',').map(Number);
const { createTrainer, adamW, initialState, seededRandom, makeBatch, segTask, simulateImage, makeTrainingSet } =
  await bundle({
    createTrainer: 'train/trainer.ts',
    adamW: 'train/optimizers.ts',
    initialState: 'train/initialState.ts',
    seededRandom: 'array/random.ts',
    makeBatch: 'train/batches.ts',
    segTask: 'train/segTask.ts',
    simulateImage: 'simulate/simulateImage.ts',
    makeTrainingSet: 'train/trainingSet.ts',
  });
const images = Array.from({ length: 8 }, (_, seed) => {
  const { image, masks } = simulateImage({ seed, size: [512, 512] });
  return { image, labels: masks };
});
const { examples } = await makeTrainingSet(images, { channels: [0, 0] });
const task = segTask();
const sources = examples.map((example) => ({ ...example, targets: task.targetsOf(example) }));
const random = seededRandom(1);
const options = { bsize, rescale: true, scaleRange: 0.5, diamMean: 30, task };
const state = initialState({ nbase: [2, ...nbase], nout: 3 }, random);
const trainer = createTrainer(state, { optimizer: adamW(), threads: 2 });

const [making, learning] = [[], []];
for (let round = 0; round <= rounds; round++) {
  const begin = performance.now();
  const batch = makeBatch(sources, random, options);
  const made = performance.now();
  await trainer.step(batch, 1e-4);
  if (round === 0) continue; // compiles and warms up
  making.push(made - begin);
  learning.push(performance.now() - made);
}
await trainer.release();
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const [made, learned] = [median(making), median(learning)];
console.log(
  `8 tiles of ${bsize}, nbase ${nbase}: batch ${made.toFixed(0)} ms, step ${learned.toFixed(0)} ms, ${((100 * made) / learned).toFixed(1)} % (${rounds} rounds)`,
);
