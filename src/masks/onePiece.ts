/** Labels in one piece: what a label has apart from its largest part is dropped, or gets labels of its own. */
import { checkArray, type Masks } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { maxLabel } from './objectBoxes.ts';

export interface OnePieceOptions {
  /** 'largest': of each label its largest piece stays, of equal ones the first; 'split': each piece becomes a label. @default 'largest' */
  readonly keep?: 'largest' | 'split';
  /** Pieces of fewer pixels are dropped, also where they are all of their label; 0 or below keeps all sizes. @default 15 */
  readonly minSize?: number;
  /** Pixels that share a corner or an edge only hang together too: 8 neighbours in a plane and 26 in a volume, not 4 and 6. @default false */
  readonly corners?: boolean;
}

/**
 * Makes each label one piece.
 *
 * @param masks  labels, (ly, lx) or (lz, ly, lx); 0 and below is background. Not changed.
 * @returns      labels 1 … n without gaps, in order of first appearance.
 * @throws ShapeError for masks of other rank; OptionError for an unknown `keep`.
 */
export function onePiece<M extends Masks>(masks: M, options: OnePieceOptions = {}): M {
  const { keep = 'largest', minSize = 15, corners = false } = options;
  const { shape } = masks;
  if (shape.length !== 2 && shape.length !== 3) throw new ShapeError('onePiece', 'masks ([lz,] ly, lx)', shape);
  checkArray('onePiece', masks);
  if (keep !== 'largest' && keep !== 'split')
    throw new OptionError('keep', keep, `onePiece: keep must be 'largest' or 'split'; got '${String(keep)}'`);
  const { pieces, sizes, labels } = piecesOf(masks, corners);
  const best = new Int32Array(maxLabel(masks) + 1);
  sizes.forEach((size, k) => {
    if (size > (sizes[best[labels[k]] - 1] ?? 0)) best[labels[k]] = k + 1;
  });
  // Pieces are numbered as they first appear, so those that are left are too.
  let n = 0;
  const numbers = Int32Array.from(sizes, (size, k) =>
    size >= minSize && (keep === 'split' || best[labels[k]] === k + 1) ? ++n : 0,
  );
  for (let i = 0; i < pieces.length; i++) if (pieces[i] > 0) pieces[i] = numbers[pieces[i] - 1];
  return { ...masks, data: pieces };
}

interface Pieces {
  /** For each pixel 1 + the number of its piece. */
  readonly pieces: Int32Array;
  /** Pixels, and label, of each piece. */
  readonly sizes: readonly number[];
  readonly labels: readonly number[];
}

function piecesOf({ data, shape }: Masks, corners: boolean): Pieces {
  const pieces = new Int32Array(data.length);
  const neighbours = neighboursIn(shape, corners);
  const sizes: number[] = [];
  const labels: number[] = [];
  const stack: number[] = [];
  for (let i = 0; i < data.length; i++) {
    if (data[i] <= 0 || pieces[i] > 0) continue;
    const label = data[i];
    const piece = labels.push(label);
    let size = 0;
    pieces[i] = piece;
    stack.push(i);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      size++;
      neighbours(at, (to) => {
        if (data[to] !== label || pieces[to] > 0) return;
        pieces[to] = piece;
        stack.push(to);
      });
    }
    sizes.push(size);
  }
  return { pieces, sizes, labels };
}

/** Visits the neighbours of a pixel that lie in the image. */
function neighboursIn(shape: readonly number[], corners: boolean): (at: number, visit: (to: number) => void) => void {
  const [ly, lx] = shape.slice(-2);
  const lz = shape.length === 3 ? shape[0] : 1;
  const steps = [-1, 0, 1].flatMap((z) => [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x) => [z, y, x] as const)));
  const used = steps.filter(([z, y, x]) => {
    const moves = Math.abs(z) + Math.abs(y) + Math.abs(x);
    return moves > 0 && (corners || moves === 1) && (lz > 1 || z === 0);
  });
  return (at, visit) => {
    const x = at % lx;
    const y = Math.floor(at / lx) % ly;
    const z = Math.floor(at / (lx * ly));
    for (const [dz, dy, dx] of used) {
      if (x + dx < 0 || x + dx >= lx || y + dy < 0 || y + dy >= ly || z + dz < 0 || z + dz >= lz) continue;
      visit(at + (dz * ly + dy) * lx + dx);
    }
  };
}
