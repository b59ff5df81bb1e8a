/** A segmented image, as its files are made of it. */
import type { EvalResult, ImagePlanes, Masks, NdArray, RestoredEvalResult, Track } from 'cellpose-ts';
import type { Picture } from './readPicture.ts';

export interface Segmented {
  readonly path: string;
  /** As read, or to be read once more, or as it was enlarged. */
  readonly image: NdArray | ImagePlanes;
  /** In micrometres, as far as the file says. */
  readonly pixelSize?: Picture['pixelSize'];
  readonly result: EvalResult | RestoredEvalResult;
  /** Labels to write; those of the result, or fewer. */
  readonly masks: Masks;
  /** Of cells that keep their labels over time. */
  readonly tracks?: readonly Track[] | undefined;
  /** Cells go through planes. */
  readonly joinsPlanes?: boolean;
  /** For what is computed anew. @default all of the machine */
  readonly threads?: number | undefined;
  readonly channels: readonly [number, number] | undefined;
  /** What restored the image, as the user named it. */
  readonly restoreType?: string | null;
}

/** Those of a volume that did not fit into memory are not kept. */
export function hasFlows({ result }: Pick<Segmented, 'result'>): boolean {
  return result.cellprob.data.length > 0;
}

/** Planes are depth, or moments in a series. */
export function axesOfMasks({ masks, result, tracks }: Segmented): string {
  if (masks.shape.length < 3) return 'YX';
  return tracks !== undefined || result.axes.includes('T') ? 'TYX' : 'ZYX';
}
