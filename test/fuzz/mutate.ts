/**
 * Damages files as disks, networks and ill will do, reproducibly: bytes flipped, cut, doubled, moved and taken from other files, and
 * where a format protects its content by sums or packs it, the damage is done inside and the sums are made good again, so that
 * the reader is reached behind its first check.
 */
import type { Random } from '../../src/array/random.ts';
import { concat } from '../../src/io/concat.ts';
import { crc32 } from '../../src/io/crc32.ts';
import { sourceFromBytes } from '../../src/io/source.ts';
import { readZipDirectory, readZipEntry } from '../../src/io/zipRead.ts';
import { writeZip } from '../../src/io/zipWrite.ts';

/** Sums that a reader checks first. */
export type Shell = 'none' | 'png' | 'zip';

/**
 * One to four pieces of damage.
 *
 * @param other  a file to take pieces from.
 * @returns      new bytes; `bytes` stay as they are.
 */
export async function mutate(bytes: Uint8Array, other: Uint8Array, shell: Shell, random: Random): Promise<Uint8Array> {
  if (shell === 'zip' && random() < 0.6) return mutateEntry(bytes, random);
  let out: Uint8Array = bytes.slice();
  for (let n = 1 + Math.floor(random() ** 2 * 4); n > 0; n--) out = damage(out, other, random);
  if (shell === 'png' && random() < 0.8) mendPng(out);
  return out;
}

function damage(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const below = (n: number) => Math.floor(random() * n);
  // Headers are short and matter: half of the places are among the first 256 bytes.
  const place = () => (random() < 0.5 ? below(Math.min(256, bytes.length + 1)) : below(bytes.length + 1));
  const [a, b] = [place(), place()].sort((p, q) => p - q) as [number, number];
  const near = Math.min(bytes.length, a + 1 + below(16));
  const kinds = [
    () => overwrite(bytes, a, [(bytes[a] ?? 0) ^ (1 << below(8))]),
    () => overwrite(bytes, a, [below(256)]),
    () => overwrite(bytes, a, extreme(random)),
    () => overwrite(bytes, a, extreme(random)),
    () => concat([bytes.subarray(0, a), bytes.subarray(near)]),
    () => concat([bytes.subarray(0, b), bytes.subarray(a, b), bytes.subarray(b)]),
    () => concat([bytes.subarray(0, a), bytes.subarray(b)]),
    () => bytes.slice(0, a),
    () =>
      concat([bytes.subarray(0, a), Uint8Array.from({ length: 1 + below(16) }, () => below(256)), bytes.subarray(a)]),
    () => concat([bytes.subarray(0, a), other.subarray(below(other.length + 1))]),
    () => overwrite(bytes, a, other.subarray(below(other.length + 1)).subarray(0, 1 + below(64))),
    () => otherNumber(bytes, a, random),
  ];
  return kinds[below(kinds.length)]!();
}

/** Same length, but for what reaches beyond the end. */
function overwrite(bytes: Uint8Array, at: number, by: ArrayLike<number>): Uint8Array {
  const out = bytes.slice();
  for (let i = 0; i < by.length && at + i < out.length; i++) out[at + i] = by[i]!;
  return out;
}

/** Numbers at which counts and offsets break, in 1 to 8 bytes of either order. */
function extreme(random: Random): Uint8Array {
  const width = 2 ** Math.floor(random() * 4);
  const top = 2n ** BigInt(8 * width);
  const values = [0n, 1n, top - 1n, top / 2n, top / 2n - 1n, top - 16n, top / 4n, 255n, 65536n, 4096n];
  const value = values[Math.floor(random() * values.length)]! % top;
  const out = Uint8Array.from({ length: width }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
  return random() < 0.5 ? out : out.reverse();
}

const numbersInText = [
  '0',
  '-1',
  '1e999',
  '4294967296',
  '9007199254740993',
  '99999999999999999999',
  '1.5',
  'NaN',
  'null',
  '[]',
  '{}',
  '""',
];

/** The next number written in digits becomes another. */
function otherNumber(bytes: Uint8Array, from: number, random: Random): Uint8Array {
  const isDigit = (byte: number) => byte >= 48 && byte <= 57;
  let at = from;
  while (at < bytes.length && !isDigit(bytes[at]!)) at++;
  let end = at;
  while (end < bytes.length && isDigit(bytes[end]!)) end++;
  const text = numbersInText[Math.floor(random() * numbersInText.length)]!;
  return concat([bytes.subarray(0, at), new TextEncoder().encode(text), bytes.subarray(end)]);
}

/** Damages the content of one entry and packs the archive again. A file that is no archive is damaged as it is. */
async function mutateEntry(bytes: Uint8Array, random: Random): Promise<Uint8Array> {
  const source = sourceFromBytes(bytes);
  const entries = [...(await readZipDirectory(source)).values()];
  // The smallest entries are the descriptions: half of the damage goes to one of those.
  const bySize = entries.toSorted((p, q) => p.size - q.size);
  const pool = random() < 0.5 ? entries : bySize.slice(0, 3);
  const chosen = pool[Math.floor(random() * pool.length)];
  const pickle = entries.find(({ name }) => name.endsWith('data.pkl'));
  const target = pickle && random() < 0.8 ? pickle : chosen;
  const inputs = await Promise.all(
    entries.map(async (entry) => {
      const data = await readZipEntry(source, entry, 2 ** 26);
      const { name, method } = entry;
      return { name, data: entry === target ? damage(data, data, random) : data, isDeflated: method === 8 };
    }),
  );
  return writeZip(inputs);
}

/** Gives each chunk of a PNG the sum of its bytes. */
function mendPng(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) return;
    view.setUint32(end, crc32(bytes.subarray(at + 4, end)));
    at = end + 4;
  }
}
