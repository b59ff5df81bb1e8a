// Makes weights/NAME_ranges.json, which `precision: 'int8'` needs for a bundled model, from images and their diameters:
//   node scripts/makeRanges.mjs NAME CHANNELS IMAGE=DIAMETER ...
// CHANNELS are those of `eval`, 0,0 for grey images; 20 tiles in all. The file is named in weights/index.json and in the card.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { bundle } from '../bench/bundle.mjs';

const root = new URL('..', import.meta.url).pathname;
const [name, channels, ...words] = process.argv.slice(2);
if (!name || words.length === 0) {
  console.error('usage: node scripts/makeRanges.mjs NAME CHANNELS IMAGE=DIAMETER ...');
  process.exit(2);
}
const { calibrateOnImages, loadBundled, readImage, toCellposeImage } = await bundle({
  calibrateOnImages: 'models/calibrateOnImages.ts',
  loadBundled: 'models/weights.ts',
  readImage: 'io/readImage.ts',
  toCellposeImage: 'io/toCellposeImage.ts',
});
const images = await Promise.all(
  words.map(async (word) => {
    const [, path, diameter] = /^(.*)=(.*)$/.exec(word);
    const image = toCellposeImage(await readImage(readFileSync(path), { name: path }));
    return { image, options: { channels: channels.split(',').map(Number), diameter: Number(diameter) } };
  }),
);
const { stateDict } = await loadBundled(name);
const ranges = await calibrateOnImages(stateDict, images);

const file = `${name}_ranges.json`;
const values = Object.entries(ranges.values).map(
  ([key, range]) => `    ${JSON.stringify(key)}: ${JSON.stringify(range)}`,
);
const { values: _, ...head } = ranges;
const text = `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "values": {\n${values.join(',\n')}\n  }\n}\n`;
writeFileSync(`${root}weights/${file}`, text);
edit(`${root}weights/${name}.json`, (card) => {
  const names = words.map((word) => basename(word.replace(/=.*$/, '')));
  card.ranges = { file, sha256: createHash('sha256').update(text).digest('hex'), tiles: ranges.tiles, images: names };
});
edit(`${root}weights/index.json`, (index) => {
  index.find((entry) => entry.name === name).rangesFile = file;
});
console.log(`weights/${file}: ${ranges.tiles} tiles, ${values.length} values, ${text.length} bytes`);

function edit(path, change) {
  const value = JSON.parse(readFileSync(path, 'utf8'));
  change(value);
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
