import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { crc32 } from '../../src/io/crc32.ts';
import { openWeights } from '../../src/io/readWeights.ts';
import { sourceFromBytes } from '../../src/io/source.ts';
import { writeTorchFile } from '../../src/io/torchFile/writeTorchFile.ts';
import { readZipDirectory, readZipEntry } from '../../src/io/zipRead.ts';
import { zipParts } from '../../src/io/zipWrite.ts';
import { sourceFromFile } from './fileSource.ts';

const folder = mkdtempSync(join(tmpdir(), 'cellpose-ts-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('sourceFromFile', () => {
  it('reads any range, and says where the file ends', async () => {
    const path = join(folder, 'ten');
    writeFileSync(path, Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    const source = await sourceFromFile(path);
    expect(source.size).toBe(10);
    expect(await source.read(3, 4)).toEqual(Uint8Array.of(3, 4, 5, 6));
    expect(await source.read(10, 0)).toHaveLength(0);
    await expect(source.read(8, 3)).rejects.toThrow('ends at 10');
    await source.close();
  });

  it('reads a ZIP64 checkpoint whose directory lies beyond 4 GiB', async () => {
    const state = new Map([['w', { data: Float32Array.of(1.5, -2, 3), shape: [3] }]]);
    const inner = sourceFromBytes(writeTorchFile(state));
    const entries = [];
    for (const entry of (await readZipDirectory(inner)).values())
      entries.push({ name: entry.name, data: await readZipEntry(inner, entry, 1e6) });
    const start = 5 * 2 ** 30 + 7;
    const path = join(folder, 'far.pth');
    // A sparse file: the zeros before the archive take no room on the disk.
    await writeAt(path, start, zipParts(entries, { start }));
    const source = await sourceFromFile(path);
    // A ZIP archive may have anything before it; a checkpoint begins with an entry, so its first bytes are put there.
    const { read } = await openWeights({ ...source, read: (at, n) => source.read(at < 4 ? start + at : at, n) });
    expect(await read('w')).toEqual({ data: Float32Array.of(1.5, -2, 3), shape: [3] });
    expect(source.size).toBeGreaterThan(start);
    await source.close();
  });

  it('reads views of a storage of more than 4 GiB by random access', async () => {
    const { path, numel } = await hugeCheckpoint(join(folder, 'huge.pth'));
    const source = await sourceFromFile(path);
    const file = await openWeights(source);
    expect(file.tensors).toEqual([{ name: 'tail', shape: [2, 2], dtype: 'float32' }]);
    // Columns of the last six elements: stride 1 along the first axis, 3 along the second.
    expect(await file.read('tail')).toEqual({ data: Float32Array.of(1, 4, 2, 5), shape: [2, 2] });
    expect(numel * 4).toBeGreaterThan(2 ** 32);
    await source.close();
  });
});

async function writeAt(path: string, start: number, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'a+').then((f) => f.close().then(() => open(path, 'r+')));
  let at = start;
  for (const part of parts) {
    await file.write(part, 0, part.length, at);
    at += part.length;
  }
  await file.close();
}

/** A checkpoint with one storage of 4.5 GiB, all zeros (a hole) but the last six elements, and one view of its end. */
async function hugeCheckpoint(path: string): Promise<{ path: string; numel: number }> {
  const numel = 1.125 * 2 ** 30;
  const last = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
  const pickle = new TextEncoder().encode(
    `}X\u0004\0\0\0tailctorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\x000X\u0003\0\0\0cpu` +
      `I${numel}\ntQI${numel - 6}\n(K\u0002K\u0002t(K\u0001K\u0003tNNtRs.`,
  );
  const stored = zipParts([{ name: 'a/data.pkl', data: pickle }]);
  const head = [stored[0]!, stored[1]!];
  const storageAt = head[0]!.length + pickle.length;
  const local = zip64Local('a/data/0', numel * 4);
  const dataAt = storageAt + local.length;
  const directoryAt = dataAt + numel * 4;
  const first = stored[2]!;
  const second = zip64Record('a/data/0', numel * 4, storageAt);
  const end = new Uint8Array(98);
  const view = new DataView(end.buffer);
  view.setUint32(0, 0x06064b50, true);
  view.setBigUint64(32, 2n, true);
  view.setBigUint64(40, BigInt(first.length + second.length), true);
  view.setBigUint64(48, BigInt(directoryAt), true);
  view.setUint32(56, 0x07064b50, true);
  view.setBigUint64(64, BigInt(directoryAt + first.length + second.length), true);
  view.setUint32(76, 0x06054b50, true);
  await writeAt(path, 0, [...head, local]);
  await writeAt(path, directoryAt - last.length, [last, first, second, end]);
  return { path, numel };
}

function zip64Local(name: string, size: number): Uint8Array {
  const bytes = new Uint8Array(30 + name.length + 20);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x04034b50, true);
  view.setUint16(26, name.length, true);
  view.setUint16(28, 20, true);
  bytes.set(new TextEncoder().encode(name), 30);
  view.setUint16(30 + name.length, 1, true);
  view.setUint16(32 + name.length, 16, true);
  view.setBigUint64(34 + name.length, BigInt(size), true);
  view.setBigUint64(42 + name.length, BigInt(size), true);
  return bytes;
}

function zip64Record(name: string, size: number, at: number): Uint8Array {
  const bytes = new Uint8Array(46 + name.length + 20);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x02014b50, true);
  view.setUint32(16, crc32(new Uint8Array(0)), true);
  view.setUint32(20, 0xffffffff, true);
  view.setUint32(24, 0xffffffff, true);
  view.setUint16(28, name.length, true);
  view.setUint16(30, 20, true);
  view.setUint32(42, at, true);
  bytes.set(new TextEncoder().encode(name), 46);
  view.setUint16(46 + name.length, 1, true);
  view.setUint16(48 + name.length, 16, true);
  view.setBigUint64(50 + name.length, BigInt(size), true);
  view.setBigUint64(58 + name.length, BigInt(size), true);
  return bytes;
}
