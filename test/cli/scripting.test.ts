/** What scripts need of the command line: patterns, a look before the run, results as JSON, and a check of the machine. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePng, writeTiff } from 'cellpose-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../apps/cli/host.ts';
import { main } from '../../apps/cli/program.ts';
import { fakeHost } from './fakeHost.ts';
import { brightPixels, noCells, twoCells } from './fakeSegmenters.ts';

let root: string;
let model: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'script ü '));
  model = join(root, 'model');
  writeFileSync(model, 'weights');
  for (const name of ['plate1/a.png', 'plate1/b.png', 'plate2/a.png', 'other/c.png']) put(name);
});
afterEach(() => rmSync(root, { recursive: true }));

function put(name: string, image = twoCells): void {
  mkdirSync(join(root, name, '..'), { recursive: true });
  writeFileSync(join(root, name), writePng(image));
}
async function run(words: readonly string[], changes: Partial<Host> = {}) {
  const fake = fakeHost(join(root, 'home'), { loadSegmenter: async () => brightPixels, ...changes });
  const code = await main(['--pretrained_model', model, '--no_npy', '--save_tif', ...words], fake.host);
  return { code, out: fake.out(), err: fake.err() };
}
const results = () =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('_cp_masks.tif'))
    .sort();

describe('patterns', () => {
  it('name several folders', async () => {
    const { code, out } = await run(['--dir', join(root, 'plate*')]);
    expect(code).toBe(0);
    expect(out).toMatch('3 of 3 images');
    expect(results()).toEqual(['plate1/a_cp_masks.tif', 'plate1/b_cp_masks.tif', 'plate2/a_cp_masks.tif']);
  });

  it('name files, wherever they lie, results and hidden files left out, each file once', async () => {
    symlinkSync(root, join(root, 'other', 'loop'));
    put('plate1/.hidden.png');
    put('plate1/a_cp_masks.png');
    const { out } = await run(['--image_path', join(root, '**', '[ab].png')]);
    expect(out).toMatch('3 of 3 images');
    expect((await run(['--image_path', join(root, '**', '*.png')])).out).toMatch('4 of 4 images');
  });

  it('are not seen in names that are there', async () => {
    put('x/[ab].png');
    put('x/a.png');
    const { out } = await run(['--image_path', join(root, 'x', '[ab].png')]);
    expect(out).toMatch('1 of 1 image');
    expect(results()).toEqual(['x/[ab]_cp_masks.tif']);
  });

  it.each([
    ['--dir', 'slide*', /no folder fits/],
    ['--dir', 'home*', /empty|none/],
    ['--image_path', '*.gif', /no file fits/],
    ['--image_path', 'mod*l', /none of its 1 files is an image/],
  ])('%s %s fits nothing', async (flag, pattern, message) => {
    mkdirSync(join(root, 'home1'));
    const { code, err } = await run([flag, join(root, pattern)]);
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });
});

describe('--dry_run', () => {
  it('says what would be done, and writes nothing', async () => {
    put('plate1/a_cp_masks.tif');
    const before = readdirSync(root, { recursive: true }).sort();
    const { code, out } = await run(['--dir', join(root, 'plate1'), '--dry_run', '--save_csv']);
    expect(code).toBe(0);
    expect(out).toMatch(/a\.png: 8 × 12 \(YX\), uint8/);
    expect(out).toMatch(/a_cp_masks\.tif \(replaced\)/);
    expect(out).toMatch('4 files would be written, 1 in place of others');
    expect(readdirSync(root, { recursive: true }).sort()).toEqual(before);
  });

  it('names the files that a stack will have', async () => {
    const stack = { data: new Uint8Array(3 * 96), shape: [3, 8, 12] };
    mkdirSync(join(root, 'stacks'));
    writeFileSync(join(root, 'stacks', 's.tif'), writeTiff(stack, { rgb: false }));
    const flags = ['--dir', join(root, 'stacks'), '--z_axis', '0', '--save_png', '--save_outlines', '--save_csv'];
    const planned = await run([...flags, '--dry_run']);
    expect(planned.out).toMatch('2 files would be written');
    await run(flags);
    const again = await run([...flags, '--dry_run']);
    expect(again.out).toMatch('2 files would be written, 2 in place of others');
  });

  it('finds what would fail', async () => {
    writeFileSync(join(root, 'plate1', 'c.png'), 'no image');
    const { code, out, err } = await run(['--dir', join(root, 'plate1'), '--dry_run']);
    expect(code).toBe(1);
    expect(out).toMatch(/c\.png: FAILED: .*none of TIFF, PNG, JPEG/);
    expect(err).toMatch('1 of 3 images could not be segmented');
    put('colour/a.png', { data: new Uint8Array(288), shape: [8, 12, 3] });
    const channel = await run(['--dir', join(root, 'colour'), '--dry_run', '--channel_axis', '7']);
    expect(channel.code).toBe(1);
  });

  it('does not download a model, and says that it would be', async () => {
    const words = ['--dir', join(root, 'plate1'), '--dry_run'];
    const { code, out } = await run([...words, '--pretrained_model', 'cyto3']);
    expect(code).toBe(0);
    expect(out).toMatch(/cyto3: .*would be downloaded/);
    const unknown = await run([...words, '--pretrained_model', 'cito3']);
    expect(unknown.code).toBe(1);
    const offline = await run([...words, '--pretrained_model', 'cyto3', '--offline']);
    expect(offline.code).toBe(1);
  });

  it('is refused for a training, for evaluate and for make_train', async () => {
    for (const command of ['evaluate', 'make_train'])
      expect(await main([command, '--dir', join(root, 'plate1'), '--dry_run'], fakeHost(root).host)).toBe(2);
    expect(results()).toEqual([]);
    expect((await run(['--train', '--dir', join(root, 'plate1'), '--dry_run'])).code).toBe(2);
  });
});

describe('--json', () => {
  it.each(['no such folder/x.json', 'plate2'])('%s is refused before anything is computed', async (place) => {
    const { code, err } = await run(['--dir', join(root, 'plate1'), '--json', join(root, place)]);
    expect(code).toBe(1);
    expect(err).toMatch('--json');
    expect(results()).toEqual([]);
  });

  it('names files as the run does, also where they were finished before', async () => {
    const flags = ['--dir', join(root, 'plate1'), '--json', '-', '--resume'];
    const [first, second] = [await run(flags), await run(flags)];
    expect(second.err).toMatch('2 of 2 images were finished before');
    expect(JSON.parse(second.out).results).toEqual(JSON.parse(first.out).results);
  });

  it('gives what was found and written as one document on the standard output', async () => {
    put('plate1/b.png', noCells);
    writeFileSync(join(root, 'plate1', 'c.png'), 'no image');
    const { code, out, err } = await run(['--dir', join(root, 'plate1'), '--json', '-']);
    expect(code).toBe(1);
    expect(err).toMatch('2 of 3 images done');
    const summary = JSON.parse(out);
    expect(summary).toMatchObject({
      exitCode: 1,
      model: 'model',
      cells: 2,
      images: { total: 3, done: 2, failed: 1, notDone: 0 },
    });
    const [a, b, c] = summary.results;
    expect([a.cells, b.cells, c.status]).toEqual([2, 0, 'failed']);
    expect(existsSync(a.files.tif)).toBe(true);
    expect(c.errors[0]).toMatch('none of TIFF, PNG, JPEG');
  });

  it('writes it into a file, and says so', async () => {
    const file = join(root, 'summary.json');
    const { out } = await run(['--dir', join(root, 'plate1'), '--json', file]);
    expect(out).toMatch(`all numbers are in ${file}`);
    expect(JSON.parse(readFileSync(file, 'utf8')).images.done).toBe(2);
    const lost = await run(['--dir', join(root, 'plate1'), '--json', join(root, 'nowhere', 's.json')]);
    expect(lost.code).toBe(1);
    expect(lost.err).toMatch(/--json .*nowhere.*cannot be written/);
  });

  it('tells the plan of a dry run', async () => {
    const { out } = await run(['--dir', join(root, 'plate1'), '--dry_run', '--json', '-']);
    const { images } = JSON.parse(out);
    expect(images.map(({ axes }: { axes: string }) => axes)).toEqual(['YX', 'YX']);
    expect(images[0].files).toEqual([{ kind: 'tif', path: join(root, 'plate1', 'a_cp_masks.tif'), replaces: false }]);
  });
});

describe('doctor', () => {
  const doctor = async (words: readonly string[], home = join(root, 'home')) => {
    const fake = fakeHost(home);
    const code = await main(['doctor', ...words], fake.host);
    return { code, out: fake.out(), err: fake.err() };
  };

  it('checks everything and measures the network in both precisions', async () => {
    const { code, out, err } = await doctor(['--json', '-']);
    expect(err).toMatch('Everything works.');
    expect(code).toBe(0);
    const { findings } = JSON.parse(out);
    expect(findings.map(({ name, ok }: { name: string; ok: boolean }) => [name, ok])).toEqual([
      ['program', true],
      ['machine', true],
      ['folder', true],
      ['models', true],
      ['network, float32', true],
      ['network, int8', true],
    ]);
    expect(findings.at(-1).text).toMatch(/int8.*320 × 256 pixels in \d/);
  });

  it('names what does not work', async () => {
    const { code, out } = await doctor([], '/dev/null');
    expect(code).toBe(1);
    expect(out).toMatch(/FAIL {2}folder/);
    expect(out).toMatch('1 of 6 checks failed');
  });

  it('has help, and refuses other words', async () => {
    expect((await doctor(['--help'])).out).toMatch('usage: cellpose-ts doctor');
    expect((await doctor(['--jsn'])).code).toBe(2);
  });
});
