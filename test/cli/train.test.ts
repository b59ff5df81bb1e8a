/** Trainings from the command line: a small network on drawn discs, from labelled images to a model that segments. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  initialState,
  openWeights,
  readImage,
  readSizeModelNpy,
  seededRandom,
  sourceFromBytes,
  writePng,
  writeSegNpy,
  writeTiff,
  writeTorchFile,
} from 'cellpose-ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../apps/cli/program.ts';
import { lossLine } from '../../apps/cli/trainProgress.ts';
import { readNpyDictionary } from '../../src/io/npyObject.ts';
import { discs as drawnDiscs } from '../helpers/discs.ts';
import { fakeHost } from './fakeHost.ts';

const size = 64;

/** As files hold them: bytes, and labels of 16 bits. */
function discs(seed: number) {
  const { image, labels } = drawnDiscs(seed);
  const shape = [size, size] as const;
  return {
    image: { data: Uint8Array.from(image.data), shape },
    labels: { data: Uint16Array.from(labels.data as Uint8Array), shape },
  };
}

let home: string;
let start: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'train-'));
  start = join(home, 'small');
  const state = initialState({ nbase: [2, 4, 8], nout: 3 }, seededRandom(1), 14);
  writeFileSync(start, writeTorchFile(state));
});
afterAll(() => rmSync(home, { recursive: true }));

let dir: string;
let test: string;
beforeEach(() => {
  dir = mkdtempSync(join(home, 'images-'));
  test = join(dir, 'test');
  mkdirSync(test);
  for (const seed of [1, 2, 3, 4]) put(dir, `a${seed}`, seed);
  put(test, 'b5', 5);
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(folder: string, name: string, seed: number) {
  const { image, labels } = discs(seed);
  writeFileSync(join(folder, `${name}.png`), writePng(image));
  writeFileSync(join(folder, `${name}_masks.tif`), writeTiff(labels));
}

const common = ['--bsize', '64', '--batch_size', '4', '--threads', '1', '--learning_rate', '0.02', '--SGD', '0'];
async function train(words: readonly string[], watch: (out: string, interrupt: () => void) => void = () => {}) {
  let out = '';
  const fake = fakeHost(home, {
    stdout: {
      write: (text) => {
        out += text;
        watch(text, fake.interrupt);
      },
    },
  });
  const flags = ['--train', '--dir', dir, '--pretrained_model', start, '--record', join(dir, 'record.json'), ...common];
  const code = await main([...flags, ...words], fake.host);
  return { code, out, err: fake.err() };
}

const record = () => JSON.parse(readFileSync(join(dir, 'record.json'), 'utf8'));
const model = (name: string) => join(dir, 'models', name);

describe('--train', () => {
  it('trains a model, tells its losses as Cellpose does, and the model segments', async () => {
    const words = ['--test_dir', test, '--n_epochs', '60', '--nimg_per_epoch', '12', '--model_name_out', 'mine'];
    const { code, out, err } = await train(words);
    expect(err).toBe('');
    expect(code).toBe(0);
    const line = /^(\d+), train_loss=(\d\.\d{4}), test_loss=(\d\.\d{4}), LR=\d\.\d{6}, time \d+\.\d\ds$/gm;
    const lines = [...out.matchAll(line)];
    expect(lines.map(([, epoch]) => Number(epoch))).toEqual([0, 5, 10, 20, 30, 40, 50, 59]);
    expect(Number(lines.at(-1)![3])).toBeLessThan(0.6 * Number(lines[0]![3]));
    expect(out).toMatch(`--pretrained_model ${model('mine')} --diameter 1`);
    expect(readdirSync(join(dir, 'models')).sort()).toEqual(['mine', 'mine.json', 'report_mine.html']);
    const card = JSON.parse(readFileSync(model('mine.json'), 'utf8'));
    expect(card).toMatchObject({ name: 'mine', licence: '', sha256: record().training.sha256 });
    expect(card.recipe.command).toMatch('--train');
    expect(out).toContain(`report saved to ${model('report_mine.html')}`);
    const page = readFileSync(model('report_mine.html'), 'utf8');
    expect(page).toContain('On 1 test images, which the network was not trained on');
    // Losses of 60 epochs; labels, before and after of the one test image.
    expect(page.match(/<polyline points="([^"]+)"/)![1]!.split(' ')).toHaveLength(60);
    expect(page.match(/data:image\/png;base64,/g)).toHaveLength(3);
    const scores = [...page.matchAll(/<td>(\w+), mean of images<\/td><td class="number">([\d.]+)/g)];
    expect(scores.map(([, label]) => label)).toEqual(['before', 'after']);
    expect(Number(scores[1]![2])).toBe(1);
    const { training, exitCode } = record();
    expect(exitCode).toBe(0);
    expect(training).toMatchObject({ model: model('mine'), start: 'small' });
    expect(training.trainLosses).toHaveLength(60);
    const segment = ['--dir', test, '--pretrained_model', model('mine'), '--diameter', '0', '--no_npy', '--save_csv'];
    const fake = fakeHost(home);
    expect(await main([...segment, '--record', join(dir, 'run.json')], fake.host)).toBe(0);
    const cells = readFileSync(join(test, 'b5_cp_objects.csv'), 'utf8').trim().split('\n').length - 1;
    expect(cells).toBe(6);
  });

  it('trains a size model with it, which --diameter 0 then uses', async () => {
    const words = ['--train_size', '--test_dir', test, '--n_epochs', '30', '--model_name_out', 'sized'];
    const { code, out, err } = await train(words);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/^train correlation: 0\.\d{4}$/m);
    expect(out).toMatch(/^style test correlation: (-?\d\.\d{4}|NaN); final test correlation: (-?\d\.\d{4}|NaN)$/m);
    expect(out).toMatch(/^diameters of 1 test images: median error \d+\.\d %, \d+\.\d % of the images within 25 %$/m);
    expect(out).toMatch(`--pretrained_model ${model('sized')} --diameter 0`);
    const predicted = readNpyDictionary(readFileSync(join(test, 'sized_predicted_diams.npy')));
    expect([...predicted.keys()]).toEqual(['predicted_diams', 'diams_style']);
    expect(predicted.get('predicted_diams')).toMatchObject({ shape: [1] });
    const params = readSizeModelNpy(readFileSync(model('sized_size.npy')));
    expect(params.A).toHaveLength(8);
    expect(params.diamMean).toBe(14);
    expect(record().size).toMatchObject({ model: model('sized_size.npy'), test: { within25: expect.any(Number) } });
    const fake = fakeHost(home);
    const run = ['--dir', test, '--pretrained_model', model('sized'), '--diameter', '0', '--no_npy', '--save_png'];
    expect(await main([...run, '--verbose', '--record', join(dir, 'run.json')], fake.host)).toBe(0);
    expect(fake.out()).toContain('the diameter is estimated for each image');
  });

  it('trains a size model alone for a network that is there, and for none from scratch', async () => {
    const network = join(dir, 'network');
    writeFileSync(network, readFileSync(start));
    const flags = ['--train_size', '--dir', dir, '--threads', '1', '--record', join(dir, 'record.json')];
    const fake = fakeHost(home);
    expect(await main([...flags, '--pretrained_model', network], fake.host)).toBe(0);
    expect(fake.out()).toContain(`size model saved to ${network}_size.npy`);
    expect(existsSync(`${network}_size.npy`)).toBe(true);
    expect(existsSync(join(dir, 'models'))).toBe(false);
    // Where the diameters of test images cannot be kept, the size model is no less trained.
    mkdirSync(join(test, 'network_predicted_diams.npy'));
    const kept = fakeHost(home);
    expect(await main([...flags, '--pretrained_model', network, '--test_dir', test], kept.host)).toBe(0);
    expect(kept.err()).toMatch(/the estimated diameters cannot be saved as .*network_predicted_diams\.npy/);
    expect(kept.out()).toMatch('diameters of 1 test images: median error');
    const none = fakeHost(home);
    expect(await main([...flags, '--pretrained_model', 'None'], none.host)).toBe(1);
    expect(none.err()).toContain('--train_size: needs a trained network');
  });

  it('goes on where it was stopped, to the same model', async () => {
    const words = ['--n_epochs', '8', '--save_every', '2'];
    await train([...words, '--model_name_out', 'whole']);
    const whole = record().training.trainLosses;
    const named = [...words, '--model_name_out', 'parts'];
    const stop = (text: string, interrupt: () => void) => text.includes('saving network parameters') && interrupt();
    const stopped = await train(named, stop);
    expect(stopped.code).toBe(130);
    expect(stopped.err).toMatch('--model_name_out parts --resume');
    expect(record().exitCode).toBe(130);
    expect(existsSync(model('parts'))).toBe(true);
    const resumed = await train([...named, '--resume']);
    expect(resumed.code).toBe(0);
    expect(record().training.trainLosses).toEqual(whole);
    expect(readFileSync(model('parts'))).toEqual(readFileSync(model('whole')));
    expect(
      readdirSync(join(dir, 'models'))
        .filter((name) => !name.startsWith('report_'))
        .sort(),
    ).toEqual(['parts', 'parts.json', 'whole', 'whole.json']);
    await expect(train([...named, '--resume'])).resolves.toMatchObject({ code: 1 });
  });

  it('keeps the network that did best on the test images, and stops when it gets no better', async () => {
    const beyond = ['--keep_best', '--patience', '4', '--measure_every', '2', '--test_dir', test];
    const words = ['--n_epochs', '80', '--nimg_per_epoch', '12', '--model_name_out', 'best', ...beyond];
    const { code, out } = await train(words);
    expect(code).toBe(0);
    const { trainLosses, precisions, epoch } = record().training;
    expect(trainLosses.length).toBeLessThan(80);
    const highest = Math.max(...precisions);
    expect(precisions.indexOf(highest)).toBe(epoch);
    expect(epoch).toBe(trainLosses.length - 1 - 4);
    expect(out).toContain(`epoch ${epoch}: precision ${highest.toFixed(3)} on the test images`);
    expect(out).toContain(`stopped after epoch ${trainLosses.length - 1}: precision has not risen for 4 epochs`);
    expect(out).toContain(`kept the network of epoch ${epoch}, precision ${highest.toFixed(3)}`);
    // The report measures the same network on the same image.
    const page = readFileSync(model('report_best.html'), 'utf8');
    expect(page).toMatch(new RegExp(`after, mean of images</td><td class="number">${highest.toFixed(3)}`));
    expect((await train([...words, '--n_epochs', '3', '--test_dir', join(dir, 'none')])).code).toBe(1);
    const alone = await train(['--keep_best', '--model_name_out', 'x']);
    expect(alone).toMatchObject({ code: 2, err: expect.stringContaining('--keep_best: needs --test_dir FOLDER') });
  });

  it('learns from images without cells, and not from regions that are not to be judged', async () => {
    const { image, labels } = discs(6);
    writeFileSync(join(dir, 'c_empty.png'), writePng(image));
    writeFileSync(join(dir, 'c_empty_masks.tif'), writeTiff({ ...labels, data: new Uint16Array(size * size) }));
    writeFileSync(join(dir, 'd_part.png'), writePng(image));
    const part = labels.data.map((label) => (label > 3 ? 65535 : label));
    writeFileSync(join(dir, 'd_part_masks.tif'), writeTiff({ ...labels, data: part }));
    const words = ['--n_epochs', '2', '--min_train_masks', '3', '--no_report'];
    const plain = await train([...words, '--model_name_out', 'plain']);
    expect(plain.err).toMatch(/c_empty\.png: left out, 0 cells are fewer than 3/);
    expect(record().training.trainImages).toHaveLength(5);
    rmSync(join(dir, 'd_part_flows.tif'));
    const beyond = ['--negatives', '--ignore_label', '65535', '--model_name_out', 'beyond'];
    const { code, err } = await train([...words, ...beyond]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(record().training.trainImages).toHaveLength(6);
    expect(record().training.trainLosses.every(Number.isFinite)).toBe(true);
    expect(existsSync(join(dir, 'a1_flows.tif'))).toBe(true);
    expect(existsSync(join(dir, 'd_part_flows.tif'))).toBe(false);
  });

  it('trains on the images of a list, drawn by their chances', async () => {
    const list = join(dir, 'list.json');
    const files = { train_files: ['a1.png', 'a2.png', 'a4.png'], test_files: ['test/b5.png'], train_probs: [1, 0, 0] };
    writeFileSync(list, JSON.stringify(files));
    const words = ['--file_list', list, '--n_epochs', '2', '--nimg_per_epoch', '4', '--no_report'];
    expect((await train([...words, '--model_name_out', 'listed'])).code).toBe(0);
    const { trainImages, testImages, trainLosses } = record().training;
    expect(trainImages.map((name: string) => name.slice(dir.length + 1))).toEqual(['a1.png', 'a2.png', 'a4.png']);
    expect(testImages).toEqual([join(test, 'b5.png')]);
    writeFileSync(list, JSON.stringify({ ...files, train_probs: [0, 1, 0] }));
    await train([...words, '--model_name_out', 'other']);
    expect(record().training.trainLosses).not.toEqual(trainLosses);
  });

  it('says while it runs that it comes to nothing', async () => {
    const { code, err } = await train(['--learning_rate', '1e-9', '--n_epochs', '25', '--model_name_out', 'blank']);
    expect(code).toBe(0);
    expect(err).toMatch(/^epoch 20: for 10 epochs the loss .* try another --learning_rate/m);
    expect(record().notes.join()).toContain('for 10 epochs the loss');
  });

  it('keeps flows as Cellpose does and uses them again', async () => {
    const words = ['--n_epochs', '1', '--model_name_out', 'x'];
    await train(words);
    const path = join(dir, 'a1_flows.tif');
    const flows = (await readImage(readFileSync(path))).data;
    expect(flows.shape).toEqual([4, size, size]);
    expect(flows.data).toBeInstanceOf(Float32Array);
    const { labels } = discs(1);
    const inCells = flows.data.subarray(size * size, 2 * size * size);
    expect([...inCells]).toEqual(Array.from(labels.data, (label) => Number(label > 0)));
    const first = record().training.trainLosses;
    for (const name of ['a2', 'a3', 'a4']) rmSync(join(dir, `${name}_masks.tif`));
    utimesSync(join(dir, 'a1_masks.tif'), 1, 1);
    const again = await train(words);
    expect(again.err).toMatch(`${model('x')} is there and will be replaced`);
    expect(record().training.trainLosses).toEqual(first);
  });

  it('saves each model under a name of its own if asked to', async () => {
    await train(['--n_epochs', '5', '--save_every', '2', '--no_report', '--save_each', '--model_name_out', 'm']);
    expect(readdirSync(join(dir, 'models')).sort()).toEqual(['m', 'm.json', 'm_epoch_0002']);
    const { tensors } = await openWeights(sourceFromBytes(readFileSync(model('m_epoch_0002'))));
    const final = await openWeights(sourceFromBytes(readFileSync(model('m'))));
    expect(tensors.map(({ name }) => name).sort()).toEqual(final.tensors.map(({ name }) => name).sort());
  });

  it('takes labels from _seg.npy', async () => {
    for (const seed of [1, 2, 3, 4]) {
      const { labels } = discs(seed);
      const n = size * size;
      rmSync(join(dir, `a${seed}_masks.tif`));
      const seg = writeSegNpy({
        masks: { data: Int32Array.from(labels.data), shape: labels.shape },
        dP: { data: new Float32Array(2 * n), shape: [2, size, size] },
        cellprob: { data: new Float32Array(n), shape: labels.shape },
        flowPicture: { data: new Uint8Array(3 * n), shape: [size, size, 3] },
        diameter: 14,
        filename: `a${seed}.png`,
      });
      writeFileSync(join(dir, `a${seed}_seg.npy`), seg);
    }
    const { code, out, err } = await train(['--n_epochs', '1', '--mask_filter', '_seg.npy', '--chan', '1']);
    expect(out).toMatch('--chan 1 --chan2 0 --diameter');
    expect(err).toBe('');
    expect(code).toBe(0);
  });

  it('names images without labels, and every image that cannot be used', async () => {
    rmSync(join(dir, 'a2_masks.tif'));
    const missing = await train([]);
    expect(missing.code).toBe(1);
    expect(missing.err).toMatch(join(dir, 'a2_masks.tif'));
    const { data } = discs(2).labels;
    writeFileSync(join(dir, 'a2_masks.tif'), writeTiff({ data: data.subarray(size), shape: [size - 1, size] }));
    writeFileSync(join(dir, 'a3.png'), 'no picture');
    const wrong = await train([]);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch('2 of 4 images cannot be used');
    expect(wrong.err).toMatch(/a2\.png: .*64 × 64/);
    expect(wrong.err).toMatch(/a3\.png: /);
    expect(record()).toMatchObject({ exitCode: 1, errors: [expect.stringContaining('a3.png')] });
  });

  it('says before the training that the model cannot be saved', async () => {
    writeFileSync(join(dir, 'models'), '');
    const { code, err } = await train(['--n_epochs', '1', '--model_name_out', 'x']);
    expect(code).toBe(1);
    expect(err).toMatch(`the model cannot be saved as ${model('x')}`);
  });

  it('keeps the last checkpoint where the loss is lost', async () => {
    const words = ['--n_epochs', '30', '--save_every', '1', '--learning_rate', '99', '--SGD', '1'];
    const { code, err } = await train([...words, '--model_name_out', 'x']);
    expect(code).toBe(1);
    expect(err).toMatch(/the loss became (NaN|Infinity) in epoch \d+; lower the learning rate/);
    expect(err).toMatch('the last checkpoint stays');
  });

  it('leaves out images with few cells, and refuses where none has enough', async () => {
    const empty = { data: new Uint16Array(size * size), shape: [size, size] };
    writeFileSync(join(dir, 'a4_masks.tif'), writeTiff(empty));
    const { code, err } = await train(['--n_epochs', '1']);
    expect(code).toBe(0);
    expect(err).toMatch(/a4\.png: left out, 0 cells/);
    expect(record().training.trainImages).toHaveLength(3);
    const none = await train(['--min_train_masks', '7']);
    expect(none.code).toBe(1);
    expect(none.err).toMatch('--min_train_masks');
  });

  it.each([
    [2, ['--learning_rate', '0'], '--learning_rate'],
    [2, ['--bsize', '100'], '--bsize'],
    [2, ['--n_epochs', '0'], '--n_epochs'],
    [2, ['--resume'], '--model_name_out'],
    [2, ['--model_name_out', '../x'], '--model_name_out'],
    [1, ['--resume', '--model_name_out', 'gone'], 'no stopped training'],
    [1, ['--train_size', '--resume', '--model_name_out', 'gone'], 'no stopped training'],
    [1, ['--test_dir', '/nowhere'], 'no such folder'],
  ])('ends with %i for %j', async (code, words, text) => {
    const ended = await train(words);
    expect(ended.code).toBe(code);
    expect(ended.err).toMatch(text);
  });

  it('shows a live line on a terminal, and says which flags do nothing', async () => {
    const written: string[] = [];
    const stderr = { isTTY: true, columns: 200, write: (text: string) => written.push(text) };
    const { host } = fakeHost(home, { stdout: { isTTY: true, write: () => {} }, stderr });
    const words = ['--train', '--dir', dir, '--test_dir', test, '--pretrained_model', start, ...common];
    expect(await main([...words, '--n_epochs', '3', '--save_png'], host)).toBe(0);
    const err = written.join('');
    expect(err).toMatch('--save_png has no effect together with --train');
    expect(err).toMatch('5/5 images read');
    const line = /epoch 2\/3 \| loss \d\.\d{4} \| test \d\.\d{4} \| rate 0\.00222 \| \d+\.\d images\/s \| 00:0\d left/;
    expect(err).toMatch(line);
    expect(err.endsWith('\r\u001b[K')).toBe(true);
  });

  it('needs a folder', async () => {
    const { host, err } = fakeHost(home);
    expect(await main(['--train', '--image_path', 'x.png'], host)).toBe(2);
    expect(await main(['--train'], host)).toBe(2);
    expect(err()).toMatch('--dir FOLDER');
  });
});

it('writes losses as Cellpose 3.1 does', () => {
  const report = { epoch: 10, epochs: 500, trainLoss: 0.51237, blankLoss: 1, learningRate: 0.2, tilesPerSecond: 1 };
  expect(lossLine(report, 12.345)).toBe('10, train_loss=0.5124, test_loss=0.0000, LR=0.200000, time 12.35s');
});
