// Reading a 4096 × 4096 uint16 page as TIFF in its common forms, and writing a 2048 × 2048 label image: median milliseconds.
//   node bench/tiff.mjs [rounds]
// With PYTHON set to an interpreter that has numpy, tifffile and cv2, the same files are read by tifffile and OpenCV in the same run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from './bundle.mjs';

const rounds = Number(process.argv[2] ?? 5);
const { readImage, writeTiff, writePng } = await bundle({
  readImage: 'io/readImage.ts',
  writeTiff: 'io/tiff/writeTiff.ts',
  writePng: 'io/png/writePng.ts',
});
const folder = mkdtempSync(join(tmpdir(), 'tiff-'));

/** Noise around 1000, as a camera gives: hard to pack. */
function noise(n) {
  const data = new Uint16Array(n * n);
  for (let i = 0; i < data.length; i++) data[i] = 1000 + 170 * (Math.random() + Math.random() + Math.random() - 1.5);
  return { data, shape: [n, n] };
}

/** Discs of about 30 pixels, numbered. */
function labels(n) {
  const data = new Uint16Array(n * n);
  for (let y = 0; y < n; y++)
    for (let x = 0; x < n; x++)
      if (((y % 42) - 20) ** 2 + ((x % 42) - 20) ** 2 < 225)
        data[y * n + x] = 1 + Math.floor(y / 42) * Math.ceil(n / 42) + Math.floor(x / 42);
  return { data, shape: [n, n] };
}

async function time(work) {
  const times = [];
  for (let i = 0; i <= rounds; i++) {
    const begin = performance.now();
    await work();
    if (i > 0) times.push(performance.now() - begin); // the first round warms up
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}

const page = noise(4096);
const files = {
  none: writeTiff(page, { compression: 'none' }),
  deflate: writeTiff(page, { level: 6 }),
  png: writePng(page),
};
for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
const python = process.env.PYTHON;
if (python) {
  // OpenCV writes what we do not: LZW with predictor, one line a strip.
  const write = `import cv2,sys; im=cv2.imdecode(__import__('numpy').fromfile(sys.argv[1]+'/png','u1'),-1); cv2.imwrite(sys.argv[1]+'/lzw.tif',im,[259,5])`;
  spawnSync(python, ['-c', write, folder], { stdio: 'inherit' });
  files.lzw = readFileSync(join(folder, 'lzw.tif'));
}

/** Median of a Python expression over the file, in milliseconds. */
function peer(expression, file) {
  const code = `
import sys, time, cv2, tifffile, numpy as np
b = np.fromfile(sys.argv[1], 'u1'); path = sys.argv[1]; t = []
for i in range(${rounds + 1}):
    s = time.perf_counter(); ${expression}; t.append(time.perf_counter() - s)
print(sorted(t[1:])[${rounds} // 2] * 1000)`;
  return Number(spawnSync(python, ['-c', code, join(folder, file)], { encoding: 'utf8' }).stdout);
}

const peers = {
  none: ['tifffile', 'tifffile.imread(path)', 'none'],
  deflate: ['tifffile', 'tifffile.imread(path)', 'deflate'],
  lzw: ['OpenCV', 'cv2.imread(path, -1)', 'lzw.tif'],
  png: ['OpenCV', 'cv2.imdecode(b, -1)', 'png'],
};
for (const [name, bytes] of Object.entries(files)) {
  const ours = await time(() => readImage(bytes));
  const [who, expression, file] = peers[name];
  const theirs = python ? peer(expression, file) : undefined;
  const ratio = theirs ? `; ${who} ${theirs.toFixed(0)} ms: ${(ours / theirs).toFixed(2)} of its time` : '';
  console.log(`read 4096 x 4096 uint16, ${name}: ${ours.toFixed(0)} ms${ratio}`);
}
const masks = labels(2048);
for (const [name, write] of Object.entries({
  'label PNG': () => writePng(masks),
  'label TIFF': () => writeTiff(masks),
}))
  console.log(`write 2048 x 2048 ${name}: ${(await time(write)).toFixed(0)} ms, ${write().length} bytes`);
rmSync(folder, { recursive: true });
