/** Damaged files are refused in words: those that once were not, and some of each reader's. The many are read by scripts/fuzz.mjs. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { faultOf, mutant } from './attempt.ts';
import { limits } from './limits.ts';
import { readers } from './readers.ts';

const goldens = new URL('../goldens', import.meta.url).pathname;
const fixtures = new URL('../fixtures/fuzz/', import.meta.url).pathname;

/** Named READER-FAULT.bin. */
describe('once a fault', () => {
  test.each(readdirSync(fixtures))('%s', async (file) => {
    const begun = performance.now();
    expect(await faultOf(file.split('-')[0]!, new Uint8Array(readFileSync(fixtures + file)))).toBeUndefined();
    expect((performance.now() - begun) / 1000).toBeLessThan(limits.seconds);
  });
});

test.each(Object.keys(readers))('some mutants of %s', async (reader) => {
  for (let seed = 0; seed < 40; seed++)
    expect(await faultOf(reader, await mutant(reader, seed, goldens)), `seed ${seed}`).toBeUndefined();
});

test('whole files are read', async () => {
  const broken = new Set(['tiff', 'imageParts', 'png', 'jpeg', 'torch', 'segNpy', 'jsonList', 'zarrMetadata']);
  for (const [name, { corpus, read }] of Object.entries(readers)) {
    const files = corpus(goldens);
    expect(files.length, name).toBeGreaterThan(0);
    if (!broken.has(name)) for (const file of files) await read(file);
  }
});

test('the same seed gives the same file', async () => {
  expect(await mutant('tiff', 7, goldens)).toEqual(await mutant('tiff', 7, goldens));
  expect(await mutant('tiff', 7, goldens)).not.toEqual(await mutant('tiff', 8, goldens));
});

test('an error of the language is a fault, one of ours is not', async () => {
  expect(await faultOf('png', Uint8Array.of(1, 2, 3))).toBeUndefined();
  const read = () => {
    throw new TypeError('of the language');
  };
  expect((readers as Record<string, unknown>)['none']).toBeUndefined();
  Object.assign(readers, { none: { corpus: () => [], read } });
  try {
    expect(await faultOf('none', new Uint8Array(1))).toBeInstanceOf(TypeError);
  } finally {
    Reflect.deleteProperty(readers, 'none');
  }
});
