/**
 * The command lines of programs that call Cellpose 3.1, word for word: nf-core, QuPath's and BIOP's extensions, TrackMate, the
 * workflow of the Institut Curie, and Cellpose's own documentation. Each must run unchanged and leave the files it looks for.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialState, seededRandom, writePng, writeTiff, writeTorchFile } from 'cellpose-ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../apps/cli/program.ts';
import { discs } from '../helpers/discs.ts';
import { fakeHost } from './fakeHost.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'callers-'));
  const models = join(home, '.cellpose', 'models');
  mkdirSync(models, { recursive: true });
  const weights = writeTorchFile(initialState({ nbase: [2, 2, 4], nout: 3 }, seededRandom(1), 14));
  for (const file of ['cyto3', 'cyto2torch_0', 'cytotorch_0', 'tissuenet', 'tissuenet_cp3', 'nucleitorch_0'])
    writeFileSync(join(models, file), weights);
});
afterAll(() => rmSync(home, { recursive: true }));

let dir: string;
let before: readonly string[];
beforeEach(() => {
  dir = mkdtempSync(join(home, 'images '));
  for (const seed of [1, 2, 3, 4, 5, 6]) put(dir, `f${seed}`, seed);
  for (const folder of ['first', 'out']) mkdirSync(join(dir, folder));
  const planes = new Uint8Array(3 * 64 * 64).map((_, i) => i % 251);
  writeFileSync(join(dir, 'first', 'a.tif'), writeTiff({ data: planes, shape: [3, 64, 64] }, { rgb: false }));
  before = all();
});
afterEach(() => rmSync(dir, { recursive: true }));

const all = () => readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort();
const newFiles = () => all().filter((name) => !before.includes(name));
/** Of three channels, the labels beside it. */
function put(folder: string, name: string, seed: number): void {
  const { image, labels } = discs(seed);
  const bytes = [...Uint8Array.from(image.data)];
  const data = Uint8Array.from(bytes.flatMap((v) => [v, 255 - v, v]));
  writeFileSync(join(folder, `${name}.png`), writePng({ data, shape: [64, 64, 3] }));
  writeFileSync(
    join(folder, `${name}_masks.tif`),
    writeTiff({ data: Uint16Array.from(labels.data as Uint8Array), shape: [64, 64] }),
  );
}

async function run(line: string) {
  const fake = fakeHost(home);
  const code = await main(words(line), fake.host);
  return { code, out: fake.out(), err: fake.err() };
}
const words = (line: string) => line.split(' ').map((word) => word.replace('DIR', dir));
const masks = (ending: string) => [1, 2, 3, 4, 5, 6].map((i) => `f${i}${ending}`);

describe('lines that segment', () => {
  const tifs = masks('_cp_masks.tif');
  const segs = masks('_seg.npy');
  it.each([
    [
      'nf-core',
      '--image_path DIR/f1.png --save_tif --verbose --use_gpu --pretrained_model cyto2',
      ['f1_cp_masks.tif', 'f1_seg.npy'],
    ],
    [
      'the test of nf-core',
      '--image_path DIR/f1.png --save_tif --verbose --no_npy --save_flows',
      ['f1_cp_masks.tif', 'f1_dP_cp_masks.tif', 'f1_flows_cp_masks.tif'],
    ],
    [
      'molkart',
      '--image_path DIR/f1.png --save_tif --verbose --save_rois',
      ['f1_cp_masks.tif', 'f1_rois.zip', 'f1_seg.npy'],
    ],
    ['QuPath', '--dir DIR --pretrained_model cyto3 --diameter 20 --save_tif --no_npy --use_gpu --verbose', tifs],
    [
      'BIOP in Fiji',
      '--dir DIR --pretrained_model cyto2 --chan 1 --chan2 3 --diameter 30 --flow_threshold 0.4 --cellprob_threshold 0.0 --save_tif --no_npy',
      tifs,
    ],
    [
      'TrackMate',
      '--pretrained_model cyto2torch_0 --dir DIR --chan 0 --chan2 0 --diameter 30.0 --use_gpu --save_png --no_npy --verbose',
      masks('_cp_masks.png'),
    ],
    [
      'the Institut Curie',
      '--channel_axis 0 --save_tif --savedir DIR/out --verbose --no_npy --chan 2 --chan2 1 --pretrained_model tissuenet --save_outlines --image_path DIR/first/a.tif',
      ['out/a_cp_masks.tif', 'out/a_outlines_cp_masks.png'],
    ],
    [
      'the documentation',
      '--dir DIR --pretrained_model cyto --chan 2 --chan2 3 --save_png',
      [...masks('_cp_masks.png'), ...segs],
    ],
    [
      'the documentation, diameter 0',
      '--dir DIR --pretrained_model nuclei --diameter 0. --save_png',
      [...masks('_cp_masks.png'), ...segs],
    ],
  ])('of %s', async (_, line, expected) => {
    const { code, out, err } = await run(line);
    expect(err.replaceAll(/\[WARNING\]|.*(no effect|ships with this package|would|bundled).*\n/g, '')).not.toMatch(
      /error|failed/i,
    );
    expect(code, out + err).toBe(0);
    expect(newFiles()).toEqual([...expected].sort());
    if (line.includes('--verbose')) expect(out).toMatch(/100%\|##########\| \d\/\d \[/);
  });
});

describe('lines that train', () => {
  const split = () => {
    for (const folder of ['A', 'B']) {
      mkdirSync(join(dir, folder));
      for (const i of [1, 2, 3, 4, 5, 6])
        for (const ending of ['.png', '_masks.tif'])
          cpSync(join(dir, `f${i}${ending}`), join(dir, folder, `f${i}${ending}`));
    }
  };
  const modelFiles = () => readdirSync(join(dir, 'A', 'models')).filter((name) => name.includes('cellpose'));

  it('of QuPath, which reads losses from the log', async () => {
    split();
    const { code, out, err } = await run(
      '--train --dir DIR/A --test_dir DIR/B --pretrained_model cyto2 --n_epochs 2 --learning_rate 0.1 --batch_size 4 --min_train_masks 5 --verbose --no_report',
    );
    expect(code, err).toBe(0);
    expect(out).toMatch(/\[INFO\] 0, train_loss=\d\.\d{4}, test_loss=\d\.\d{4}, LR=0\.0+, time \d+\.\d\ds/);
    // It takes the first file whose name contains "cellpose" for the model.
    expect(modelFiles()).toHaveLength(1);
  });

  it('of the documentation', async () => {
    split();
    const { code, err } = await run(
      '--train --dir DIR/A --test_dir DIR/B --pretrained_model cyto --chan 2 --chan2 1 --learning_rate 0.1 --weight_decay 0.0001 --n_epochs 1',
    );
    expect(code, err).toBe(0);
    expect(modelFiles()).toHaveLength(1);
    expect(readdirSync(join(dir, 'A', 'models', 'reports'))).toHaveLength(1);
  });
});

it('--add_model, as in the documentation', async () => {
  const file = join(dir, 'mine');
  cpSync(join(home, '.cellpose', 'models', 'cyto3'), file);
  expect((await run('--add_model DIR/mine')).code).toBe(0);
  expect((await run('--dir DIR --pretrained_model mine --save_png --no_npy')).code).toBe(0);
  expect(newFiles()).toEqual(['mine', ...masks('_cp_masks.png')].sort());
});
