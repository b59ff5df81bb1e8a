import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { labelsZarr } from './labelsZarr.ts';
import type { ZarrStore } from './metadata.ts';
import { readZarrImage } from './readZarrImage.ts';

/** Labels with empty regions, wider than a chunk. */
function labels(shape: readonly number[], largest: number) {
  const data = new Int32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < data.length; i += 7) if (i % 5 < 2) data[i] = 1 + (i % largest);
  return { data, shape };
}

function storeOf(files: Iterable<{ path: string; bytes: Uint8Array }>): ZarrStore & { names: string[] } {
  const known = new Map([...files].map(({ path, bytes }) => [`/${path}`, bytes]));
  return { get: async (key) => known.get(key), names: [...known.keys()] };
}

/** Another decoder: chunks put together as the Zarr specification says, without zarrita. */
async function decode(store: ZarrStore, level: number): Promise<{ shape: number[]; data: number[] }> {
  const { shape, chunks, dtype } = JSON.parse(new TextDecoder().decode(await store.get(`/${level}/.zarray`)));
  const [height, width] = shape.slice(-2);
  const planes = shape.slice(0, -2).reduce((a: number, b: number) => a * b, 1);
  const data = new Array<number>(planes * height * width).fill(0);
  for (let i = 0; i < data.length; i++) {
    const [y, x] = [Math.floor(i / width) % height, i % width];
    const [rows, columns] = chunks.slice(-2);
    const plane = shape.length > 2 ? `${Math.floor(i / (width * height))}/` : '';
    const packed = await store.get(`/${level}/${plane}${Math.floor(y / rows)}/${Math.floor(x / columns)}`);
    if (!packed) continue;
    const at = (y % rows) * columns + (x % columns);
    const bytes = inflateCached(packed);
    data[i] = dtype === '<u2' ? bytes.getUint16(2 * at, true) : bytes.getUint32(4 * at, true);
  }
  return { shape, data };
}
const inflated = new WeakMap<Uint8Array, DataView>();
function inflateCached(packed: Uint8Array): DataView {
  const known = inflated.get(packed) ?? new DataView(new Uint8Array(inflateSync(packed)).buffer);
  inflated.set(packed, known);
  return known;
}

describe('labelsZarr', () => {
  for (const [shape, largest, levels] of [
    [[20, 30], 60000, 1],
    [[3, 40, 50], 70000, 1],
    [[40, 1300], 900, 4],
  ] as const)
    it(`gives (${shape.join(', ')}) back, to our reader and to one of its own`, async () => {
      const masks = labels(shape, largest);
      const store = storeOf(labelsZarr(masks));
      const image = await readZarrImage(store);
      expect(image.data.shape).toEqual(shape);
      expect(image.axes).toBe('ZYX'.slice(-shape.length));
      expect(image.dtype).toBe(Math.max(...masks.data) > 65535 ? 'uint32' : 'uint16');
      expect(Array.from(image.data.data, Number)).toEqual([...masks.data]);
      expect(await decode(store, 0)).toEqual({ shape: [...shape], data: [...masks.data] });
      expect(store.names.filter((name) => name.endsWith('.zarray'))).toHaveLength(levels);
    });

  it('halves y and x, rounded up, by picking pixels', async () => {
    const masks = labels([41, 1301], 500);
    const { shape, data } = await decode(storeOf(labelsZarr(masks)), 1);
    expect(shape).toEqual([21, 651]);
    expect(data).toEqual(
      Array.from({ length: 21 * 651 }, (_, i) => masks.data[2 * Math.floor(i / 651) * 1301 + 2 * (i % 651)]),
    );
  });

  it('describes axes, pixel sizes and the label image', () => {
    const [, attributes] = [
      ...labelsZarr(labels([2, 8, 300], 9), { axes: 'ZYX', pixelSize: { x: 0.5, y: 0.25, z: 2 } }),
    ];
    const { multiscales, ...rest } = JSON.parse(new TextDecoder().decode(attributes!.bytes));
    expect(rest).toEqual({ 'image-label': { version: '0.4' } });
    expect(multiscales[0].axes.map(({ name, type, unit }: Record<string, string>) => [name, type, unit])).toEqual([
      ['z', 'space', 'micrometer'],
      ['y', 'space', 'micrometer'],
      ['x', 'space', 'micrometer'],
    ]);
    expect(
      multiscales[0].datasets.map((d: { coordinateTransformations: unknown }) => d.coordinateTransformations),
    ).toEqual([[{ type: 'scale', scale: [2, 0.25, 0.5] }], [{ type: 'scale', scale: [2, 0.5, 1] }]]);
  });

  it('leaves empty chunks out', () => {
    const empty = [...labelsZarr({ data: new Int32Array(12), shape: [3, 4] })];
    expect(empty.map(({ path }) => path)).toEqual(['.zgroup', '.zattrs', '0/.zarray']);
  });

  it('refuses axes that do not fit', () => {
    expect(() => [...labelsZarr(labels([4, 5], 3), { axes: 'ZYX' })]).toThrow(/one letter per dimension of \(4, 5\)/);
    expect(() => [...labelsZarr({ data: new Int32Array(0), shape: [0, 5] })]).toThrow(/with pixels/);
  });
});
