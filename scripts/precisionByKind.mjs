// Sums up what `cellpose-ts evaluate --json` wrote by kinds of images, for the cards of models:
//   node scripts/precisionByKind.mjs SCORES.json INDEX.csv [COLUMN]
// INDEX.csv has a column `name` or `image` and COLUMN, the kind (default `modality`). Prints for each kind, and for all, precision at each
// threshold as the mean of images and pooled over all cells, and how well the diameters were met that the model went by.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const [scores, index, column = 'modality'] = process.argv.slice(2);
const [head, ...lines] = readFileSync(index, 'utf8').trim().split(/\r?\n/);
const at = (name) => head.split(',').indexOf(name);
const rows = lines.map((line) => line.split(','));
const stem = (path) => basename(path).replace(/(_img)?\.\w+$/, '');
const kinds = new Map(rows.map((row) => [stem(row[Math.max(at('name'), at('image'))]), row[at(column)]]));
const { images } = JSON.parse(readFileSync(scores, 'utf8'));
const groups = new Map([['all', images]]);
for (const image of images) {
  const kind = kinds.get(stem(image.image)) ?? 'unknown';
  for (const name of kind.startsWith('fluo') ? ['fluorescence', kind] : [kind]) {
    const group = groups.get(name) ?? [];
    group.push(image);
    groups.set(name, group);
  }
}
for (const [name, group] of groups)
  console.log(name.padEnd(18), group.length, ' mean', mean(group), ' pooled', pooled(group), ' diameters', met(group));

function mean(group) {
  const counting = group.filter(({ ap }) => ap[0] !== null && !Number.isNaN(ap[0]));
  return counting[0].ap
    .map((_, k) => (counting.reduce((sum, { ap }) => sum + ap[k], 0) / counting.length).toFixed(3))
    .join(' / ');
}

function pooled(group) {
  const sum = (key, k) => group.reduce((total, image) => total + image[key][k], 0);
  return group[0].ap
    .map((_, k) => (sum('tp', k) / (sum('tp', k) + sum('fp', k) + sum('fn', k))).toFixed(3))
    .join(' / ');
}

/** Median relative error, and share within a quarter of the truth. */
function met(group) {
  const errors = group
    .filter(({ trueDiameter, diameter }) => trueDiameter > 0 && diameter > 0)
    .map(({ trueDiameter, diameter }) => Math.abs(diameter / trueDiameter - 1))
    .sort((a, b) => a - b);
  if (errors.length === 0) return '-';
  const within = errors.filter((error) => error <= 0.25).length / errors.length;
  return `${(100 * errors[Math.floor(errors.length / 2)]).toFixed(1)} % off, ${(100 * within).toFixed(0)} % within 25 %`;
}
