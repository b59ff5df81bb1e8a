/** What a training came to: the network before and after it on labelled images, for the page of `reportPage`. */
import { basename } from 'node:path';
import {
  imageToRgb,
  type Masks,
  meanPrecision,
  type NdArray,
  outlineView,
  type Precision,
  pooledPrecision,
  type StateDict,
  segmentExamples,
  type TrainingExample,
  writePng,
} from 'cellpose-ts';
import type { PrecisionRow, Report, Sample } from './reportPage.ts';

export interface MeasureOptions {
  /** The network at the start; undefined where it had learned nothing yet. */
  readonly before: StateDict | undefined;
  readonly after: StateDict;
  readonly examples: readonly TrainingExample[];
  readonly threads: number | undefined;
  readonly signal: AbortSignal;
  readonly onImage: (done: number, total: number) => void;
}

/** More images would take long after a short training. */
const mostImages = 24;
const mostSamples = 4;
/** Larger images are shown in part, in pixels. */
const sampleSize = 320;

/** Up to so many images, spread over the list. */
export function someOf<T>(list: readonly T[], most = mostImages): T[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_, k) => list[Math.floor((k * list.length) / most)]!);
}

/** Precision of the networks, and pictures of some images. Each image has the median diameter of its labels. */
export async function measureTraining(options: MeasureOptions): Promise<Pick<Report, 'precision' | 'samples'>> {
  const { before, after, examples, threads, signal, onImage } = options;
  const networks = [...(before ? [{ label: 'before', stateDict: before }] : []), { label: 'after', stateDict: after }];
  const shown = new Set(someOf(examples, mostSamples));
  const samples = new Map<TrainingExample, Sample['pictures'][number][]>();
  const precision: PrecisionRow[] = [];
  let done = 0;
  for (const { label, stateDict } of networks) {
    const scores: Precision[] = [];
    const run = { signal, ...(threads === undefined ? {} : { threads }) };
    for await (const { example, labels, masks, precision: score } of segmentExamples(stateDict, examples, run)) {
      scores.push(score);
      if (shown.has(example)) {
        const pictures = samples.get(example) ?? [picture(example, labels, 'labels')];
        pictures.push(picture(example, masks, `${label}: ${inWords(score)}`));
        samples.set(example, pictures);
      }
      onImage(++done, networks.length * examples.length);
    }
    precision.push({ label, mean: meanPrecision(scores).ap, pooled: pooledPrecision(scores).ap });
  }
  return { precision, samples: [...samples].map(([{ name }, pictures]) => ({ name: basename(name), pictures })) };
}

function inWords({ ap }: Precision): string {
  return Number.isNaN(ap[0]!) ? 'no cells, rightly' : `precision ${ap[0]!.toFixed(2)} at 0.5`;
}

function picture({ image }: TrainingExample, masks: Masks, caption: string): Sample['pictures'][number] {
  const [, ly, lx] = image.shape as readonly [number, number, number];
  const grey = { data: image.data.subarray(0, ly * lx), shape: [ly, lx] };
  const [h, w] = [Math.min(ly, sampleSize), Math.min(lx, sampleSize)];
  const [y, x] = [(ly - h) >> 1, (lx - w) >> 1];
  const outlined = outlineView(imageToRgb(crop(grey, y, x, h, w)), crop(masks, y, x, h, w), [255, 214, 0]);
  return { caption, png: writePng(outlined, { level: 6 }) };
}

function crop<T extends NdArray>({ data, shape }: T, y: number, x: number, h: number, w: number): T {
  const out = data.slice(0, h * w);
  for (let row = 0; row < h; row++)
    out.set(data.subarray((y + row) * shape[1]! + x, (y + row) * shape[1]! + x + w) as never, row * w);
  return { data: out, shape: [h, w] } as unknown as T;
}
