import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isCellposeError } from '../../errors.ts';
import { readImage } from '../readImage.ts';

/** A file of this header and these samples. */
function nrrd(lines: readonly string[], samples: Uint8Array | string): Uint8Array {
  const data = typeof samples === 'string' ? new TextEncoder().encode(samples) : samples;
  const head = new TextEncoder().encode(`${['NRRD0005', ...lines].join('\n')}\n\n`);
  const out = new Uint8Array(head.length + data.length);
  out.set(head);
  out.set(data, head.length);
  return out;
}

const plane = ['dimension: 2', 'sizes: 3 2'];

describe('reading NRRD', () => {
  for (const [type, words, size] of [
    ['signed char', [-1, 2, 3, 4, 5, 6], 1],
    ['uint8_t', [255, 2, 3, 4, 5, 6], 1],
    ['short int', [-300, 2, 3, 4, 5, 6], 2],
    ['unsigned short int', [65535, 2, 3, 4, 5, 6], 2],
    ['signed int', [-70000, 2, 3, 4, 5, 6], 4],
    ['unsigned int', [4e9, 2, 3, 4, 5, 6], 4],
    ['float', [0.5, -2, 3, 4, 5, 6], 4],
    ['double', [0.1, -2, 3, 4, 5, 6], 8],
  ] as const)
    it(`reads ${type}, big-endian and as text alike`, async () => {
      const text = await readImage(nrrd([...plane, `type: ${type}`, 'encoding: txt'], words.join(' ')));
      expect([...text.data.data]).toEqual([...words]);
      const bytes = new Uint8Array(text.data.data.buffer.slice(0));
      for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
      const big = [...plane, `type: ${type}`, 'endian: big'];
      const raw = await readImage(nrrd([...big, 'encoding: raw'], bytes));
      expect(raw.data).toEqual({ data: text.data.data, shape: [2, 3] });
      const hex = Buffer.from(bytes).toString('hex');
      expect((await readImage(nrrd([...big, 'encoding: hex'], hex))).data).toEqual(raw.data);
      expect((await readImage(nrrd([...big, 'encoding: gz'], gzipSync(bytes)))).data).toEqual(raw.data);
    });

  it('keeps all digits of 64-bit integers', async () => {
    const { data } = await readImage(
      nrrd([...plane, 'type: long long', 'encoding: ascii'], '9007199254740993 0 0 0 0 -1'),
    );
    expect(data.data[0]).toBe(9007199254740993n);
  });

  it('names colours, time and channels by their kinds, and reads the pixel size', async () => {
    const lines = ['dimension: 4', 'sizes: 3 2 1 2', 'type: uchar', 'encoding: raw'];
    const kinds = 'kinds: RGB-color domain domain time';
    const directions = 'space directions: none (0.3,0.4,0) (0,2,0) none';
    const image = await readImage(
      nrrd([...lines, kinds, directions, 'space units: "um" "um" "um"', 'my key:= 1: 2'], new Uint8Array(12)),
    );
    expect([image.axes, image.axesFrom, image.photometric]).toEqual(['TYXS', 'nrrd', 'rgb']);
    expect(image.physicalSize).toEqual({ x: 0.5, y: 2, unit: 'um' });
    expect(image.warnings).toEqual([]);
    const unitless = await readImage(nrrd([...lines, kinds, directions], new Uint8Array(12)));
    expect(unitless.physicalSize).toBeUndefined();
    expect(unitless.warnings).toEqual([
      'NRRD: the file gives distances of pixels (0.5, 2) and no unit, so their size is not known',
    ]);
    const ones = await readImage(nrrd([...lines, 'spacings: 1 1 1 NaN'], new Uint8Array(12)));
    expect(ones.warnings).toEqual([]);
    const list = await readImage(nrrd([...lines, 'kinds: domain domain domain list'], new Uint8Array(12)));
    expect([list.axes, list.data.shape]).toEqual(['CZYX', [2, 1, 2, 3]]);
    const plain = await readImage(nrrd(lines, new Uint8Array(12)));
    expect([plain.axes, plain.axesFrom]).toEqual(['QZYX', 'shape']);
  });

  for (const [what, lines, samples, message] of [
    ['too few samples', [...plane, 'type: short', 'encoding: raw'], 'abc', /needs 12 bytes of samples; there are 3/],
    ['sizes that do not fit', ['dimension: 3', 'sizes: 3 2', 'type: short', 'encoding: raw'], '', /do not fit/],
    [
      'sizes out of all bounds',
      ['dimension: 2', 'sizes: 4000000 4000000', 'type: short', 'encoding: raw'],
      'a',
      /claims/,
    ],
    ['no sizes', ['dimension: 2', 'type: short', 'encoding: raw'], '', /lacks the field "sizes"/],
    ['blocks', [...plane, 'type: block', 'encoding: raw'], '', /type "block"/],
    ['words for numbers', [...plane, 'type: short', 'encoding: ascii'], '1 2 3 4 5 x', /"x" is no int16/],
    ['fractions for integers', [...plane, 'type: int64', 'encoding: ascii'], '1 2 3 4 5 0.5', /"0.5" is no int64/],
    ['damaged gzip', [...plane, 'type: uchar', 'encoding: gzip'], 'not gzip at all, is it', /gzip/],
    ['several data files', [...plane, 'type: uchar', 'encoding: raw', 'data file: LIST'], '', /join them in one/],
  ] as const)
    it(`refuses ${what}`, async () => {
      const error = await readImage(nrrd(lines, samples)).catch((e: unknown) => e);
      expect(isCellposeError(error), String(error)).toBe(true);
      expect(String(error)).toMatch(message);
    });
});
