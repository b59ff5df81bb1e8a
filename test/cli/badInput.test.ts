/** What cannot work, through the whole program with the real model: each failure names the file, the value and the remedy. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NdArray, writePng, writeTiff } from 'cellpose-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../apps/cli/program.ts';
import { fakeHost } from './fakeHost.ts';

const disk = (shape: readonly number[], levels: readonly [number, number] = [10, 200]): NdArray<Uint8Array> => {
  const [ly, lx, nchan = 1] = shape as [number, number, number?];
  const inside = (i: number) => {
    const [y, x] = [Math.floor(i / nchan / lx) - ly / 2, (Math.floor(i / nchan) % lx) - lx / 2];
    return y * y + x * x < 64;
  };
  return { data: Uint8Array.from({ length: ly * lx * nchan }, (_, i) => levels[inside(i) ? 1 : 0]), shape };
};

/** Bytes with some of them replaced, as a damaged disk would. */
const patched = (bytes: Uint8Array, at: number, values: readonly number[]) => {
  bytes.set(values, at);
  return bytes;
};

describe('bad input', () => {
  let root: string;
  let folder: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'bad-'));
    folder = join(root, 'images');
    mkdirSync(folder);
  });
  afterAll(() => rmSync(root, { recursive: true }));

  async function run(name: string, bytes: Uint8Array | string, ...words: string[]) {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    const fake = fakeHost(join(root, 'home'));
    const flags = ['--pretrained_model', 'nuclei_ref', '--no_npy', '--save_tif', '--threads', '1', '--diameter', '17'];
    const code = await main(['--image_path', path, ...flags, ...words], fake.host);
    const written = readdirSync(folder).filter((file) => file !== name);
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    return { code, out: fake.out(), err: fake.err(), written };
  }

  it('works on a good image, as a check of what follows', async () => {
    const { code, out, written } = await run('disk.png', writePng(disk([48, 48])));
    expect(out).toMatch('1 cell');
    expect(code).toBe(0);
    expect(written).toEqual(['disk_cp_masks.tif']);
  });

  const png = writePng(disk([48, 48]));
  it.each([
    ['an empty file', 'a.png', new Uint8Array(0), /empty/],
    ['text', 'a.tif', 'no image at all', /none of TIFF, PNG, JPEG/],
    ['a cut PNG', 'a.png', png.slice(0, 100), /cut|end|short/],
    ['a PNG with wrong checksums', 'a.png', patched(png.slice(), 45, [1, 2, 3]), /checksum|damaged/],
    ['a PNG that claims to be huge', 'a.png', patched(png.slice(), 16, [0x7f, 255, 255, 255]), /claims|checksum/],
    ['a kind that is not read', 'a.nd2', Uint8Array.from([0xda, 0xce, 0xbe, 0x0a, 1, 2, 3, 4]), /ND2.*TIFF/],
    ['a GIF', 'a.png', 'GIF89a...........', /GIF/],
  ])('names %s', async (_, name, bytes, message) => {
    const { code, err, written } = await run(name, bytes);
    expect(code).toBe(1);
    expect(err).toMatch(join(folder, name));
    expect(err).toMatch(message);
    expect(written).toEqual([]);
  });

  it('finds nothing in a constant image', async () => {
    const { code, out, written } = await run('flat.png', writePng(disk([48, 48], [50, 50])), '--save_png');
    expect(out).toMatch('0 cells');
    expect(code).toBe(0);
    expect(written).toEqual(['flat_cp_masks.png', 'flat_cp_masks.tif']);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('names values of %s', async (value) => {
    const data = Float32Array.from(disk([48, 48]).data);
    data[7] = value;
    const { code, err } = await run('a.tif', writeTiff({ data, shape: [48, 48] }));
    expect(code).toBe(1);
    expect(err).toMatch(/1 .*NaN or infinite/);
  });

  it.each([
    ['channels that the image lacks', [48, 48, 2], ['--chan', '3'], /channels/],
    ['axes that the image lacks', [48, 48, 3], ['--channel_axis', '7'], /7/],
    ['one axis for two things', [6, 48, 48], ['--channel_axis', '0', '--z_axis', '0'], /differ/],
  ])('names %s', async (_, shape, words, message) => {
    const { code, err } = await run(
      'a.tif',
      writeTiff(disk(shape as number[]), { rgb: false }),
      ...(words as string[]),
    );
    expect(code).toBe(1);
    expect(err).toMatch(message as RegExp);
  });

  it('refuses a diameter so small that the image would be blown up beyond memory, and says the size', async () => {
    const { code, err } = await run('a.png', png, '--diameter', '0.01');
    expect(code).toBe(1);
    expect(err).toMatch(/diameter/);
    expect(err).toMatch(/[GM]i?B/);
  });

  it('refuses a diameter so large that nothing is left of the image', async () => {
    const { code, err } = await run('a.png', png, '--diameter', '5000');
    expect(code).toBe(1);
    expect(err).toMatch('diameter 5000');
  });

  // Folders and devices that refuse writing even to root exist on Linux only.
  const onLinux = it.skipIf(process.platform !== 'linux');

  onLinux('says that all folders are out of reach before it computes', async () => {
    const file = join(root, 'file.png');
    writeFileSync(file, png);
    const fake = fakeHost('/dev/null');
    const words = [
      '--image_path',
      file,
      '--savedir',
      '/proc/self',
      '--no_npy',
      '--save_png',
      '--pretrained_model',
      'nuclei_ref',
    ];
    const code = await main(words, fake.host);
    expect(code).toBe(1);
    expect(fake.err()).toMatch('/proc/self');
  });

  onLinux('says that the disk is full, for a record too', async () => {
    const { code, err } = await run('a.png', png, '--record', '/dev/full');
    expect(code).toBe(0);
    expect(err).toMatch(/record.*disk is full/);
  });
});
