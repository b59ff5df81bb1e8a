/** NRRD files of other programs (pynrrd's test data), with the samples that the list in ../shared/data/formats gives. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readImage } from '../../src/io/readImage.ts';
import { shared } from '../helpers/npz.ts';

const folder = `${shared ?? ''}data/formats/nrrd/`;
const read = (name: string) =>
  readImage(new Uint8Array(readFileSync(folder + name)), {
    readBeside: async (other) => new Uint8Array(readFileSync(folder + other)),
  });
/** Of the ball, whose six encodings hold the same samples. */
const ball = '283a970d9df9586bf9c7f44175cbf60a845a3991c12a53a120113f1e1c0e8eac';

describe.skipIf(!shared || !existsSync(folder))('NRRD files of other programs (needs ../shared)', () => {
  for (const name of [
    'BallBinary30x30x30.nrrd',
    'BallBinary30x30x30_gz.nrrd',
    'BallBinary30x30x30_gz_byteskip_minus_one.nrrd',
    'BallBinary30x30x30_gz_lineskip.nrrd',
    'BallBinary30x30x30.nhdr',
    'BallBinary30x30x30_byteskip_minus_one.nhdr',
    'BallBinary30x30x30_byteskip_minus_one_nifti.nhdr',
  ])
    it(`reads ${name}`, async () => {
      const { data, dtype, axes, axesFrom } = await read(name);
      expect([data.shape, dtype, axes, axesFrom]).toEqual([[30, 30, 30], 'int16', 'ZYX', 'nrrd']);
      expect(createHash('sha256').update(new Uint8Array(data.data.buffer)).digest('hex')).toBe(ball);
    });

  it('reads numbers written as text', async () => {
    const { data, dtype, axes } = await read('test2d_ascii.nrrd');
    expect([data.shape, dtype, axes]).toEqual([[9, 3], 'uint16', 'YX']);
    expect([...data.data]).toEqual(Array.from({ length: 27 }, (_, i) => i + 1));
  });

  it('reads four dimensions, one of them not in space', async () => {
    const { data, axes } = await read('test_simple4d_raw.nrrd');
    expect([data.shape, axes, data.data[0]]).toEqual([[1, 1, 1, 1], 'QZYX', 0.76903426]);
  });

  for (const [name, message] of [
    ['BallBinary30x30x30_bz2.nrrd', /bzip2; save the file with the encoding gzip or raw/],
    ['BallBinary30x30x30_byteskip_minus_five.nhdr', /"byte skip: -5" is impossible/],
    ['BallBinary30x30x30_nifti.nhdr', /needs 54000 bytes of samples; there are 54352; "byte skip: -1"/],
    ['test1d_ascii.nrrd', /two dimensions or more; the array is \(27\)/],
    ['test_customFields.nrrd', /two dimensions or more/],
  ] as const)
    it(`refuses ${name}`, () => expect(read(name)).rejects.toThrow(message));

  it('says what is missing where a data file cannot be opened', () =>
    expect(readImage(new Uint8Array(readFileSync(`${folder}BallBinary30x30x30.nhdr`)))).rejects.toThrow(
      /in another file, BallBinary30x30x30\.raw; give readImage the option readBeside/,
    ));
});
