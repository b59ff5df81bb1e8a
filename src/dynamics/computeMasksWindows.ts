/**
 * From the network's output to masks, window by window, for pictures larger than memory. The picture is divided into cores; the
 * work is done on a core with an apron around it, and the labels of the core are written.
 */
import type { FloatArray, Masks } from '../array/ndarray.ts';
import type { Window, WindowReader, WindowWriter } from '../array/window.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { type ObjectBox, objectBoxes } from '../masks/objectBoxes.ts';
import { type ComputeMasksOptions, masksWithin } from './computeMasks.ts';
import { type DynamicsRules, dynamics3 } from './rules.ts';

export interface ComputeMasksWindowsOptions extends Omit<ComputeMasksOptions, 'onFlowCheck'> {
  /** Height and width of the cores, in pixels. @default 2048 */
  readonly coreSize?: number;
  /** Pixels around the core that take part in the work; see `computeMasksWindows` for how many are needed. @default 256 */
  readonly apron?: number;
  /** Called after each window. */
  readonly onProgress?: (progress: WindowsDone) => void;
}

export interface WindowsDone {
  /** Windows done. */
  readonly done: number;
  /** Windows in all. */
  readonly total: number;
}

export interface WindowsSummary {
  /** Number of cells; labels are 1 … count. */
  readonly count: number;
  /**
   * How many of them reach the end of an apron: such cells may be incomplete, and a large one counts, and is labelled, once for
   * each window that sees another part of it. 0: the apron is wide enough for all.
   */
  readonly cut: number;
}

/**
 * Computes masks as `computeMasks` does, holding no more than one window of the picture at a time.
 *
 * Every window finds all cells that it sees, those of its apron too. A cell is known by its first pixel in raster order, which
 * all windows that see it whole agree on; the number that it gets at its first appearance is kept under that name. So cells
 * across borders come out whole and once, and each pixel is written once.
 *
 * The cells are those of `computeMasks` on the whole picture, to the pixel, if the apron is wide enough: 2 × the largest
 * distance between two pixels of a cell + 16 always is (16 is how far seeds see each other), once that distance + 16 where
 * the flow of cells leads to their middle and no cell lies within another. Pixels must not walk farther than that either,
 * as they may outside of all cells. What a narrower apron does is counted in `cut`.
 *
 * @param reader   dP and cellprob, as the network gives them: 3 channels, flow along y, along x (5 × unit length), and logits.
 * @param writer   takes the labels of each core, rows of cores from top to bottom, each from left to right; every
 *                 pixel once. The array is the writer's to keep.
 * @param options  as of `computeMasks`. Holes are filled and small masks removed where `minSize` is above 0.
 * @returns        numbers of cells; labels have no gaps, and are numbered by first appearance in the order of writing.
 * @throws ShapeError if the reader has not 3 channels or gives too few pixels; OptionError for impossible options.
 *
 * Memory: some arrays of (coreSize + 2 · apron)² pixels, and one number per cell. Rules with `stepsOf: 'largest'` or
 * `bigBy: 'rank'` make a cell's fate depend on the whole picture. Here the largest cell is that of the window, which
 * changes flow errors a little, and big masks are found by label.
 */
export async function computeMasksWindows(
  reader: WindowReader,
  writer: WindowWriter<Int32Array>,
  { coreSize = 2048, apron = 256, onProgress, ...options }: ComputeMasksWindowsOptions = {},
): Promise<WindowsSummary> {
  if (reader.nchan !== 3)
    throw new ShapeError('computeMasksWindows', '(ly, lx, 3)', [reader.ly, reader.lx, reader.nchan]);
  checkWhole('coreSize', coreSize, 1);
  checkWhole('apron', apron, 0);
  const run = { ...options, rules: bigByLabel(options.rules ?? dynamics3) };
  const numbers = new Map<number, number>();
  const cores = coresOf(reader, coreSize);
  let cut = 0;
  for (const [k, core] of cores.entries()) {
    options.signal?.throwIfAborted();
    const window = withApron(core, apron, reader);
    const { dP, cellprob } = separate(await reader.read(window), window);
    const masks = await masksWithin({ ...window, ly: reader.ly, lx: reader.lx }, dP, cellprob, run);
    const named = labelsOfCore(masks, window, core, reader, numbers);
    cut += named.cut;
    await writer.write(core, named.labels);
    onProgress?.({ done: k + 1, total: cores.length });
  }
  return { count: numbers.size, cut };
}

function checkWhole(option: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  const needs = `a whole number from ${least} on`;
  throw new OptionError(option, value, `computeMasksWindows: ${option} must be ${needs}; got ${value}`);
}

/** The rank of a label among those of the picture is not known to a window. */
function bigByLabel(rules: DynamicsRules): DynamicsRules {
  return { ...rules, masks: { ...rules.masks, bigBy: 'label' } };
}

/** The picture in squares of this size, smaller at its right and lower edges. */
function coresOf({ ly, lx }: WindowReader, size: number): Window[] {
  const cores: Window[] = [];
  for (let y = 0; y < ly; y += size) {
    for (let x = 0; x < lx; x += size) cores.push({ y, x, h: Math.min(size, ly - y), w: Math.min(size, lx - x) });
  }
  return cores;
}

function withApron(core: Window, apron: number, { ly, lx }: WindowReader): Window {
  const y = Math.max(0, core.y - apron);
  const x = Math.max(0, core.x - apron);
  return {
    y,
    x,
    h: Math.min(ly, core.y + core.h + apron) - y,
    w: Math.min(lx, core.x + core.w + apron) - x,
  };
}

/** (h, w, 3) to planes. */
function separate(values: Float32Array, { h, w }: Window): { dP: FloatArray; cellprob: FloatArray } {
  const n = h * w;
  if (values.length < 3 * n) throw new ShapeError('computeMasksWindows', `(${h}, ${w}, 3)`, [values.length]);
  const dP = new Float32Array(2 * n);
  const cellprob = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    dP[i] = values[3 * i];
    dP[n + i] = values[3 * i + 1];
    cellprob[i] = values[3 * i + 2];
  }
  return { dP: { data: dP, shape: [2, h, w] }, cellprob: { data: cellprob, shape: [h, w] } };
}

/**
 * The labels of the core, as the picture numbers them.
 *
 * @param numbers  number of each cell by its first pixel; those that are new here are added.
 * @returns        `cut`: new cells that reach the end of an apron.
 */
function labelsOfCore(
  masks: Masks,
  window: Window,
  core: Window,
  picture: WindowReader,
  numbers: Map<number, number>,
): { readonly labels: Int32Array; readonly cut: number } {
  const { data } = masks;
  const boxes = new Map(objectBoxes(masks).map((box) => [box.label, box]));
  const known = new Map([[0, 0]]);
  const labels = new Int32Array(core.h * core.w);
  let cut = 0;
  const numberOf = (label: number): number => {
    const box = boxes.get(label) as ObjectBox;
    const first = data.indexOf(label, box.y0 * window.w + box.x0);
    const name = (window.y + Math.floor(first / window.w)) * picture.lx + window.x + (first % window.w);
    const number = numbers.get(name) ?? numbers.size + 1;
    if (number > numbers.size && reachesEnd(box, window, picture)) cut++;
    numbers.set(name, number);
    known.set(label, number);
    return number;
  };
  for (let y = 0, k = 0; y < core.h; y++) {
    let i = (core.y - window.y + y) * window.w + core.x - window.x;
    for (let x = 0; x < core.w; x++, i++, k++) labels[k] = known.get(data[i]) ?? numberOf(data[i]);
  }
  return { labels, cut };
}

/** Whether a box touches an edge of the window that is not one of the picture. */
function reachesEnd(box: ObjectBox, { y, x, h, w }: Window, { ly, lx }: WindowReader): boolean {
  const above = box.y0 === 0 && y > 0;
  const below = box.y1 === h && y + h < ly;
  const left = box.x0 === 0 && x > 0;
  const right = box.x1 === w && x + w < lx;
  return above || below || left || right;
}
