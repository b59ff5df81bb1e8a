/** `train_denoise`: from labelled images to a network that `--restore_type` takes. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialState, readWeights, seededRandom, sourceFromBytes, writePng, writeTorchFile } from 'cellpose-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../apps/cli/program.ts';
import { discs } from '../helpers/discs.ts';
import { fakeHost } from './fakeHost.ts';

describe('train_denoise', () => {
  let root: string;
  let segmenter: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'train-denoise-'));
    segmenter = join(root, 'segmenter');
    writeFileSync(segmenter, writeTorchFile(initialState({ nbase: [2, 4, 8], nout: 3 }, seededRandom(1), 14)));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  function labelledFolder(): string {
    const folder = mkdtempSync(join(root, 'images-'));
    for (const seed of [1, 2]) {
      const { image, labels } = discs(seed);
      writeFileSync(join(folder, `${seed}.png`), writePng({ data: Uint8Array.from(image.data), shape: [64, 64] }));
      writeFileSync(
        join(folder, `${seed}_masks.png`),
        writePng({ data: Uint8Array.from(labels.data as Uint8Array), shape: [64, 64] }),
      );
    }
    return folder;
  }

  async function run(folder: string, ...words: string[]) {
    const fake = fakeHost(root);
    const flags = ['--dir', folder, '--min_train_masks', '1', '--nbase', '2,4', '--bsize', '32', '--offline'];
    const small = ['--train_batch_size', '2', '--n_epochs', '2', '--threads', '1'];
    const code = await main(['train_denoise', ...flags, ...small, ...words], fake.host);
    return { code, out: fake.out(), err: fake.err() };
  }

  it('leaves a network that restores', async () => {
    const folder = labelledFolder();
    const { code, out } = await run(
      folder,
      ...[
        '--noise_type',
        'all',
        '--seg_model_type',
        segmenter,
        '--model_name_out',
        'denoise_mine',
        '--test_dir',
        folder,
      ],
    );
    expect(code).toBe(0);
    expect(out).toMatch(/0, train_loss=\d+\.\d+, test_loss=\d+\.\d+/);
    const path = join(folder, 'models', 'denoise_mine');
    expect(out).toContain(`--restore_type ${path}`);
    const weights = await readWeights(sourceFromBytes(readFileSync(path)));
    expect(weights.get('output.2.weight')!.shape).toEqual([1, 2, 1, 1]);
    expect(existsSync(`${path}.training`)).toBe(false);
    const fake = fakeHost(root);
    const flags = ['--dir', folder, '--pretrained_model', segmenter, '--restore_type', path, '--diameter', '14'];
    expect(await main([...flags, '--no_npy', '--save_png'], fake.host)).toBe(0);
    const again = await run(folder, '--pretrained_model', path, '--lam_per', '0', '--lam_seg', '0', '--lam_rec', '1');
    expect(again.code).toBe(0);
    expect(readdirSync(join(folder, 'models')).some((name) => name.startsWith('restore_'))).toBe(true);
  });

  it('names images that have too few cells', async () => {
    const folder = labelledFolder();
    const one = new Uint8Array(64 * 64).fill(1, 0, 100);
    writeFileSync(join(folder, '2_masks.png'), writePng({ data: one, shape: [64, 64] }));
    const alone = ['--lam_per', '0', '--lam_seg', '0', '--lam_rec', '1', '--n_epochs', '1'];
    const { code, err } = await run(folder, ...alone, '--min_train_masks', '2');
    expect(code).toBe(0);
    expect(err).toMatch(/2\.png: left out, 1 cells are fewer than 2/);
  });

  it.each([
    [['--noise_type', 'snow'], 2, '--noise_type: needs one of poisson'],
    [['--seg_model_type', 'unheard'], 1, '--seg_model_type unheard: there is no file'],
    [
      ['--pretrained_model', 'unheard', '--lam_per', '0', '--lam_seg', '0', '--lam_rec', '1'],
      1,
      '--pretrained_model unheard',
    ],
    [['--resume'], 2, '--resume: needs --model_name_out'],
  ])('refuses %j', async (words, expected, message) => {
    const { code, err } = await run(labelledFolder(), ...words);
    expect([code, err]).toEqual([expected, expect.stringContaining(message)]);
  });
});
