/** What becomes of labels that have several pieces, as the option `pieces` says. */
import type { Masks } from '../array/ndarray.ts';
import { onePiece } from '../masks/onePiece.ts';
import type { DynamicsOptions } from './evalOptions.ts';

export function inPieces<M extends Masks>(
  masks: M,
  { pieces, minSize }: Pick<DynamicsOptions, 'pieces' | 'minSize'>,
): M {
  return pieces === 'any' ? masks : onePiece(masks, { keep: pieces, minSize });
}
