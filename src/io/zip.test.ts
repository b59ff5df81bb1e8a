import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCellposeError } from '../errors.ts';
import { crc32 } from './crc32.ts';
import { sourceFromBytes } from './source.ts';
import { readZipDirectory, readZipEntry, zipDataOffset } from './zipRead.ts';
import { writeZip, type ZipInput } from './zipWrite.ts';

const text = (s: string) => new TextEncoder().encode(s);

async function readAll(archive: Uint8Array): Promise<Map<string, Uint8Array>> {
  const source = sourceFromBytes(archive);
  const out = new Map<string, Uint8Array>();
  for (const entry of (await readZipDirectory(source)).values())
    out.set(entry.name, await readZipEntry(source, entry, 1e6));
  return out;
}

const inputs = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1, maxLength: 20 }),
    data: fc.uint8Array({ maxLength: 500 }),
    isDeflated: fc.boolean(),
  }),
  { selector: ({ name }) => name, maxLength: 8 },
);

describe('crc32', () => {
  it('gives the check value of the standard, in one piece or two', () => {
    expect(crc32(text('123456789'))).toBe(0xcbf43926);
    expect(crc32(text('56789'), crc32(text('1234')))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });
});

describe('zip', () => {
  it('reads back what it writes', async () => {
    await fc.assert(
      fc.asyncProperty(inputs, fc.constantFrom(1, 64), async (entries: ZipInput[], align) => {
        const read = await readAll(writeZip(entries, { align }));
        expect([...read]).toEqual(entries.map(({ name, data }) => [name, data]));
      }),
      { numRuns: 100 },
    );
  });

  it('aligns stored content', async () => {
    const source = sourceFromBytes(
      writeZip(
        [
          { name: 'a', data: text('x') },
          { name: 'bc', data: text('yz') },
        ],
        { align: 64 },
      ),
    );
    for (const entry of (await readZipDirectory(source)).values())
      expect((await zipDataOffset(source, entry)) % 64).toBe(0);
  });

  it('writes and reads more than 65,535 entries', async () => {
    const archive = writeZip(Array.from({ length: 66_000 }, (_, i) => ({ name: String(i), data: new Uint8Array(0) })));
    const directory = await readZipDirectory(sourceFromBytes(archive));
    expect(directory.size).toBe(66_000);
    expect(directory.get('65999')!.size).toBe(0);
  });

  it('refuses content that was changed', async () => {
    const archive = writeZip([{ name: 'a', data: text('hello') }]);
    archive[31] ^= 1;
    await expect(readAll(archive)).rejects.toThrow('CRC');
  });

  it('refuses a bomb before it unpacks it', async () => {
    const bomb = writeZip([{ name: 'zeros', data: new Uint8Array(3e6), isDeflated: true }]);
    await expect(readAll(bomb)).rejects.toThrow('more than the 1000000 allowed');
  });

  it('refuses a size that deflate cannot reach, and one that is wrong', async () => {
    const archive = (size: number) => {
      const bytes = writeZip([{ name: 'a', data: new Uint8Array(1000), isDeflated: true }]);
      const view = new DataView(bytes.buffer);
      const at = bytes.length - 22 - 47;
      view.setUint32(at + 24, size, true);
      return bytes;
    };
    await expect(readAll(archive(900_000))).rejects.toThrow('claims');
    await expect(readAll(archive(999))).rejects.toThrow('zip');
    expect(deflateRawSync(new Uint8Array(1000)).length).toBeLessThan(900);
  });

  it('refuses names that occur twice and entries that overlap', async () => {
    const twice = [
      { name: 'a', data: text('1') },
      { name: 'a', data: text('2') },
    ];
    await expect(readAll(writeZip(twice))).rejects.toThrow('twice');
    const big = new Uint8Array(200);
    const archive = writeZip([
      { name: 'a', data: big },
      { name: 'b', data: big },
    ]);
    await expect(readAll(archive.subarray(190))).rejects.toMatchObject({ name: 'FormatError' });
  });

  it.each(['', 'PK', 'nothing of the kind', 'x'.repeat(100)])('refuses %j', async (content) => {
    await expect(readAll(text(content))).rejects.toThrow('not a zip archive');
  });

  it('gives an error of ours or content for damaged archives', async () => {
    const whole = writeZip([
      { name: 'a', data: text('hello hello hello'), isDeflated: true },
      { name: 'b', data: text('stored') },
    ]);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, byte) => {
        const bytes = whole.slice();
        bytes[at] = byte;
        try {
          await readAll(bytes);
        } catch (error) {
          if (!isCellposeError(error)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
