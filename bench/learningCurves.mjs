// Does a training end where PyTorch's does? Trains the same network by `trainSeg` and by the `train_seg` of Cellpose 3.1, from the
// same initial weights on the same tiles at the same rates: AdamW, each seed with weights and draws of its own. Prints the losses
// of both in each tenth of the steps, at the end and on held-out tiles, and the spread over the seeds.
//   node bench/learningCurves.mjs FOLDER [steps] [seeds] [threads] [FILE.json]
// FOLDER holds NAME_img.png or NAME.png with NAME_masks.png; of these, the grey ones with cells brighter than their ground are taken.
// FILE.json keeps the losses; `node scripts/makeFigures.mjs` draws docs/images/learningCurves.json.
// PyTorch runs where PYTHON and CELLPOSE_PY are set, as for bench/train.mjs. Both sides train twice, the second time from weights that
// differ in the last bit: float32 diverges, and this is how far each gets from itself. All four run at once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { writeBundle } from './bundle.mjs';
import { findFluorescence } from './labelledImages.mjs';

const [folder, ...rest] = process.argv.slice(2);
if (!folder) throw new Error('usage: node bench/learningCurves.mjs FOLDER [steps] [seeds] [threads] [FILE.json]');
const [steps = 360, seeds = 3, threads = 1] = rest.slice(0, 3).map(Number);
const file = rest[3];
const hasPeer = Boolean(process.env.PYTHON && process.env.CELLPOSE_PY);
const path = await writeBundle(
  {
    adamW: 'train/optimizers.ts',
    createTrainer: 'train/trainer.ts',
    drawImages: 'train/drawImages.ts',
    initialState: 'train/initialState.ts',
    makeBatch: 'train/batches.ts',
    makeTrainingSet: 'train/trainingSet.ts',
    readImage: 'io/readImage.ts',
    seededRandom: 'array/random.ts',
    trainSeg: 'train/trainSeg.ts',
  },
  'learningCurves',
);
const lib = await import(path);

const nbase = [2, 8, 16, 32, 64];
// An epoch is one step here, so the rates of Cellpose's schedule go by steps: ten up, and above 300 a hundred down.
const recipe = { epochs: steps, nimgPerEpoch: 8, batchSize: 8, bsize: 96, learningRate: 1e-3, weightDecay: 1e-5 };
const diamMean = 17;
const tiles = { bsize: recipe.bsize, rescale: true, scaleRange: 0.5, diamMean };
const counts = { train: 60, heldOut: 40 };

// Some have too few cells to be examples.
const most = 1.2 * (counts.train + counts.heldOut);
const images = await findFluorescence(folder, lib.readImage, most);
const { examples } = await lib.makeTrainingSet(images, { channels: [0, 0], threads });
const train = examples.slice(0, counts.train);
const heldOut = examples.slice(counts.train, counts.train + counts.heldOut);
const heldOutBatches = batchesOf(heldOut, lib.seededRandom(42));
console.log(
  `${train.length} images, ${heldOut.length} held out; ${steps} steps of ${JSON.stringify(recipe)}, nbase ${nbase}`,
);

const runs = [];
for (let seed = 1; seed <= seeds; seed++) {
  const state = lib.initialState({ nbase, nout: 3 }, lib.seededRandom(seed), diamMean);
  const trainings = [state, nudged(state, seed)].flatMap((start) => [
    trainOurs(start, seed),
    hasPeer ? trainPeer(start, seed) : undefined,
  ]);
  const [ours, pytorch, oursAgain, again] = await Promise.all(trainings);
  const run = { seed, ours, oursAgain, pytorch, again };
  runs.push(run);
  report(run);
}
if (hasPeer && seeds > 1) reportSpread();
if (file) save();

function batchesOf(chosen, random) {
  const batches = [];
  for (let k = 0; k < chosen.length; k += recipe.batchSize)
    batches.push(lib.makeBatch(chosen.slice(k, k + recipe.batchSize), random, tiles));
  return batches;
}

/** The tiles of an epoch, drawn as `trainSeg` draws them. */
function tilesOfStep(seed, epoch) {
  const random = lib.seededRandom(seed, epoch);
  const order = lib.drawImages(train.length, recipe.nimgPerEpoch, random);
  return lib.makeBatch(
    Array.from(order, (i) => train[i]),
    random,
    tiles,
  );
}

async function trainOurs(state, seed) {
  const losses = [];
  const blank = [];
  const { stateDict } = await lib.trainSeg(state, train, {
    ...recipe,
    seed,
    threads,
    onEpoch({ trainLoss, blankLoss }) {
      losses.push(trainLoss);
      blank.push(blankLoss);
    },
  });
  const trainer = lib.createTrainer(stateDict, { optimizer: lib.adamW(), threads });
  const held = [];
  for (const batch of heldOutBatches) held.push((await trainer.evaluate(batch)).loss);
  await trainer.release();
  return { losses, blank: mean(blank), heldOut: mean(held) };
}

/** Hands PyTorch a header, then weights and tiles in the order in which it needs them, as fast as it takes them. */
async function trainPeer(state, seed) {
  const script = new URL('learningCurvesPeer.py', import.meta.url).pathname;
  const env = { ...process.env, PYTHONPATH: process.env.CELLPOSE_PY, OMP_NUM_THREADS: String(threads) };
  const child = spawn(process.env.PYTHON, [script], { stdio: ['pipe', 'pipe', 'inherit'], env });
  const answer = createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  const broken = once(child, 'exit').then(([code]) => {
    if (code) throw new Error(`the PyTorch side ended with ${code}`);
  });
  child.stdin.on('error', () => undefined); // it ended early, which `broken` says
  const send = async (what) => {
    const bytes = typeof what === 'string' ? what : new Uint8Array(what.buffer, what.byteOffset, what.byteLength);
    if (!child.stdin.write(bytes)) await Promise.race([once(child.stdin, 'drain'), broken]);
  };
  const entries = [...state].map(([name, { data }]) => [name, data.length]);
  await send(`${JSON.stringify({ ...recipe, nbase, diamMean, threads, seed, entries, heldOut: heldOut.length })}\n`);
  for (const { data } of state.values()) await send(data);
  for (let epoch = 0; epoch < steps; epoch++) {
    const { x, lbl } = tilesOfStep(seed, epoch);
    await send(x.data);
    await send(lbl.data);
  }
  for (const { x, lbl } of heldOutBatches) {
    await send(x.data);
    await send(lbl.data);
  }
  child.stdin.end();
  await broken;
  const { value } = await answer;
  const { ownSpread, ...result } = JSON.parse(value);
  return { ...result, initial: compareInitial(state, ownSpread) };
}

/** Kernels with their numbers moved to the next float32, up or down by chance. */
function nudged(state, seed) {
  const random = lib.seededRandom(seed, 1e6);
  const nudge = (value) => value * (1 + (random() < 0.5 ? 1 : -1) * 2 ** -23);
  return new Map(
    [...state].map(([name, { data, shape }]) => [name, { data: shape.length > 1 ? data.map(nudge) : data, shape }]),
  );
}

/** Smallest and largest ratio of the standard deviations of our initial tensors to those that PyTorch draws by itself. */
function compareInitial(state, ownSpread) {
  const ratios = Object.entries(ownSpread).map(([name, own]) => deviation(state.get(name).data) / own);
  return [Math.min(...ratios), Math.max(...ratios)];
}

function report({ seed, ours, oursAgain, pytorch, again }) {
  const row = (values) => values.map((v) => v.toFixed(4)).join(' ');
  const line = (name, { losses, heldOut: held }) =>
    `  ${name.padEnd(13)} ${row(tenths(losses))}; held-out ${held.toFixed(4)}`;
  console.log(
    `seed ${seed}: loss in each tenth of the steps; saying the same of every pixel loses ${ours.blank.toFixed(4)}`,
  );
  console.log(line('ours', ours));
  console.log(line('ours again', oursAgain));
  if (!pytorch) return;
  console.log(line('PyTorch', pytorch));
  console.log(line('PyTorch again', again));
  for (const [name, a, b] of [
    ['ours - PyTorch', ours, pytorch],
    ['ours again - ours', oursAgain, ours],
    ['PyTorch again - PyTorch', again, pytorch],
  ])
    console.log(
      `  ${name}: final ${(finalLoss(a) - finalLoss(b)).toFixed(4)}, held-out ${(a.heldOut - b.heldOut).toFixed(4)}; first 10 steps ` +
        `within ${furthest(a, b, 10).toExponential(1)}, first step apart by more than 1e-3: ${firstApart(a, b) ?? 'none'}`,
    );
  const [low, high] = pytorch.initial.map((ratio) => ratio.toFixed(3));
  console.log(
    `  initial tensors of 1000 numbers or more, standard deviation by that of PyTorch's own: ${low} to ${high}`,
  );
}

function reportSpread() {
  for (const [what, of] of [
    ['final', finalLoss],
    ['held-out', ({ heldOut: held }) => held],
  ]) {
    const sides = ['ours', 'pytorch', 'oursAgain', 'again'].map((side) => runs.map((run) => of(run[side])));
    const [ours, theirs, ...again] = sides;
    const apart = Math.abs(mean(ours) - mean(theirs));
    const show = (values) => `${mean(values).toFixed(4)} ± ${deviation(values).toFixed(4)}`;
    console.log(
      `${what} loss, mean and standard deviation of ${runs.length} seeds: ours ${show(ours)}, PyTorch ${show(theirs)}; again ${again.map(show).join(', ')}; ` +
        `means apart by ${apart.toFixed(4)}, ${apart < deviation(theirs) ? 'within' : 'MORE THAN'} PyTorch's spread over seeds`,
    );
  }
}

/** Losses with five digits, for a figure. */
function save() {
  const five = (value) => Number(value.toPrecision(5));
  const side = (own, reference) => ({
    losses: own.losses.map(five),
    final: five(finalLoss(own)),
    heldOut: five(own.heldOut),
    ...(reference ? { firstApart: firstApart(own, reference) } : {}),
  });
  const numbers = {
    ...recipe,
    nbase,
    images: train.length,
    heldOutImages: heldOut.length,
    blankLoss: five(mean(runs.map(({ ours }) => ours.blank))),
    runs: runs.map(({ seed, ours, oursAgain, pytorch, again }) => ({
      seed,
      ours: side(ours, pytorch),
      oursAgain: side(oursAgain, ours),
      ...(pytorch ? { pytorch: side(pytorch), again: side(again, pytorch) } : {}),
    })),
  };
  writeFileSync(file, `${JSON.stringify(numbers)}\n`);
}

function tenths(losses) {
  const at = (k) => Math.round((k * losses.length) / 10);
  return Array.from({ length: 10 }, (_, k) => mean(losses.slice(at(k), at(k + 1))));
}

function finalLoss({ losses }) {
  return tenths(losses)[9];
}

function furthest(a, b, until) {
  return Math.max(...a.losses.slice(0, until).map((loss, i) => Math.abs(loss - b.losses[i])));
}

function firstApart(a, b) {
  const at = a.losses.findIndex((loss, i) => Math.abs(loss - b.losses[i]) > 1e-3);
  return at < 0 ? null : at;
}

function mean(values) {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

/** Of the sample. */
function deviation(values) {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, v) => sum + (v - middle) ** 2, 0) / (values.length - 1));
}
