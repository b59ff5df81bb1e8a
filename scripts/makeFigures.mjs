// Draws the figures of docs/math with the library's own functions, and the curves of docs/images from their numbers:
//   node scripts/makeFigures.mjs [FOLDER]
// Those of docs/math have the article's two objects on the left (10 x 10 pixels), and three cells that touch on the right (40 x 40).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { arrow, canvas, dot, glow, line, number, paste, ring, shade } from './figureCanvas.mjs';
import { learningCurvesChart } from './learningCurvesChart.mjs';

const root = new URL('..', import.meta.url).pathname;
const folder = process.argv[2] ?? `${root}docs/math`;
const side = 400;
const gap = 24;
const ink = [40, 40, 48];
const red = [214, 40, 40];

const lib = await library();
const rules = lib.flowRules2020;
const scenes = [await computeScene(articleObjects(), 2), await computeScene(touchingCells(), 10)];
mkdirSync(folder, { recursive: true });
const figures = { labels, heat, flows, walk, histogram, masks };
for (const [name, draw] of Object.entries(figures)) {
  const sheet = canvas(side, 2 * side + gap);
  scenes.forEach((scene, k) => {
    paste(sheet, draw(scene), k * (side + gap));
  });
  const bytes = lib.writePng(sheet, { level: 9 });
  writeFileSync(`${folder}/${name}.png`, bytes);
  console.log(`${folder}/${name}.png: ${bytes.length} bytes`);
}
const numbers = JSON.parse(readFileSync(`${root}docs/images/learningCurves.json`, 'utf8'));
const chart = `${process.argv[2] ?? `${root}docs/images`}/learningCurves.svg`;
writeFileSync(chart, learningCurvesChart(numbers));
console.log(chart);

/** All that the figures show of one label image; seeds hold more than `above` pixels. */
async function computeScene(labelImage, above) {
  const { shape } = labelImage;
  const [ly, lx] = shape;
  const n = ly * lx;
  const stack = { data: labelImage.data, shape: [1, ly, lx] };
  const { table, count } = lib.diffusionCells(stack, rules, false);
  const heatOf = new Float64Array(n);
  lib.planeHeat({ labels: labelImage.data, ly, lx, cells: table, from: 0, to: count }, rules, heatOf);
  const [target] = await lib.labelsToFlows([labelImage], { rules });
  const mu = { data: target.data.slice(2 * n), shape: [2, ly, lx] };
  const dP = { data: mu.data.map((v) => v / 5), shape: mu.shape };
  const walking = Int32Array.from({ length: n }, (_, i) => i).filter((i) => Math.abs(dP.data[i]) > 1e-3);
  const paths = [];
  for (let niter = 0; niter <= 200; niter += niter < 40 ? 1 : 10)
    paths.push((await lib.followFlows(dP, walking, { niter, interp: false })).data);
  // All pixels count, also those that stayed where they were.
  const ends = [new Float32Array(n).map((_, i) => Math.floor(i / lx)), new Float32Array(n).map((_, i) => i % lx)];
  walking.forEach((pixel, k) => {
    ends.forEach((axis, a) => {
      axis[pixel] = paths.at(-1)[a * walking.length + k];
    });
  });
  const places = ends.map((axis) => axis.map(Math.trunc));
  const counts = lib.histogram(places, [lib.histogramEdges(ly, 0), lib.histogramEdges(lx, 0)]);
  const seeds = lib.findPeaks(counts, lib.windowMaximum(counts), above);
  const getMasksRules = { ...lib.maskRules2020, seedAbove: above };
  const p = { data: Float32Array.of(...ends[0], ...ends[1]), shape: [2, n] };
  const everywhere = Int32Array.from({ length: n }, (_, i) => i);
  const found = lib.getMasks(p, everywhere, [ly, lx], { rules: getMasksRules });
  const centres = lib.getCenters(labelImage, rules);
  return { labelImage, scale: side / lx, heatOf, mu, walking, paths, counts, seeds, found, centres };
}

/** The two objects of the article. */
function articleObjects() {
  const data = new Int32Array(100);
  for (let y = 0; y < 3; y++) data.fill(1, 10 * y + 2, 10 * y + 4);
  for (let y = 3; y < 5; y++) data.fill(2, 10 * y + 6, 10 * y + 10);
  return { data, shape: [10, 10] };
}

/** Three tilted ellipses; a pixel belongs to that in which it lies deepest. */
function touchingCells() {
  const cells = [
    { cy: 12.6, cx: 11.7, a: 11.4, b: 8.8, tilt: 0.5 },
    { cy: 15.8, cx: 28.4, a: 10.6, b: 9.2, tilt: 2.2 },
    { cy: 30.3, cx: 17.2, a: 11.8, b: 7.9, tilt: 3 },
  ];
  const data = new Int32Array(1600);
  for (let i = 0; i < 1600; i++) {
    const depths = cells.map(({ cy, cx, a, b, tilt }) => {
      const [y, x] = [Math.floor(i / 40) - cy, (i % 40) - cx];
      const along = x * Math.cos(tilt) + y * Math.sin(tilt);
      const across = y * Math.cos(tilt) - x * Math.sin(tilt);
      return (along / a) ** 2 + (across / b) ** 2;
    });
    const deepest = Math.min(...depths);
    if (deepest <= 1) data[i] = depths.indexOf(deepest) + 1;
  }
  return { data, shape: [40, 40] };
}

// The figures

function labels(scene) {
  const sheet = paleCells(scene.labelImage, scene);
  if (scene.scale >= 20)
    scene.labelImage.data.forEach((label, i) => {
      number(sheet, label, middle(scene, i), label ? ink : [170, 170, 178]);
    });
  return sheet;
}

function heat(scene) {
  const { heatOf, labelImage } = scene;
  const values = [...heatOf].filter((_, i) => labelImage.data[i] > 0);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const sheet = pixels(scene, (i) => (labelImage.data[i] ? glow((heatOf[i] - low) / (high - low)) : [255, 255, 255]));
  for (const { y, x } of scene.centres) ring(sheet, place(scene, y, x), 7, ink);
  return sheet;
}

function flows(scene) {
  const { mu, scale, labelImage } = scene;
  const picture = lib.dxToCirc(mu).data;
  const sheet = pixels(scene, (i) => (labelImage.data[i] ? picture.subarray(3 * i, 3 * i + 3) : [255, 255, 255]));
  const n = labelImage.data.length;
  const every = scale >= 20 ? 1 : 2;
  const lx = labelImage.shape[1];
  const reach = 0.42 * scale * every;
  labelImage.data.forEach((label, i) => {
    if (!label || Math.floor(i / lx) % every || (i % lx) % every) return;
    const [y, x] = middle(scene, i);
    const [dy, dx] = [mu.data[i] * reach, mu.data[n + i] * reach];
    arrow(sheet, [y - dy, x - dx], [y + dy, x + dx], [255, 255, 255]);
  });
  return sheet;
}

function walk(scene) {
  const { paths, walking, labelImage, scale } = scene;
  const sheet = paleCells(labelImage, scene);
  const n = walking.length;
  const lx = labelImage.shape[1];
  walking.forEach((pixel, k) => {
    const [y, x] = [Math.floor(pixel / lx), pixel % lx];
    if (scale < 20 && (y % 3 || x % 3)) return;
    const points = paths.map((p) => place(scene, p[k], p[n + k]));
    for (let t = 1; t < points.length; t++) line(sheet, points[t - 1], points[t], 1.1, [90, 90, 104]);
    dot(sheet, points[0], scale >= 20 ? 4 : 2.4, ink);
    dot(sheet, points.at(-1), scale >= 20 ? 5 : 3, red);
  });
  return sheet;
}

function histogram(scene) {
  const { counts, seeds, scale } = scene;
  const most = Math.max(...counts.data);
  // One pixel per place is what there is where nothing moved: a pale ground.
  const tone = (count) => (count === 1 ? [236, 241, 248] : shade(Math.sqrt((count - 1) / (most - 1))));
  const sheet = pixels(scene, (i) => (counts.data[i] ? tone(counts.data[i]) : [255, 255, 255]));
  if (scale >= 20)
    counts.data.forEach((count, i) => {
      if (count) number(sheet, count, middle(scene, i), count > 1 ? [255, 255, 255] : [150, 156, 170]);
    });
  for (const seed of seeds) ring(sheet, middle(scene, seed), scale >= 20 ? 17 : 11, red);
  return sheet;
}

function masks(scene) {
  const sheet = paleCells(scene.found, scene);
  if (scene.scale >= 20)
    scene.found.data.forEach((label, i) => {
      if (label) number(sheet, label, middle(scene, i), ink);
    });
  return sheet;
}

// Colours

function paleCells({ data }, scene) {
  const palette = [
    [255, 255, 255],
    [253, 205, 172],
    [179, 214, 236],
    [190, 226, 178],
    [222, 203, 228],
  ];
  return pixels(scene, (i) => palette[data[i] % palette.length]);
}

// Places

/** The image enlarged, with lines between the pixels and a frame. */
function pixels({ scale, labelImage: { shape } }, color) {
  const sheet = canvas(side, side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const isEdge = x === 0 || y === 0 || x === side - 1 || y === side - 1;
      const isLine = y % scale === 0 || x % scale === 0;
      const inside = color(Math.floor(y / scale) * shape[1] + Math.floor(x / scale));
      const shown = isEdge ? [120, 120, 128] : isLine ? inside.map((v) => v * 0.92) : inside;
      sheet.data.set(shown, 3 * (y * side + x));
    }
  }
  return sheet;
}

/** Where a place of the image, given by the centres of its pixels, lies in the figure. */
function place({ scale }, y, x) {
  return [(y + 0.5) * scale, (x + 0.5) * scale];
}

function middle(scene, i) {
  const lx = scene.labelImage.shape[1];
  return place(scene, Math.floor(i / lx), i % lx);
}

/** The library's functions, also those that are not public, bundled in memory, so that no build has to exist. */
async function library() {
  const files = {
    'dynamics/diffusion': 'planeHeat',
    'dynamics/diffusionCells': 'diffusionCells',
    'dynamics/flowRules': 'flowRules2020',
    'dynamics/followFlows': 'followFlows',
    'dynamics/getCenters': 'getCenters',
    'dynamics/getMasks': 'getMasks',
    'dynamics/labelsToFlows': 'labelsToFlows',
    'dynamics/maskRules': 'maskRules2020',
    'io/png/writePng': 'writePng',
    'masks/histogram': 'histogram, histogramEdges',
    'masks/peaks': 'findPeaks, windowMaximum',
    'plot/dxToCirc': 'dxToCirc',
  };
  const contents = Object.entries(files).map(([file, names]) => `export { ${names} } from './${file}.ts';`);
  const { outputFiles } = await build({
    stdin: { resolveDir: `${root}src`, contents: contents.join('\n') },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    external: ['node:*'],
    alias: { '#platform': `${root}src/platform/node.ts` },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
}
