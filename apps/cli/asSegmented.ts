/**
 * An image that was enlarged before it was segmented (`--restore_type upsample_…`): its labels are of the enlarged image, so
 * that stands for it in pictures and tables.
 */
import type { EvalResult, ImagePlanes, NdArray, RestoredEvalResult } from 'cellpose-ts';
import type { OpenPicture, Picture } from './readPicture.ts';

export interface AsSegmented {
  /** Its axes are those of the result. */
  readonly image: NdArray | ImagePlanes;
  readonly pixelSize?: Picture['pixelSize'];
  readonly result: EvalResult | RestoredEvalResult;
}

export function asSegmented(
  { image, pixelSize }: Pick<OpenPicture, 'image' | 'pixelSize'>,
  result: EvalResult | RestoredEvalResult,
): AsSegmented {
  if (!('restored' in result) || result.ratio === 1) return { image, pixelSize, result };
  const { restored, ratio, axes } = result;
  const stack = restored.shape.length === 3 ? '' : axes.includes('T') ? 'T' : 'Z';
  const { x, y } = pixelSize ?? {};
  const smaller = {
    ...pixelSize,
    ...(x === undefined ? {} : { x: x / ratio }),
    ...(y === undefined ? {} : { y: y / ratio }),
  };
  return {
    image: restored,
    ...(pixelSize ? { pixelSize: smaller } : {}),
    result: { ...result, axes: `${stack}YXC` },
  };
}
