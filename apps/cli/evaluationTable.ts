/** The result of `evaluate`, as a table for people and as JSON for programs. */
import { meanPrecision, type Precision, pooledPrecision } from 'cellpose-ts';

export interface Evaluated {
  /** Of the image, from the folder on. */
  readonly name: string;
  readonly precision: Precision;
  readonly cells: { readonly true: number; readonly found: number };
  /** Median, pixels; 0 without cells. */
  readonly trueDiameter: number;
  /** That the model went by, in pixels. */
  readonly diameter: number | undefined;
}

export interface Evaluation {
  /** What was compared. */
  readonly what: string;
  readonly folder: string;
  readonly thresholds: readonly number[];
  readonly images: readonly Evaluated[];
  readonly failed: readonly { readonly image: string; readonly error: string }[];
}

/** @returns lines that end with a line break. */
export function evaluationTable({ what, folder, thresholds, images, failed }: Evaluation): string {
  const precisions = images.map(({ precision }) => precision);
  const [mean, pooled] = [meanPrecision(precisions), pooledPrecision(precisions)];
  const total = (key: 'true' | 'found') => images.reduce((sum, { cells }) => sum + cells[key], 0);
  const header = ['image', 'labelled', 'found', ...thresholds.map((t) => `AP@${t}`)];
  const rows = images.map(({ name, cells, precision }) => [
    name,
    String(cells.true),
    String(cells.found),
    ...numbers(precision.ap),
  ]);
  const meanRow = [`mean of ${mean.images} images`, '', '', ...numbers(mean.ap)];
  const pooledRow = ['all cells pooled', String(total('true')), String(total('found')), ...numbers(pooled.ap)];
  const widths = header.map((_, k) => Math.max(...[header, ...rows, meanRow, pooledRow].map((row) => row[k]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]!) : cell.padStart(widths[k]!))).join('  ');
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [
    '',
    `${what} against the labels of ${folder}`,
    '',
    line(header),
    rule,
    ...rows.map(line),
    rule,
    line(meanRow),
    line(pooledRow),
    '',
    'AP = hits / (hits + false finds + misses) at that intersection over union. In the mean each image counts the same,',
    'pooled each cell does: papers use both, do not compare one with the other.',
    ...withoutCells(images.length - mean.images),
    ...failed.map(({ image, error }) => `not compared: ${image}: ${error}`),
    '',
  ].join('\n');
}

function withoutCells(count: number): string[] {
  if (count === 0) return [];
  return [`${count} ${count === 1 ? 'image has' : 'images have'} no cells on either side and no precision (–).`];
}

function numbers(values: ArrayLike<number>): string[] {
  return Array.from(values, (v) => (Number.isNaN(v) ? '–' : v.toFixed(3)));
}

/** The same, with counts; precision that there is none of is null. */
export function evaluationJson({ what, folder, thresholds, images, failed }: Evaluation): unknown {
  const precisions = images.map(({ precision }) => precision);
  const mean = meanPrecision(precisions);
  return {
    format: 'cellpose-ts evaluation',
    version: 1,
    what,
    folder,
    thresholds,
    meanOverImages: { images: mean.images, ap: listOf(mean.ap) },
    pooledOverCells: plain(pooledPrecision(precisions)),
    images: images.map(({ name, precision, cells, trueDiameter, diameter }) => ({
      image: name,
      cells,
      ...plain(precision),
      trueDiameter,
      diameter: diameter ?? null,
    })),
    failed,
  };
}

function plain({ ap, tp, fp, fn }: Precision) {
  return { ap: listOf(ap), tp: listOf(tp), fp: listOf(fp), fn: listOf(fn) };
}

/** Without the noise of float32 in decimal digits. */
function listOf(values: ArrayLike<number>): (number | null)[] {
  return Array.from(values, (v) => (Number.isNaN(v) ? null : Number(v.toFixed(6))));
}
