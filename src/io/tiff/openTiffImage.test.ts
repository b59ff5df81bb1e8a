/** Cases that no file of the collections shows: built byte by byte. */
import { describe, expect, it } from 'vitest';
import { isCellposeError } from '../../errors.ts';
import { readImage } from '../readImage.ts';

type Tags = Record<number, number[] | string>;

/** A little-endian TIFF: pages of tags (numbers as LONG, text as ASCII), then the data. 'data' in offsets is where the data begin. */
function makeTiff(pages: readonly Tags[], data: Uint8Array): Uint8Array {
  const sizes = pages.map((tags) => {
    const values = Object.values(tags).reduce(
      (sum, v) => sum + (typeof v === 'string' ? v.length + 1 : 4 * v.length),
      0,
    );
    return 6 + 12 * Object.keys(tags).length + values;
  });
  const start = 8 + sizes.reduce((a, b) => a + b, 0);
  const bytes = new Uint8Array(start + data.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0, 8]);
  bytes.set(data, start);
  let at = 8;
  for (const [i, tags] of pages.entries()) {
    const entries = Object.entries(tags);
    let extra = at + 6 + 12 * entries.length;
    view.setUint16(at, entries.length, true);
    for (const [e, [code, value]] of entries.entries()) {
      const isText = typeof value === 'string';
      const numbers = isText
        ? [...new TextEncoder().encode(`${value}\0`)]
        : value.map((v) => (code === '273' ? v + start : v));
      const entry = at + 2 + 12 * e;
      view.setUint16(entry, Number(code), true);
      view.setUint16(entry + 2, isText ? 2 : 4, true);
      view.setUint32(entry + 4, numbers.length, true);
      const fits = numbers.length * (isText ? 1 : 4) <= 4;
      const to = fits ? entry + 8 : extra;
      if (!fits) view.setUint32(entry + 8, extra, true);
      for (const [n, v] of numbers.entries()) {
        if (isText) view.setUint8(to + n, v);
        else view.setUint32(to + 4 * n, v, true);
      }
      if (!fits) extra += numbers.length * (isText ? 1 : 4);
    }
    at += sizes[i];
    view.setUint32(at - sizes[i] + 2 + 12 * entries.length, i + 1 < pages.length ? at : 0, true);
  }
  return bytes;
}

/** Tags of a plain page of 8-bit grey. */
const page = (width: number, height: number, more: Tags = {}): Tags => ({
  256: [width],
  257: [height],
  258: [8],
  259: [1],
  262: [1],
  273: [0],
  278: [height],
  279: [width * height],
  ...more,
});
const ramp = (n: number) => Uint8Array.from({ length: n }, (_, i) => i);

describe('reading TIFF', () => {
  it('reads an ImageJ stack that has one directory for all its planes', async () => {
    const description = 'ImageJ=1.54f\nimages=6\nchannels=2\nslices=3\nhyperstack=true\nunit=\\u00B5m\nspacing=0.5\n';
    const image = await readImage(makeTiff([page(3, 2, { 270: description })], ramp(36)));
    expect(image.data).toEqual({ data: ramp(36), shape: [3, 2, 2, 3] });
    expect([image.axes, image.axesFrom]).toEqual(['ZCYX', 'imagej']);
    expect(image.physicalSize).toEqual({ z: 0.5, unit: 'µm' });
  });

  it('does not believe an ImageJ description that claims more than the file holds', async () => {
    const description = 'ImageJ=1.54f\nimages=100000\nslices=100000\n';
    const image = await readImage(makeTiff([page(3, 2, { 270: description })], ramp(6)));
    expect(image.data.shape).toEqual([2, 3]);
    expect(image.warnings).toEqual(['the ImageJ description claims 100000 images; the file has 1']);
  });

  it('turns the bits of a byte round where FillOrder says so', async () => {
    const bytes = makeTiff([page(2, 1, { 266: [2] })], Uint8Array.from([0b10000000, 0b11010000]));
    expect((await readImage(bytes)).data.data).toEqual(Uint8Array.from([1, 0b1011]));
  });

  it('places OME planes by their TiffData, and leaves missing ones zero with a warning', async () => {
    const xml =
      '<?xml version="1.0"?><OME xmlns="x"><Image ID="Image:0"><Pixels DimensionOrder="XYCZT" SizeX="2" SizeY="1" SizeC="3" SizeZ="1" ' +
      'SizeT="1" PhysicalSizeX="0.25" PhysicalSizeY="0.25" Type="uint8"><Channel ID="c0" Name="DAPI &amp; co"/><Channel ID="c1" ' +
      'Name="a"/><Channel ID="c2" Name="b"/><TiffData IFD="0" FirstC="2"/><TiffData IFD="1" FirstC="0"/></Pixels></Image></OME>';
    const bytes = makeTiff([page(2, 1, { 270: xml }), page(2, 1, { 273: [2] })], Uint8Array.from([1, 2, 3, 4]));
    const image = await readImage(bytes);
    expect(image.data).toEqual({ data: Uint8Array.from([3, 4, 0, 0, 1, 2]), shape: [3, 1, 2] });
    expect([image.axes, image.axesFrom]).toEqual(['CYX', 'ome']);
    expect(image.channelNames).toEqual(['DAPI & co', 'a', 'b']);
    expect(image.physicalSize).toEqual({ x: 0.25, y: 0.25, unit: 'µm' });
    expect(image.warnings).toEqual(['1 of 3 planes are missing and were left zero']);
  });

  it('reads what is here of an OME set of several files, and says so', async () => {
    const part = (uuid: string, c: number) =>
      `<TiffData FirstC="${c}" IFD="0"><UUID FileName="${c}.tif">${uuid}</UUID></TiffData>`;
    const xml =
      '<OME UUID="urn:a"><Image><Pixels DimensionOrder="XYCZT" SizeX="2" SizeY="1" SizeC="2" SizeZ="1" SizeT="1">' +
      `${part('urn:a', 0)}${part('urn:b', 1)}</Pixels></Image></OME>`;
    const image = await readImage(makeTiff([page(2, 1, { 270: xml })], ramp(2)));
    expect(image.data.shape).toEqual([1, 2]);
    expect(image.warnings[0]).toMatch(/^1 planes of this OME image are in other files/);
  });

  it('leaves out pages that differ from the first, and says so', async () => {
    const bytes = makeTiff([page(2, 2), page(1, 1), page(2, 2, { 273: [4] })], ramp(8));
    const image = await readImage(bytes);
    expect(image.data).toEqual({ data: ramp(8), shape: [2, 2, 2] });
    expect(image.axes).toBe('IYX');
    expect(image.warnings).toEqual(['1 of 3 pages differ from the first and were left out']);
  });

  it.each([
    ['a strip beyond the file', page(2, 2, { 273: [3] }), /beyond the end of the file/],
    ['too few strips', page(2, 2, { 278: [1] }), /needs 2 strips or tiles; it has 1/],
    ['no pixel data', { 256: [2], 257: [2] }, /no pixel data/],
    ['an empty page', page(0, 2), /2 pixels is empty/],
    ['complex numbers', page(2, 2, { 258: [64], 339: [6] }), /64 bits, complex, are not read/],
  ])('refuses %s', async (_, tags, message) => {
    const error = await readImage(makeTiff([tags], ramp(4))).catch((e: unknown) => e);
    expect(isCellposeError(error)).toBe(true);
    expect(String(error)).toMatch(message);
  });
});
