/** Images larger than memory should hold: files beyond 2 and 4 GiB, of which parts are read, and how the command line passes them on. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EvalOptions, type ImagePlanes, type NdArray, openImage, writeNpy, writeTiff } from 'cellpose-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceOfPath } from '../../apps/cli/fileSource.ts';
import { main } from '../../apps/cli/program.ts';
import { openPicture, sha256OfImage } from '../../apps/cli/readPicture.ts';
import { fakeHost } from './fakeHost.ts';
import { pixelsAsLabels } from './fakeSegmenters.ts';

const folder = mkdtempSync(join(tmpdir(), 'large-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A sparse file: what is not written is zeros and takes no room on the disk. */
async function sparse(name: string, size: number, parts: readonly (readonly [number, Uint8Array])[]): Promise<string> {
  const path = join(folder, name);
  const file = await open(path, 'w');
  await file.truncate(size);
  for (const [at, bytes] of parts) await file.write(bytes, 0, bytes.length, at);
  await file.close();
  return path;
}

const opened = async (path: string) => openImage(await sourceOfPath(path));
const text = (value: string) => new TextEncoder().encode(value);
const words = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);

/** Width and height of planes, and planes: more than 5 GB. */
const [n, lz] = [2048, 640];
const planeBytes = 2 * n * n;

/** Rows 5 and 6 of the plane are as they were written. */
async function expectPlane(image: ImagePlanes<NdArray['data'] | BigInt64Array | BigUint64Array>, z: number) {
  const { data, shape } = await image.read(0, z, z + 1);
  expect(shape).toEqual([1, n, n]);
  expect(Array.from(data.subarray(5 * n - 1, 5 * n + 3), Number)).toEqual([0, z, 7, 0]);
}
const marks = (start: number) => [0, 270, 639].map((z) => [start + z * planeBytes + 10 * n, words(z, 7)] as const);

describe('planes of files above 4 GiB', () => {
  it('ImageJ’s own form: one directory, and the planes behind it', async () => {
    const description = text(`ImageJ=1.54f\nimages=${lz}\nslices=${lz}\n\0`);
    const tags = [
      [256, 4, 1, n],
      [257, 4, 1, n],
      [258, 3, 1, 16],
      [259, 3, 1, 1],
      [262, 3, 1, 1],
      [270, 2, description.length, 200],
      [273, 4, 1, 512],
      [278, 4, 1, n],
      [279, 4, 1, planeBytes],
    ];
    const head = new DataView(new ArrayBuffer(200));
    head.setUint32(0, 0x2a4949, true);
    head.setUint32(4, 8, true);
    head.setUint16(8, tags.length, true);
    for (const [k, [code, type, count, value]] of tags.entries()) {
      head.setUint16(10 + 12 * k, code!, true);
      head.setUint16(12 + 12 * k, type!, true);
      head.setUint32(14 + 12 * k, count!, true);
      head.setUint32(18 + 12 * k, value!, true);
    }
    const parts = [[0, new Uint8Array(head.buffer)], [200, description], ...marks(512)] as const;
    const image = await opened(await sparse('imagej.tif', 512 + lz * planeBytes, parts));
    expect([image.shape, image.axes, image.dtype, image.warnings]).toEqual([[lz, n, n], 'ZYX', 'uint16', []]);
    for (const z of [0, 270, 639]) await expectPlane(image, z);
    await expect(image.read(0, 0, lz)).rejects.toThrow(/maxBytes/);
  });

  it('BigTIFF: a page of more than 4 GiB in one strip, some of its lines', async () => {
    const [width, height] = [65536, 40000];
    const small = writeTiff({ data: new Uint16Array(1), shape: [1, 1] }, { bigTiff: true, compression: 'none' });
    const view = new DataView(small.buffer);
    const directory = Number(view.getBigUint64(8, true));
    const values: Record<number, number> = {
      256: width,
      257: height,
      278: height,
      279: 2 * width * height,
      273: small.length,
    };
    for (let k = 0; k < Number(view.getBigUint64(directory, true)); k++) {
      const at = directory + 8 + 20 * k;
      const value = values[view.getUint16(at, true)];
      if (view.getUint16(at, true) === 270) view.setUint16(at, 65000, true);
      if (value === undefined) continue;
      view.setUint16(at + 2, 16, true);
      view.setBigUint64(at + 12, BigInt(value), true);
    }
    const row = small.length + 2 * width * 39998;
    const path = await sparse('big.tif', small.length + 2 * width * height, [
      [0, small],
      [row, words(3, 1, 4)],
    ]);
    const image = await opened(path);
    expect(image.shape).toEqual([height, width]);
    const { data, shape } = await image.read(0, 39997, 40000);
    expect(shape).toEqual([3, width]);
    expect(Array.from(data.subarray(width - 1, width + 4), Number)).toEqual([0, 3, 1, 4, 0]);
  });

  it('NRRD and .npy', async () => {
    const nrrd = text(
      `NRRD0004\ntype: ushort\ndimension: 3\nsizes: ${n} ${n} ${lz}\nencoding: raw\nendian: little\n\n`,
    );
    const one = writeNpy({ data: new Uint16Array(0), shape: [0, n, n] });
    const npy = text(
      new TextDecoder('latin1')
        .decode(one)
        .replace('(0, ', `(${lz}, `)
        .replace(/ {2}\n$/, '\n'),
    );
    // The first byte of the mark is no text.
    npy.copyWithin(0, 1);
    npy[0] = 0x93;
    for (const [name, head] of [
      ['x.nrrd', nrrd],
      ['x.npy', npy.subarray(0, one.length)],
    ] as const) {
      const path = await sparse(name, head.length + lz * planeBytes, [[0, head], ...marks(head.length)]);
      const image = await opened(path);
      expect([image.shape, image.isInMemory]).toEqual([[lz, n, n], false]);
      for (const z of [0, 270, 639]) await expectPlane(image, z);
    }
  });

  it('says so where the file has changed since', async () => {
    const path = await sparse('changed.npy', 0, [[0, writeNpy({ data: new Uint8Array(16), shape: [4, 4] })]]);
    const image = await opened(path);
    writeFileSync(path, 'other');
    await expect(image.read(0, 0, 4)).rejects.toThrow(/changed\.npy: another program changed it/);
  });
});

describe('a large stack on the command line', () => {
  /** 96 MB, in each plane a cell that wanders. */
  const shape = [24, 2000, 2000];
  const path = join(folder, 'stack.tif');
  beforeAll(() => {
    const data = new Uint8Array(24 * 2000 * 2000);
    for (let z = 0; z < 24; z++)
      for (let y = 0; y < 9; y++) data.fill(1, z * 4e6 + (z + y) * 2000, z * 4e6 + (z + y) * 2000 + 9);
    writeFileSync(path, writeTiff({ data, shape }, { compression: 'none', axes: 'ZYX', description: 'imagej' }));
  });

  async function run(...flags: string[]) {
    const given: { image: NdArray | ImagePlanes; options: EvalOptions }[] = [];
    const loadSegmenter = async () => ({
      ...pixelsAsLabels,
      eval: async (image: NdArray | ImagePlanes, options: EvalOptions) => {
        given.push({ image, options });
        const { data } = 'read' in image ? await image.read(0, 5, 6) : image;
        return pixelsAsLabels.eval({ data, shape: [2000, 2000] }, options);
      },
    });
    const fake = fakeHost(folder, { loadSegmenter });
    const code = await main(['--image_path', path, '--pretrained_model', 'nuclei_ref', ...flags], fake.host);
    return { code, given, out: fake.out() + fake.err() };
  }

  it('goes to the model by its planes, without flows where no file needs them', async () => {
    const { code, given, out } = await run('--no_npy', '--save_tif', '--stitch_threshold', '0.3', '--diameter', '20');
    expect(out).toMatch(/1 cell/);
    expect(code).toBe(0);
    const [{ image, options }] = given as [(typeof given)[0]];
    expect('read' in image && image.isInMemory).toBe(false);
    expect(image.shape).toEqual(shape);
    expect(options.keepFlows).toBe(false);
  });

  it('keeps its flows for _seg.npy and tables', async () => {
    for (const flags of [[], ['--no_npy', '--save_csv']])
      expect((await run('--stitch_threshold', '0.3', ...flags)).given[0]!.options.keepFlows).toBe(true);
  });

  it('is the file that the record names', async () => {
    expect((await openPicture(path)).sha256).toBe(await sha256OfImage(path));
  });
});
