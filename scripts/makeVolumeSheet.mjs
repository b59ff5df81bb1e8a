// Draws docs/images/volumes.png, cuts through segmented stacks with the outlines of labels and of what was found:
//   node scripts/makeVolumeSheet.mjs FILE.png IMAGE.tif LABELS.tif FOUND.tif [IMAGE.tif LABELS.tif FOUND.tif …]
// A row for each stack: the planes (y, x), (z, x) and (z, y) through its middle; labels cyan, what was found orange, both white.
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { canvas } from './figureCanvas.mjs';

const root = new URL('..', import.meta.url).pathname;
const [file, ...paths] = process.argv.slice(2);
if (!file || paths.length === 0 || paths.length % 3 !== 0)
  throw new Error('usage: node scripts/makeVolumeSheet.mjs FILE.png IMAGE.tif LABELS.tif FOUND.tif …');
const height = 300;
const gap = 6;

const lib = await library();
const rows = [];
for (let k = 0; k < paths.length; k += 3) rows.push(await row(...paths.slice(k, k + 3)));
const width = Math.max(...rows.map(({ shape }) => shape[1]));
const sheet = canvas(
  rows.reduce((sum, { shape }) => sum + shape[0] + gap, -gap),
  width,
);
let top = 0;
for (const { data, shape } of rows) {
  for (let y = 0; y < shape[0]; y++)
    sheet.data.set(data.subarray(3 * shape[1] * y, 3 * shape[1] * (y + 1)), 3 * (top + y) * width);
  top += shape[0] + gap;
}
const bytes = lib.writePng(sheet, { level: 9 });
writeFileSync(file, bytes);
console.log(`${file}: ${bytes.length} bytes`);

/** The three cuts of a stack side by side, enlarged to a common height of their first. */
async function row(imagePath, labelsPath, foundPath) {
  const [image, labels, found] = await Promise.all([imagePath, labelsPath, foundPath].map(read));
  const [lz, ly, lx] = image.shape;
  const scale = Math.max(1, Math.round(height / ly));
  const bright = brightness(image.data);
  const middle = [lz >> 1, ly >> 1, lx >> 1];
  const views = [0, 1, 2].map((axis) =>
    enlarge(cut(image, axis, middle), cut(labels, axis, middle), cut(found, axis, middle), bright, scale),
  );
  const sheet = canvas(
    Math.max(...views.map(({ shape }) => shape[0])),
    views.reduce((sum, { shape }) => sum + shape[1] + gap, -gap),
  );
  let left = 0;
  for (const { data, shape } of views) {
    for (let y = 0; y < shape[0]; y++)
      sheet.data.set(data.subarray(3 * shape[1] * y, 3 * shape[1] * (y + 1)), 3 * (y * sheet.shape[1] + left));
    left += shape[1] + gap;
  }
  return sheet;
}

async function read(path) {
  return (await lib.readImage(new Uint8Array(readFileSync(path)))).data;
}

/** From a low to a high percentile as 0 to 255. */
function brightness(values) {
  const sorted = Float64Array.from(values).sort();
  const [low, high] = [0.01, 0.995].map((q) => sorted[Math.floor(q * (sorted.length - 1))]);
  return (value) => Math.max(0, Math.min(255, (255 * (value - low)) / Math.max(1, high - low)));
}

/** The plane across an axis through its middle. */
function cut({ data, shape }, axis, middle) {
  const [rows, columns] = [0, 1, 2].filter((other) => other !== axis);
  const strides = [shape[1] * shape[2], shape[2], 1];
  const size = [shape[rows], shape[columns]];
  const first = middle[axis] * strides[axis];
  return {
    at: (y, x) => data[first + y * strides[rows] + x * strides[columns]],
    size,
  };
}

function enlarge(image, labels, found, bright, scale) {
  const [h, w] = image.size;
  const view = canvas(h * scale, w * scale);
  const isEdge = (cells, Y, X) => {
    const at = (y, x) =>
      cells.at(
        Math.min(h - 1, Math.max(0, Math.floor(y / scale))),
        Math.min(w - 1, Math.max(0, Math.floor(x / scale))),
      );
    const own = at(Y, X);
    return (
      own > 0 &&
      [
        [-1, 0],
        [1, 0],
        [0, -1],
        [0, 1],
      ].some(([dy, dx]) => at(Y + dy, X + dx) !== own)
    );
  };
  for (let y = 0; y < h * scale; y++)
    for (let x = 0; x < w * scale; x++) {
      const grey = bright(image.at(Math.floor(y / scale), Math.floor(x / scale)));
      const [label, hit] = [isEdge(labels, y, x), isEdge(found, y, x)];
      const color = label && hit ? [255, 255, 255] : label ? [0, 220, 255] : hit ? [255, 140, 0] : [grey, grey, grey];
      view.data.set(color, 3 * (y * w * scale + x));
    }
  return view;
}

/** The library from its sources: a figure needs no build. */
async function library() {
  const { outputFiles } = await build({
    stdin: {
      contents:
        "export { readImage } from './src/io/readImage.ts'; export { writePng } from './src/io/png/writePng.ts';",
      resolveDir: root,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    alias: { '#platform': `${root}src/platform/node.ts` },
  });
  const out = `${root}node_modules/.cache/volumeSheet.mjs`;
  writeFileSync(out, outputFiles[0].contents);
  return import(out);
}
