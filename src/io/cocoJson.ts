/**
 * Cells as COCO annotations: one instance for each label, its mask run-length encoded, exact to the pixel also with holes and in parts.
 * Sources: the data format at cocodataset.org; the encoding of pycocotools' masks (`maskApi`), written anew from its description.
 */
import type { Masks } from '../array/ndarray.ts';
import { planeShape } from '../masks/objectBoxes.ts';

export interface CocoJsonOptions {
  /** Name of the image file, which the annotations refer to. @default '' */
  readonly name?: string;
}

/**
 * The annotations of one image as text. Image and category ("cell") have the id 1, the id of an annotation is its label; `bbox` is
 * x, y, width, height, `area` the number of pixels, `segmentation` the compressed run lengths that pycocotools decodes.
 *
 * @param masks  labels (ly, lx), 0 and below is background.
 * @returns      pieces of text, to be written one after another.
 * @throws ShapeError if masks is no plane: COCO knows no stacks.
 *
 * Polygons, COCO's other form, hold no holes and are not exact when filled, so they are not written.
 */
export function cocoJsonPieces(masks: Masks, { name = '' }: CocoJsonOptions = {}): string[] {
  const [height, width] = planeShape('cocoJsonPieces', masks);
  const images = [{ id: 1, file_name: name, width, height }];
  const categories = [{ id: 1, name: 'cell', supercategory: '' }];
  const annotations = [...runsByLabel(masks)]
    .sort(([a], [b]) => a - b)
    .map(([label, runs]) => JSON.stringify(annotation(label, runs, [height, width])));
  return [
    `{"info":{"description":"cells, ids are labels"},"images":${JSON.stringify(images)},\n`,
    `"categories":${JSON.stringify(categories)},\n"annotations":[\n`,
    annotations.join(',\n'),
    '\n]}\n',
  ];
}

/** First place and length of each run in the order of COCO, down the columns; a run may go on in the next column. */
function runsByLabel({ data, shape }: Masks): Map<number, number[]> {
  const [ly, lx] = shape;
  const runs = new Map<number, number[]>();
  for (let x = 0; x < lx; x++) {
    for (let y = 0; y < ly; ) {
      const label = data[y * lx + x];
      const first = y++;
      while (y < ly && data[y * lx + x] === label) y++;
      if (label <= 0) continue;
      const own = runs.get(label);
      const at = x * ly + first;
      if (own === undefined) runs.set(label, [at, y - first]);
      else if (own[own.length - 2] + own[own.length - 1] === at) own[own.length - 1] += y - first;
      else own.push(at, y - first);
    }
  }
  return runs;
}

function annotation(label: number, runs: readonly number[], [ly, lx]: readonly [number, number]): object {
  const counts: number[] = [];
  let [end, area] = [0, 0];
  let [minX, minY, maxX, maxY] = [lx, ly, 0, 0];
  for (let k = 0; k < runs.length; k += 2) {
    const [at, length] = [runs[k], runs[k + 1]];
    counts.push(at - end, length);
    end = at + length;
    area += length;
    const [firstX, lastX] = [Math.floor(at / ly), Math.floor((end - 1) / ly)];
    minX = Math.min(minX, firstX);
    maxX = Math.max(maxX, lastX);
    minY = firstX === lastX ? Math.min(minY, at % ly) : 0;
    maxY = firstX === lastX ? Math.max(maxY, (end - 1) % ly) : ly - 1;
  }
  if (end < ly * lx) counts.push(ly * lx - end);
  return {
    id: label,
    image_id: 1,
    category_id: 1,
    iscrowd: 0,
    area,
    bbox: [minX, minY, maxX - minX + 1, maxY - minY + 1],
    segmentation: { size: [ly, lx], counts: packCounts(counts) },
  };
}

/**
 * Run lengths, background first, as text: from the fourth on the difference to the one before the last, in groups of 5 bits with a
 * sign, low ones first; 32 marks that more follow, and 48 makes a character of each.
 */
function packCounts(counts: readonly number[]): string {
  let text = '';
  counts.forEach((count, k) => {
    let rest = k > 2 ? count - counts[k - 2] : count;
    for (let more = true; more; ) {
      const group = rest & 31;
      rest >>= 5;
      more = rest !== (group & 16 ? -1 : 0);
      text += String.fromCharCode(48 + group + (more ? 32 : 0));
    }
  });
  return text;
}
