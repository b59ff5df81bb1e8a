/** Measures the cells of a result: those of an image, of each plane or frame, or of a volume. */
import {
  type EvalResult,
  type FloatArray,
  type FlowCheckOptions,
  flowErrors,
  type Masks,
  measureObjects,
  type NdArray,
  type ObjectMeasures,
  resizeImage,
} from 'cellpose-ts';
import { channelsLast, planesFirst } from './channelsLast.ts';

export interface ToMeasure {
  /** As read; its axes are those of the result. */
  readonly image: NdArray;
  readonly result: Pick<EvalResult, 'dP' | 'cellprob' | 'axes' | 'flowChecks'>;
  /** Labels ([lz,] ly, lx). */
  readonly masks: Masks;
  /** Cells go through planes. */
  readonly joinsPlanes?: boolean;
  /** For the flow errors. @default all of the machine */
  readonly threads?: number | undefined;
}

/** Cells that are measured together. */
export interface MeasuredCells {
  /** Of planes or frames that are measured one by one, from 0. */
  readonly plane?: number;
  readonly cells: readonly ObjectMeasures[];
}

/**
 * @returns  an image or a volume as one, other stacks plane by plane. Flow errors are those of the labels as they are written. With
 *           3D flows there are none; what the flow check has measured is not measured again. Of cells through planes that were joined they are the mean over their pixels.
 */
export async function measureCells(cells: ToMeasure): Promise<MeasuredCells[]> {
  const { image, result, masks, joinsPlanes = false } = cells;
  const options = cells.threads === undefined ? {} : { threads: cells.threads };
  const { shape } = masks;
  const { flowChecks = [] } = result;
  const [ly, lx] = shape.slice(-2) as [number, number];
  const cellprob = result.cellprob.data.length > 0 ? fitted(result.cellprob, ly, lx) : undefined;
  const isSolid = result.dP.shape[0] === 3;
  if (shape.length === 2) {
    const errors = await flowErrors(masks, fitted(result.dP, ly, lx), { ...options, known: flowChecks[0] });
    return [
      {
        cells: measureObjects(masks, {
          image: channelsLast(image, result.axes),
          ...(cellprob && { cellprob }),
          flowErrors: errors,
        }),
      },
    ];
  }
  const stack = planesFirst(image, result.axes);
  const errors = isSolid ? undefined : await planeErrors(masks, fitted(result.dP, ly, lx), { ...options, flowChecks });
  if (joinsPlanes) {
    const joined = errors && meanErrors(masks, errors);
    const known = { ...(cellprob && { cellprob }), ...(joined && { flowErrors: joined }) };
    return [{ cells: measureObjects(masks, { image: stack, ...known }) }];
  }
  return Array.from({ length: shape[0]! }, (_, z) => ({
    plane: z,
    cells: measureObjects(planeOf(masks, z), {
      image: planeOf(stack, z),
      ...(cellprob && { cellprob: planeOf(cellprob, z) }),
      ...(errors && { flowErrors: errors[z]! }),
    }),
  }));
}

/** What was computed at the size of the network's input, enlarged to that of the image. */
function fitted({ data, shape }: FloatArray, ly: number, lx: number): FloatArray {
  const [sy, sx] = shape.slice(-2) as [number, number];
  if (sy === ly && sx === lx) return { data, shape };
  const planes = { data, shape: [data.length / (sy * sx), sy, sx, 1] };
  return { data: resizeImage(planes, ly, lx).data, shape: [...shape.slice(0, -2), ly, lx] };
}

function planeOf<A extends NdArray>({ data, shape }: A, z: number): A {
  const n = data.length / shape[0]!;
  return { data: data.subarray(z * n, (z + 1) * n), shape: shape.slice(1) } as unknown as A;
}

/** Of each plane, by label. @param dP  (2, lz, ly, lx). */
async function planeErrors(
  masks: Masks,
  dP: FloatArray,
  { flowChecks, ...options }: FlowCheckOptions & Required<Pick<EvalResult, 'flowChecks'>>,
): Promise<Float64Array[]> {
  const [lz, ly, lx] = masks.shape as [number, number, number];
  const n = ly * lx;
  const errors: Float64Array[] = [];
  for (let z = 0; z < lz; z++) {
    const flow = new Float32Array(2 * n);
    for (let axis = 0; axis < 2; axis++)
      flow.set(dP.data.subarray((axis * lz + z) * n, (axis * lz + z + 1) * n), axis * n);
    errors.push(
      await flowErrors(planeOf(masks, z), { data: flow, shape: [2, ly, lx] }, { ...options, known: flowChecks[z] }),
    );
  }
  return errors;
}

/** Over all pixels of a label. */
function meanErrors(masks: Masks, errors: readonly Float64Array[]): Float64Array {
  const n = Math.max(0, ...errors.map(({ length }) => length));
  const sums = new Float64Array(n);
  const areas = new Float64Array(n);
  const size = masks.data.length / errors.length;
  masks.data.forEach((label, i) => {
    if (label <= 0) return;
    sums[label - 1]! += errors[Math.floor(i / size)]![label - 1]!;
    areas[label - 1]!++;
  });
  return sums.map((sum, k) => sum / areas[k]!);
}
