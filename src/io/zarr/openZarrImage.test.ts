/** Parts of an OME-Zarr: which chunks are fetched for them. */
import { describe, expect, it } from 'vitest';
import type { ZarrStore } from './metadata.ts';
import { openZarrImage } from './openZarrImage.ts';

/** (t 1, z 6, y 4, x 6) in chunks of (1, 4, 4, 3), counting from 0; which of them are fetched is noted. */
function store(): ZarrStore & { readonly fetched: string[] } {
  const axes = [...'tzyx'].map((name) => ({ name, type: name === 't' ? 'time' : 'space' }));
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const files: Record<string, Uint8Array> = {
    '/.zgroup': text({ zarr_format: 2 }),
    '/.zattrs': text({ multiscales: [{ axes, datasets: [{ path: '0' }] }] }),
    '/0/.zarray': text({
      ...{ zarr_format: 2, shape: [1, 6, 4, 6], chunks: [1, 4, 4, 3], dtype: '<u2', fill_value: 0, order: 'C' },
      ...{ compressor: null, filters: null, dimension_separator: '/' },
    }),
  };
  for (const kz of [0, 1])
    for (const kx of [0, 1]) {
      const data = new Uint16Array(48);
      for (let i = 0; i < 48; i++)
        data[i] = (4 * kz + Math.floor(i / 12)) * 24 + (Math.floor(i / 3) % 4) * 6 + 3 * kx + (i % 3);
      files[`/0/0/${kz}/0/${kx}`] = new Uint8Array(data.buffer);
    }
  const fetched: string[] = [];
  const get = async (key: string) => {
    if (/\d+\/\d+\/\d+\/\d+$/.test(key)) fetched.push(key.slice(5));
    return files[key];
  };
  return { get, fetched };
}

const plane = (z: number) => Uint16Array.from({ length: 24 }, (_, i) => 24 * z + i);

describe('openZarrImage', () => {
  it('fetches the chunks that hold a plane, and keeps them while they hold the next', async () => {
    const zarr = store();
    const image = await openZarrImage(zarr);
    expect([image.shape, image.axes, image.dtype, image.bytes]).toEqual([[6, 4, 6], 'ZYX', 'uint16', 288]);
    expect(zarr.fetched).toEqual([]);
    for (let z = 0; z < 6; z++) {
      expect(await image.read(0, z, z + 1)).toEqual({ data: plane(z), shape: [1, 4, 6] });
      expect(zarr.fetched.length).toBe(z < 4 ? 2 : 4);
    }
    await image.read(0, 0, 6);
    expect(zarr.fetched.length).toBe(8);
  });

  it('fetches columns alone, and another plane anew', async () => {
    const zarr = store();
    const image = await openZarrImage(zarr);
    const { data, shape } = await image.read(2, 3, 5);
    expect(shape).toEqual([6, 4, 2]);
    expect([...data.subarray(0, 4)]).toEqual([3, 4, 9, 10]);
    expect(zarr.fetched.toSorted()).toEqual(['0/0/1', '1/0/1']);
    await image.read(0, 5, 6);
    await image.read(0, 1, 2);
    expect(zarr.fetched.length).toBe(6);
  });

  it('reads several planes at the same time', async () => {
    const image = await openZarrImage(store());
    const planes = await Promise.all([4, 0, 2].map((z) => image.read(0, z, z + 1)));
    expect(planes.map(({ data }) => data)).toEqual([4, 0, 2].map(plane));
  });

  it('refuses what is too large, part by part', async () => {
    const image = await openZarrImage(store(), '', { maxBytes: 100 });
    await expect(image.read(0, 0, 3)).rejects.toThrow(/144 bytes.*maxBytes/);
    await expect(openZarrImage(store(), '', { maxBytes: 90 })).rejects.toThrow(/96 bytes.*maxBytes/);
  });
});
