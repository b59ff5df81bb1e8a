/** `cellpose-ts evaluate` on drawn labels, whose precision is known: masks of a folder, and a model. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNpy, writePng, writeSegNpy, writeTiff } from 'cellpose-ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../apps/cli/host.ts';
import { main } from '../../apps/cli/program.ts';
import { fakeHost } from './fakeHost.ts';

const shape = [12, 40] as const;

/** Squares of 8 × 8 side by side, as many as there are labels; 0 leaves a gap. */
function squares(labels: readonly number[], rows = 8) {
  const data = new Uint16Array(shape[0] * shape[1]);
  for (const [k, label] of labels.entries())
    for (let y = 2; y < 2 + rows; y++) data.fill(label, y * shape[1] + 1 + 10 * k, y * shape[1] + 9 + 10 * k);
  return { data, shape };
}

const grey = { data: new Uint8Array(shape[0] * shape[1]), shape };

describe('evaluate', () => {
  let root: string;
  let folder: string;
  let pred: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'evaluate-'));
  });
  afterAll(() => rmSync(root, { recursive: true }));
  beforeEach(() => {
    folder = mkdtempSync(join(root, 'set-'));
    pred = join(folder, 'pred');
    mkdirSync(pred);
    for (const name of ['a', 'b']) writeFileSync(join(folder, `${name}_img.png`), writePng(grey));
    // Labels with a gap; the second image has four cells.
    writeFileSync(join(folder, 'a_masks.png'), writePng(squares([1, 0, 5])));
    writeFileSync(join(folder, 'b_masks.png'), writePng(squares([1, 2, 3, 4])));
    // All of a, one of its cells with 7 of 8 rows; one of four of b and nothing else.
    writeFileSync(join(pred, 'a_cp_masks.png'), writePng({ ...squares([2, 0, 1], 7), shape }));
    writeFileSync(join(pred, 'b_cp_masks.tif'), writeTiff(squares([0, 0, 7])));
  });

  const run = async (words: readonly string[], changes: Partial<Host> = {}) => {
    const fake = fakeHost(root, changes);
    const code = await main(
      ['evaluate', '--dir', folder, '--img_filter', '_img', '--mask_filter', '_masks', ...words],
      fake.host,
    );
    return { code, out: fake.out(), err: fake.err() };
  };

  it('compares masks of a folder: each image, the mean of images, and all cells pooled', async () => {
    const json = join(folder, 'scores.json');
    const { code, out } = await run(['--pred_dir', pred, '--json', json]);
    expect(code).toBe(0);
    expect(out).toMatch(/^image +labelled +found +AP@0\.5 +AP@0\.75 +AP@0\.9$/m);
    // IoU of 7 rows in 8 is 0.875: found at 0.75, lost at 0.9.
    expect(out).toMatch(/^a_img\.png +2 +2 +1\.000 +1\.000 +0\.000$/m);
    expect(out).toMatch(/^b_img\.png +4 +1 +0\.250 +0\.250 +0\.250$/m);
    expect(out).toMatch(/^mean of 2 images +0\.625 +0\.625 +0\.125$/m);
    // 3 of 6 cells; at 0.9 one hit, two false finds, five misses.
    expect(out).toMatch(/^all cells pooled +6 +3 +0\.500 +0\.500 +0\.125$/m);
    const scores = JSON.parse(readFileSync(json, 'utf8'));
    expect(scores).toMatchObject({
      meanOverImages: { images: 2, ap: [0.625, 0.625, 0.125] },
      pooledOverCells: { ap: [0.5, 0.5, 0.125], tp: [3, 3, 1], fp: [0, 0, 2], fn: [3, 3, 5] },
    });
    expect(scores.images[0]).toMatchObject({ image: 'a_img.png', cells: { true: 2, found: 2 }, diameter: null });
    expect(scores.images[0].trueDiameter).toBeCloseTo(2 * Math.sqrt(64 / Math.PI));
  });

  it('runs a model, with the diameter of the labels where that is wanted', async () => {
    const seen: number[] = [];
    const loadSegmenter: Host['loadSegmenter'] = async () => ({
      name: 'fake',
      diamMean: 17,
      diamLabels: 17,
      estimatesDiameter: false,
      eval: async (_, { diameter }) => {
        seen.push(diameter as number);
        const { data } = squares([1, 0, 2]);
        return { masks: { data: Int32Array.from(data), shape }, diameter } as never;
      },
      release: async () => {},
    });
    const { code, out } = await run(['--pretrained_model', 'nuclei_ref', '--true_diameter'], { loadSegmenter });
    expect(code).toBe(0);
    expect(out).toContain('model fake against the labels of');
    expect(out).toMatch(/^mean of 2 images +0\.750 +0\.750 +0\.750$/m);
    expect(seen).toEqual([2 * Math.sqrt(64 / Math.PI), 2 * Math.sqrt(64 / Math.PI)].map((d) => expect.closeTo(d, 6)));
  });

  it('takes _seg.npy as labels and as masks', async () => {
    for (const name of ['a', 'b']) {
      const masks = { data: Int32Array.from(squares([1, 2]).data), shape };
      const n = shape[0] * shape[1];
      const seg = writeSegNpy({
        masks,
        dP: { data: new Float32Array(2 * n), shape: [2, ...shape] },
        cellprob: { data: new Float32Array(n), shape },
        flowPicture: { data: new Uint8Array(3 * n), shape: [...shape, 3] },
        diameter: 8,
        filename: `${name}_img.png`,
      });
      writeFileSync(join(folder, `${name}_seg.npy`), seg);
      writeFileSync(join(pred, `${name}_seg.npy`), seg);
    }
    const { code, out } = await run(['--mask_filter', '_seg.npy', '--pred_dir', pred, '--pred_filter', '_seg']);
    expect(code).toBe(0);
    expect(out).toMatch(/^all cells pooled +4 +4 +1\.000 +1\.000 +1\.000$/m);
  });

  it('shows an image without cells apart', async () => {
    writeFileSync(join(folder, 'b_masks.png'), writePng(squares([])));
    writeFileSync(join(pred, 'b_cp_masks.tif'), writeTiff(squares([])));
    const { out } = await run(['--pred_dir', pred]);
    expect(out).toMatch(/^b_img\.png +0 +0 +– +– +–$/m);
    expect(out).toMatch(/^mean of 1 images/m);
    expect(out).toContain('1 image has no cells on either side');
  });

  it('names what cannot be compared, compares the rest, and says so by its exit code', async () => {
    writeFileSync(join(pred, 'a_cp_masks.png'), writePng({ data: new Uint8Array(25), shape: [5, 5] }));
    const { code, out } = await run(['--pred_dir', pred]);
    expect(code).toBe(1);
    expect(out).toMatch(/not compared: a_img\.png: .*a_masks\.png: the labels are 12 × 40, the masks to compare 5 × 5/);
    expect(out).toMatch(/^mean of 1 images +0\.250/m);
  });

  it.each([
    [
      'no labels',
      () => rmSync(join(folder, 'b_masks.png')),
      ['--pred_dir', '.'],
      /1 of 2 images have no labels: .*b_masks\.png/,
    ],
    [
      'no masks',
      () => rmSync(join(pred, 'b_cp_masks.tif')),
      undefined,
      /1 of 2 images have no masks there: b_img\.png .*--pred_filter/,
    ],
    [
      'labels that are none',
      () => writeFileSync(join(pred, 'b_cp_masks.npy'), writeNpy({ data: Float32Array.of(0.5), shape: [1, 1] })),
      undefined,
      /b_cp_masks/,
    ],
  ])('%s', async (what, prepare, words, message) => {
    if (what === 'labels that are none') rmSync(join(pred, 'b_cp_masks.tif'));
    prepare();
    const { code, out, err } = await run(words ?? ['--pred_dir', pred]);
    expect(code).toBe(1);
    expect(out + err).toMatch(message);
  });

  it('needs a folder, and one diameter at most', async () => {
    const fake = fakeHost(root);
    expect(await main(['evaluate'], fake.host)).toBe(2);
    expect(fake.err()).toContain('evaluate: needs --dir FOLDER');
    const { code, err } = await run(['--true_diameter', '--diameter', '20']);
    expect(code).toBe(2);
    expect(err).toContain('--true_diameter: leave out --diameter');
    expect(existsSync(join(folder, 'scores.json'))).toBe(false);
  });
});
