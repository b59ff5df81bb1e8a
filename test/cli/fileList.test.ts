/** `--file_list`: what Cellpose's users write with numpy.save, and the same as JSON. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTrainingListNpy } from 'cellpose-ts';
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { readFileList } from '../../apps/cli/fileList.ts';

/**
 * np.save of { train_files: ['a1.png', 'a3.png'], test_files: np.array(['test/b5.png', 'test/größer.png']),
 * train_probs: np.array([0.25, 0.75]), compute_flows: False }.
 */
const saved = Buffer.from(
  'k05VTVBZAQB2AHsnZGVzY3InOiAnfE8nLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoKSwgfSAgICAgICAgICAg' +
    'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAqABJXfAQAAAAAAAIwWbnVtcHkuX2Nv' +
    'cmUubXVsdGlhcnJheZSMDF9yZWNvbnN0cnVjdJSTlIwFbnVtcHmUjAduZGFycmF5lJOUSwCFlEMBYpSHlFKUKEsBKWgDjAVkdHlw' +
    'ZZSTlIwCTziUiYiHlFKUKEsDjAF8lE5OTkr/////Sv////9LP3SUYoldlH2UKIwLdHJhaW5fZmlsZXOUXZQojAZhMS5wbmeUjAZh' +
    'My5wbmeUZYwKdGVzdF9maWxlc5RoAmgFSwCFlGgHh5RSlChLAUsChZRoC4wDVTE1lImIh5RSlChLA4wBPJROTk5LPEsESwh0lGKJ' +
    'Q3h0AAAAZQAAAHMAAAB0AAAALwAAAGIAAAA1AAAALgAAAHAAAABuAAAAZwAAAAAAAAAAAAAAAAAAAAAAAAB0AAAAZQAAAHMAAAB0' +
    'AAAALwAAAGcAAAByAAAA9gAAAN8AAABlAAAAcgAAAC4AAABwAAAAbgAAAGcAAACUdJRijAt0cmFpbl9wcm9ic5RoAmgFSwCFlGgH' +
    'h5RSlChLAUsChZRoC4wCZjiUiYiHlFKUKEsDaB9OTk5K/////0r/////SwB0lGKJQxAAAAAAAADQPwAAAAAAAOg/lHSUYowNY29t' +
    'cHV0ZV9mbG93c5SJdWF0lGIu',
  'base64',
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'list-'));
  mkdirSync(join(folder, 'test'));
  for (const name of ['a1.png', 'a3.png', 'test/b5.png', 'test/größer.png']) writeFileSync(join(folder, name), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

test('lists and arrays of text and numbers, as numpy saves them', () => {
  expect(readTrainingListNpy(saved)).toEqual({
    trainFiles: ['a1.png', 'a3.png'],
    testFiles: ['test/b5.png', 'test/größer.png'],
    trainProbs: [0.25, 0.75],
  });
});

it('finds the images beside the list', async () => {
  const list = await readFileList(write('list.npy', saved));
  expect(list.trainFiles).toEqual([join(folder, 'a1.png'), join(folder, 'a3.png')]);
  expect(list.testFiles).toEqual([join(folder, 'test/b5.png'), join(folder, 'test/größer.png')]);
  const json = { train_files: ['a1.png', join(folder, 'a3.png')], train_probs: [1, 2] };
  expect(await readFileList(write('list.json', JSON.stringify(json)))).toEqual({
    trainFiles: list.trainFiles,
    testFiles: [],
    trainProbs: [1, 2],
  });
});

it.each([
  ['images that are not there', { train_files: ['a1.png', 'a2.png'] }, /1 of its images are not there: .*a2\.png/],
  [
    'other numbers of chances',
    { train_files: ['a1.png'], train_probs: [1, 2] },
    /train_probs has 2 numbers for 1 images/,
  ],
  ['no images', { train_files: [] }, /train_files names no images/],
  ['what is no list', { train_files: 'a1.png' }, /train_files must be a list of names/],
])('names the list and %s', async (_, json, message) => {
  const path = write('wrong.json', JSON.stringify(json));
  await expect(readFileList(path)).rejects.toThrow(message);
  await expect(readFileList(path)).rejects.toThrow(path);
});

it('says what a file is that is none', async () => {
  await expect(readFileList(write('broken.npy', 'nothing'))).rejects.toThrow(/broken\.npy: cannot be read/);
  await expect(readFileList(join(folder, 'none.npy'))).rejects.toThrow(/none\.npy: cannot be read/);
});
