/**
 * `--restore_type` through the whole program, against labels and images of Cellpose 3.1's own command line: it gave those of
 * the goldens, where the networks were in its folder under the names used here. Its `_seg.npy` had the keys that are named below.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NdArray, readImage, readSegNpy, toCellposeImage, writePng, writeTiff } from 'cellpose-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../apps/cli/program.ts';
import { differingPixels } from '../helpers/labels.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';
import { fakeHost } from './fakeHost.ts';

const goldens = readNpz(goldenPath('restore-segment.npz')!);
const checkpoint = (name: string): string => goldenPath(`checkpoints/${name}.pth`)!;

describe('--restore_type', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'restore-'));
    const models = join(root, '.cellpose', 'models');
    mkdirSync(models, { recursive: true });
    for (const name of ['denoise_cyto3', 'upsample_cyto3']) copyFileSync(checkpoint('restore'), join(models, name));
    copyFileSync(checkpoint('restore_nuclei'), join(models, 'denoise_nuclei'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  async function run(image: NdArray, ...words: string[]) {
    const folder = mkdtempSync(join(root, 'images-'));
    const data = image as NdArray<Uint8Array>;
    writeFileSync(join(folder, 'a.tif'), writeTiff(data, { rgb: false }));
    const fake = fakeHost(root);
    const record = join(folder, 'record.json');
    const flags = ['--dir', folder, '--pretrained_model', checkpoint('small'), '--record', record, '--offline'];
    const picks = ['--chan', '1', '--chan2', '2', '--channel_axis', '0'];
    const code = await main([...flags, ...picks, ...words], fake.host);
    return {
      ...{ code, out: fake.out(), err: fake.err(), path: (name: string) => join(folder, name) },
      record: () => JSON.parse(readFileSync(record, 'utf8')),
      seg: () => readSegNpy(new Uint8Array(readFileSync(join(folder, 'a_seg.npy')))),
    };
  }

  it('is marked in the list of models', async () => {
    const fake = fakeHost(root);
    expect(await main(['models'], fake.host)).toBe(0);
    expect(fake.out()).toMatch(/denoise_nuclei .*diameter 17 pixels, 1 channel, restores images \(--restore_type\)/);
    expect(fake.out()).toMatch(/nuclei_ref .*2 channels, estimates/);
    expect(await main(['models', '--remove', 'denoise_nuclei'], fakeHost(root).host)).toBe(1);
    expect(existsSync(join(root, '.cellpose', 'models', 'denoise_nuclei'))).toBe(true);
  });

  it('gives the labels of Cellpose, and keeps the restored image where it does', async () => {
    const { code, seg, record, path } = await run(
      goldens['noisy']!,
      ...['--restore_type', 'denoise_cyto3', '--diameter', '18', '--save_restored', '--save_png'],
    );
    expect(code).toBe(0);
    const { masks, otherKeys, diameter } = seg();
    const expected = goldens['masks/diameter18']!;
    expect(differingPixels(expected, masks)).toBeLessThanOrEqual(0.001 * masks.data.length);
    expect(otherKeys).toEqual(['restore', 'ratio', 'img_restore']);
    expect(diameter).toBe(18);
    const restored = toCellposeImage(await readImage(new Uint8Array(readFileSync(path('a_cp_restored.tif')))));
    expect(restored.data).toBeInstanceOf(Float32Array);
    expect(restored.shape).toEqual([2, 150, 170]);
    expect(record().model).toMatchObject({ name: 'small.pth', restore: { name: 'denoise_cyto3' } });
    expect(record().model.restore.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(record().images[0].milliseconds.restore).toBeGreaterThan(0);
  });

  it('gives labels and pictures of the enlarged image where it upsamples', async () => {
    const image = corner(goldens['noisy']!, 75, 85);
    const { code, err, seg, path } = await run(
      image,
      ...['--restore_type', 'upsample_cyto3', '--diameter', '17', '--save_outlines', '--save_csv', '--save_overlay'],
    );
    expect([code, err]).toEqual([0, '']);
    expect(differingPixels(goldens['masks/upsample']!, seg().masks)).toBeLessThanOrEqual(20);
    expect(seg().diameter).toBe(30);
    const outlines = toCellposeImage(await readImage(new Uint8Array(readFileSync(path('a_outlines_cp_masks.png')))));
    expect(outlines.shape.slice(0, 2)).toEqual([132, 150]);
    expect(existsSync(path('a_cp_objects.csv'))).toBe(true);
  });

  it('restores the second channel with the network for nuclei', async () => {
    const flags = ['--restore_type', 'denoise_cyto3', '--chan2_restore', '--diameter', '18'];
    const { code, seg, record } = await run(goldens['noisy']!, ...flags);
    expect(code).toBe(0);
    expect(differingPixels(goldens['masks/chan2']!, seg().masks)).toBeLessThanOrEqual(30);
    expect(record().model.chan2Restore.name).toBe('denoise_nuclei');
  });

  it('takes a path, and the mean diameter of training for --diameter 0', async () => {
    const flags = ['--restore_type', checkpoint('restore'), '--diameter', '0', '--no_npy', '--save_restored'];
    const { code, err, record } = await run(corner(goldens['noisy']!, 75, 85), ...flags);
    expect(code).toBe(0);
    expect(err).toContain('--diameter 0: with --restore_type it is not estimated but 16.51 pixels');
    expect(record().images[0].diameter).toBeCloseTo(16.5124, 3);
  });

  it.each([
    ['--z_axis', 'ZCYX'],
    ['--t_axis', 'TCYX'],
  ])('says of a stack along %s what its pages are: %s', async (flag, axes) => {
    const image = corner(goldens['noisy']!, 40, 48) as NdArray<Uint8Array>;
    const planes = { data: new Uint8Array(2 * image.data.length), shape: [2, 2, 40, 48] };
    for (const [c, at] of [0, 0, 1, 1].entries())
      planes.data.set(image.data.subarray(at * 1920, (at + 1) * 1920), c * 1920);
    const flags = ['--restore_type', 'denoise_cyto3', '--diameter', '18', '--save_restored', '--no_npy'];
    const { code, path } = await run(planes, ...flags, flag, '1');
    expect(code).toBe(0);
    const restored = await readImage(new Uint8Array(readFileSync(path('a_cp_restored.tif'))));
    expect([restored.axes, restored.data.shape]).toEqual([axes, [2, 2, 40, 48]]);
    expect(restored.axesFrom).toBe(axes.startsWith('Z') ? 'ome' : 'imagej');
  });

  it('does not take the restored image for an image in the next run', async () => {
    const { path } = await run(corner(goldens['noisy']!, 75, 85), '--restore_type', 'denoise_cyto3', '--save_restored');
    const fake = fakeHost(root);
    const flags = ['--pretrained_model', checkpoint('small'), '--channel_axis', '0'];
    await main(['--dir', path(''), ...flags], fake.host);
    expect(fake.out()).toContain('1 image, ');
  });

  it.each([
    [['--restore_type', 'deblur_cyto2'], 'its weights are not on this machine, and --offline forbids'],
    [
      ['--restore_type', 'sharpen'],
      'no network of this name. denoise_nuclei_small ships with this program; those of Cellpose',
    ],
    [
      ['--restore_type', checkpoint('restore'), '--chan2_restore'],
      '--chan2_restore: Cellpose has no network for nuclei',
    ],
    [['--restore_type', checkpoint('small')], 'needs a network of 1 channel and 1 output; got 2 and 3'],
  ])('refuses %j', async (words, message) => {
    const { code, err } = await run(corner(goldens['noisy']!, 75, 85), ...words);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });

  it('takes the network that ships with the program, by its name', async () => {
    const image = corner(goldens['noisy']!, 75, 85);
    const { code, record } = await run(image, '--restore_type', 'denoise_nuclei_small', '--diameter', '17', '--no_npy');
    expect(code).toBe(0);
    expect(record().model.restore.name).toBe('denoise_nuclei_small');
    const fake = fakeHost(root);
    expect(await main(['models'], fake.host)).toBe(0);
    expect(fake.out()).toMatch(/denoise_nuclei_small .*0\.8 MB, diameter 17 pixels, 1 channel, restores images/);
  });

  it('is told by --dry_run', async () => {
    const image = corner(goldens['noisy']!, 75, 85);
    expect((await run(image, '--restore_type', 'denoise_cyto3', '--dry_run')).out).toMatch(
      /, after denoise_cyto3 \(.*\)/,
    );
    const stack = { data: Uint8Array.from({ length: 6 * 60 * 70 }, (_, i) => (i * 31) % 255), shape: [2, 3, 60, 70] };
    const flags = ['--do_3D', '--z_axis', '1', '--diameter', '15', '--dry_run'];
    const { out } = await run(stack, '--restore_type', 'upsample_cyto3', ...flags);
    expect(out).toMatch(/volume of 3 × 120 × 140.*: \d+ tiles, \d+ to restore them, .*up to 0\.8 GB of memory/);
  });

  it('compares labels of an enlarged picture at the size of the picture', async () => {
    const folder = mkdtempSync(join(root, 'labelled-'));
    const image = corner(goldens['noisy']!, 75, 85) as NdArray<Uint8Array>;
    const labels = corner(goldens['masks/diameter18']!, 75, 85, 1) as NdArray<Uint8Array>;
    writeFileSync(join(folder, 'a.tif'), writeTiff(image, { rgb: false }));
    writeFileSync(join(folder, 'a_masks.png'), writePng({ data: labels.data, shape: [75, 85] }));
    const fake = fakeHost(root);
    const flags = ['--pretrained_model', checkpoint('small'), '--restore_type', 'upsample_cyto3', '--diameter', '17'];
    const picks = ['--chan', '1', '--chan2', '2', '--channel_axis', '0'];
    expect(await main(['evaluate', '--dir', folder, ...flags, ...picks], fake.host)).toBe(0);
    expect(fake.out()).toContain('all cells pooled');
  });
});

/** The upper left (h, w) of each of `n` planes. */
function corner({ data, shape }: NdArray, h: number, w: number, n = 2): NdArray {
  const [ly, lx] = shape.slice(-2) as [number, number];
  const out = new Uint8Array(n * h * w);
  for (let c = 0, i = 0; c < n; c++)
    for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) out[i++] = Number(data[(c * ly + y) * lx + x]);
  return { data: out, shape: [n, h, w] };
}
