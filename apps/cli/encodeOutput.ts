/** The bytes of each kind of file that a run writes for an image. */
import {
  cocoJsonPieces,
  geoJsonPieces,
  labelsPicture,
  type NdArray,
  narrowLabels,
  outlinesImage,
  outlinesList,
  type RestoredEvalResult,
  roiZipParts,
  segmentationFigure,
  segNpyPieces,
  wholeImage,
  writePng,
  writeTiff,
} from 'cellpose-ts';
import { cellsOverlay } from './cellsOverlay.ts';
import { cellsTable } from './cellsTable.ts';
import { channelsLast } from './channelsLast.ts';
import { flowPicture } from './flowPicture.ts';
import type { OutputKind } from './outputNames.ts';
import { axesOfMasks, type Segmented } from './segmented.ts';
import { tracksTable } from './tracksTable.ts';
import { shortName } from './zarrFolder.ts';

/** Deflate level: higher ones take several times as long and save little. */
const fast = 2;

/** Bytes of a file, or its pieces. */
export type Encoded = Uint8Array | Uint8Array[] | Promise<Uint8Array>;

/** Makes the bytes of each kind of output; the picture of flows, which two of them hold, is drawn once. */
export function encoder(segmented: Segmented): (kind: OutputKind) => Encoded {
  let picture: NdArray<Uint8Array> | undefined;
  const pictureOnce = () => {
    picture ??= flowPicture(segmented.result.dP);
    return picture;
  };
  return (kind) => encode(kind, segmented, pictureOnce);
}

function encode(kind: OutputKind, segmented: Segmented, picture: () => NdArray<Uint8Array>): Encoded {
  const { masks, result } = segmented;
  switch (kind) {
    case 'png':
      return writePng(narrowLabels(masks) as NdArray<Uint16Array>);
    case 'tif':
      return labelTiff(segmented);
    case 'outlines':
      return display(segmented).then((image) => writePng(outlinesImage(image, masks)));
    case 'overlay':
      return display(segmented).then((image) => writePng(cellsOverlay(image, masks)));
    case 'preview':
      return writePng(labelsPicture(masks));
    case 'mpl':
      return display(segmented).then((image) => writePng(segmentationFigure(image, masks, result.dP)));
    case 'txt':
      return text(outlinesText(outlinesList(masks)));
    case 'csv':
      return table(segmented);
    case 'rois':
      return roiZipParts(masks, hyperstackAxis(segmented));
    case 'geojson':
      return geoJsonPieces(masks, { name: shortName(segmented.path) }).map(text);
    case 'coco':
      return cocoJsonPieces(masks, { name: shortName(segmented.path) }).map(text);
    case 'tracks':
      return text(tracksTable({ masks, tracks: segmented.tracks! }));
    case 'ctc':
    case 'zarr':
      throw new Error('internal: a folder is not encoded');
    case 'flows':
      return writeTiff(wrapped(picture()), { level: fast });
    case 'dP':
      return writeTiff(result.dP, { level: 'huffman', rgb: false });
    case 'restored':
      return restoredTiff(segmented);
    case 'seg':
      return segNpy(segmented, picture());
  }
}

/** Where ImageJ shows the image with a slider for channels beside that for planes. */
function hyperstackAxis(segmented: Segmented): 'Z' | 'T' | undefined {
  const planes = axesOfMasks(segmented)[0];
  const hasChannels = segmented.result.axes.includes('C');
  return hasChannels && (planes === 'Z' || planes === 'T') ? planes : undefined;
}

/**
 * A stack says in OME-XML that its planes are depth, with the size of its pixels. A series says that they are moments in ImageJ's words,
 * since ImageJ by itself takes the planes of other files for depth; it does not know 32-bit labels: OME-XML again.
 */
function labelTiff(segmented: Segmented): Uint8Array {
  const labels = narrowLabels(segmented.masks);
  const axes = axesOfMasks(segmented);
  if (axes === 'YX') return writeTiff(labels, { level: fast, rgb: false });
  const description = axes === 'TYX' && labels.data instanceof Uint16Array ? 'imagej' : 'ome';
  return writeTiff(labels, { level: fast, rgb: false, axes, description, pixelSize: segmented.pixelSize });
}

/**
 * The picture of flows as Cellpose 3.1 stores it: its bytes times 65535, cut to 16 bits, which makes (65536 − v) mod 65536
 * of a byte v. Kept, since programs that read these files undo it.
 */
function wrapped(picture: NdArray<Uint8Array>): NdArray<Uint16Array> {
  const data = new Uint16Array(picture.data.length);
  for (let i = 0; i < data.length; i++) data[i] = 65536 - picture.data[i]!;
  return { data, shape: picture.shape };
}

/** x and y of each outline's points on one line per cell; an empty line for a cell too small to have one. */
function outlinesText(outlines: readonly NdArray[]): string {
  return outlines.map((outline) => `${Array.from(outline.data).join(',')}\n`).join('');
}

function segNpy({ path, result, masks, channels, restoreType }: Segmented, picture: NdArray<Uint8Array>): Uint8Array[] {
  const { dP, cellprob, diameter } = result;
  return segNpyPieces({
    masks,
    dP,
    cellprob,
    flowPicture: picture,
    diameter,
    channels: channels ?? [0, 0],
    filename: path,
    ...('restored' in result ? { restored: { type: restoreType ?? '', image: result.restored } } : {}),
  });
}

/** A single picture has nothing to tell of its axes; planes and channels say what they are as those of labels do. */
function restoredTiff(segmented: Segmented): Uint8Array {
  const pages = restoredPages(segmented.result as RestoredEvalResult);
  const hasPlanes = (segmented.result as RestoredEvalResult).restored.shape.length > 3;
  const planes = hasPlanes ? axesOfMasks(segmented)[0]! : '';
  const channels = pages.shape.length > planes.length + 2 ? 'C' : '';
  const axes = `${planes}${channels}YX`;
  if (axes === 'YX') return writeTiff(pages, { level: fast, rgb: false });
  const description = planes === 'T' ? 'imagej' : 'ome';
  return writeTiff(pages, { level: fast, rgb: false, axes, description, pixelSize: segmented.pixelSize });
}

/** Planes and channels as pages, ([lz,] [n,] ly, lx). */
function restoredPages({ restored: { data, shape } }: RestoredEvalResult): NdArray<Float32Array> {
  const [ly, lx, nchan] = shape.slice(-3) as [number, number, number];
  const lead = shape.slice(0, -3);
  if (nchan === 1) return { data, shape: [...lead, ly, lx] };
  const n = ly * lx;
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / nchan);
    out[(Math.floor(pixel / n) * nchan + (i % nchan)) * n + (pixel % n)] = data[i]!;
  }
  return { data: out, shape: [...lead, nchan, ly, lx] };
}

/** The image with channels last, which pictures and tables need, by the axes that the model found. */
async function display({ image, result }: Segmented): Promise<NdArray> {
  return channelsLast(await wholeImage(image), result.axes);
}

async function table(segmented: Segmented): Promise<Uint8Array> {
  return text(await cellsTable({ ...segmented, image: await wholeImage(segmented.image) }));
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
