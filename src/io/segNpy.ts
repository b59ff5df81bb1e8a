/**
 * Reads the result files of Cellpose, NAME_seg.npy, of every version from 0.6 to 4 and of its GUI: a pickled dictionary.
 * Nothing in it is executed. The order of the list `flows` is known here and in `writeSegNpy.ts` only.
 */
import type { AnyTypedArray, FloatArray, Masks, NdArray } from '../array/ndarray.ts';
import { FormatError } from '../errors.ts';
import type { StoredArray } from './elementType.ts';
import { readNpyDictionary } from './npyObject.ts';
import { PickledArray } from './pickle/numpyGlobals.ts';
import { describeValue, type PickleValue } from './pickle/values.ts';

/** What a file holds; all but the masks may be missing. */
export interface SegNpy {
  /** Labels ([lz,] ly, lx): 0 background, 1…n cells. */
  readonly masks: Masks;
  /** Labels on the outlines of cells, 0 elsewhere; shape of the masks. */
  readonly outlines?: Masks;
  /** 1 for cells drawn by hand; one entry per cell. */
  readonly isManual?: Uint8Array;
  /** Cellpose's channels: [to segment, nuclear]. */
  readonly channels?: readonly number[];
  /** The image as its program named it. */
  readonly filename?: string;
  /** In pixels; NaN in files of Cellpose 4. */
  readonly diameter?: number;
  /** The image itself: in files of 0.6 and before. */
  readonly image?: StoredArray;
  readonly flows?: SegFlows;
  /** Keys of the file that are none of the above, such as the GUI's. */
  readonly otherKeys: readonly string[];
}

export interface SegFlows {
  /** Colours of the flow, uint8 (lz, ly, lx, 3); lz is 1 for a plane. */
  readonly flowPicture?: StoredArray;
  /** Cell probability from 0 to 255, uint8 (lz, ly, lx). */
  readonly cellprobPicture?: StoredArray;
  /** Flow along z as a picture, uint8: of volumes. Zeros (1, ly, lx, 3) for a plane. */
  readonly zPicture?: StoredArray;
  /** Where pixels ended up, float32 (2 or 3, [lz,] ly, lx); missing where the program did not keep it. */
  readonly positions?: StoredArray;
  /** Flow, (2, ly, lx) or (3, lz, ly, lx), in network units. */
  readonly dP?: FloatArray;
  /** Cell probability as a logit, ([lz,] ly, lx). */
  readonly cellprob?: FloatArray;
}

/**
 * Reads a _seg.npy file.
 *
 * @throws FormatError if it is damaged, has no masks, or asks for a name of Python that no data need; the message gives the name.
 */
export function readSegNpy(bytes: Uint8Array): SegNpy {
  const entries = readNpyDictionary(bytes);
  const masks = labels(entries.get('masks'));
  if (!masks)
    throw new FormatError('_seg.npy', `has no masks; its keys are ${[...entries.keys()].join(', ') || 'none'}`);
  const flows = entries.get('flows');
  const image = arrayOf(entries.get('img'));
  return {
    masks,
    ...optional('outlines', labels(entries.get('outlines'))),
    ...optional('isManual', bytesOf(entries.get('ismanual'))),
    ...optional('channels', numbers(entries.get('chan_choose'))),
    ...optional('filename', text(entries.get('filename'))),
    ...optional('diameter', number(entries.get('diameter') ?? entries.get('est_diam'))),
    ...optional('image', image),
    ...optional('flows', Array.isArray(flows) ? parseFlows(flows) : undefined),
    otherKeys: [...entries.keys()].filter((key) => !knownKeys.has(key)),
  };
}

const knownKeys = new Set([
  'masks',
  'outlines',
  'ismanual',
  'chan_choose',
  'filename',
  'diameter',
  'est_diam',
  'img',
  'flows',
]);

/** [flow colours, cell probability picture, z picture, positions or nothing, flow with cell probability as last plane]. */
function parseFlows([colours, cellprob, z, positions, net]: readonly PickleValue[]): SegFlows {
  return {
    ...optional('flowPicture', arrayOf(colours)),
    ...optional('cellprobPicture', arrayOf(cellprob)),
    ...optional('zPicture', arrayOf(z)),
    ...optional('positions', arrayOf(positions)),
    ...splitNet(arrayOf(net)),
  };
}

function splitNet(net: StoredArray | undefined): Pick<SegFlows, 'dP' | 'cellprob'> {
  const [planes, ...shape] = net?.shape ?? [];
  if (!net || planes === undefined || planes < 2 || !(net.data instanceof Float32Array)) return {};
  const size = net.data.length / planes;
  return {
    dP: { data: net.data.slice(0, size * (planes - 1)), shape: [planes - 1, ...shape] },
    cellprob: { data: net.data.slice(size * (planes - 1)), shape },
  };
}

/** A key with its value, or nothing. */
function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]?: V });
}

/** An array of numbers; an empty one stands for "not kept". */
function arrayOf(value: PickleValue | undefined): StoredArray | undefined {
  const array = value instanceof PickledArray ? value.array : undefined;
  return array && array.data.length > 0 ? array : undefined;
}

function labels(value: PickleValue | undefined): Masks | undefined {
  if (value === undefined || value === null) return undefined;
  const array = value instanceof PickledArray ? value.array : undefined;
  if (!array || array.dtype.startsWith('float'))
    throw new FormatError('_seg.npy', `labels must be integers; they are ${describeValue(value)}`);
  return { data: toInt32(array), shape: array.shape };
}

function toInt32({ data }: NdArray<AnyTypedArray>): Int32Array {
  const out = new Int32Array(data.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = Number(data[i]);
    if (out[i] < 0 || out[i] !== Number(data[i])) throw new FormatError('_seg.npy', `label ${data[i]} is out of range`);
  }
  return out;
}

function bytesOf(value: PickleValue | undefined): Uint8Array | undefined {
  const array = value instanceof PickledArray ? value.array : undefined;
  return array && Uint8Array.from(Array.from(array.data, Number), (x) => (x === 0 ? 0 : 1));
}

/** Channels are a list of integers, of texts in files of the GUI, or an array. */
function numbers(value: PickleValue | undefined): number[] | undefined {
  if (value instanceof PickledArray && value.array) return Array.from(value.array.data, Number);
  return Array.isArray(value) ? value.map((x) => (typeof x === 'object' ? Number.NaN : Number(x))) : undefined;
}

function number(value: PickleValue | undefined): number | undefined {
  if (value instanceof PickledArray && value.array?.data.length === 1) return Number(value.array.data[0]);
  return typeof value === 'number' ? value : undefined;
}

function text(value: PickleValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
