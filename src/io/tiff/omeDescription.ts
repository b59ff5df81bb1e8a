/** OME-XML for a TIFF of one image, all of whose planes are its pages. Source: OME data model 2016-06, "OME-TIFF specification". */
import type { AnyTypedArray, NdArray } from '../../array/ndarray.ts';
import { OptionError } from '../../errors.ts';
import type { PhysicalSize } from '../imageFile.ts';

const schema = 'http://www.openmicroscopy.org/Schemas/OME/2016-06';

/** OME's names of sample types. It has none for 64-bit integers. */
const types: readonly (readonly [string, abstract new (...args: never[]) => AnyTypedArray])[] = [
  ['uint8', Uint8Array],
  ['int8', Int8Array],
  ['uint16', Uint16Array],
  ['int16', Int16Array],
  ['uint32', Uint32Array],
  ['int32', Int32Array],
  ['float', Float32Array],
  ['double', Float64Array],
];

/**
 * Writes the text for an array whose last two dimensions are Y and X.
 *
 * @param axes  one letter per dimension: those of T, Z, C that there are, each once, then YX.
 * @throws OptionError where axes or type have no words in OME-XML.
 */
export function omeDescription(
  { shape, data }: NdArray<AnyTypedArray>,
  axes: string,
  pixelSize: Omit<PhysicalSize, 'unit'> = {},
): string {
  const type = types.find(([, Class]) => data instanceof Class)?.[0];
  const isKnown = /^[TZC]{0,3}YX$/.test(axes) && new Set(axes).size === axes.length && axes.length === shape.length;
  if (type === undefined || !isKnown)
    throw new OptionError(
      'description',
      'ome',
      `writeTiff: OME-XML needs axes of T, Z, C, then Y, X, one per dimension, and no 64-bit integers; got ${data.constructor.name} ` +
        `(${shape.join(', ')}) of axes "${axes}"`,
    );
  // OME lists the fastest first, and wants all five.
  const order = [...axes].reverse().join('') + [...'CZT'].filter((letter) => !axes.includes(letter)).join('');
  const sizes = [...'XYCZT'].map(
    (letter) => `Size${letter}="${axes.includes(letter) ? shape[axes.indexOf(letter)] : 1}"`,
  );
  const physical = (['x', 'y', 'z'] as const)
    .filter((axis) => pixelSize[axis] !== undefined)
    .map(
      (axis) =>
        `PhysicalSize${axis.toUpperCase()}="${pixelSize[axis]}" PhysicalSize${axis.toUpperCase()}Unit="&#181;m"`,
    );
  const channels = axes.includes('C') ? shape[axes.indexOf('C')] : 1;
  const channel = (i: number) => `<Channel ID="Channel:0:${i}" SamplesPerPixel="1"><LightPath/></Channel>`;
  const planes = shape.slice(0, -2).reduce((product, n) => product * n, 1);
  const attributes = [`DimensionOrder="${order}"`, `Type="${type}"`, 'BigEndian="false"', ...sizes, ...physical].join(
    ' ',
  );
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    `<OME xmlns="${schema}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="${schema} ${schema}/ome.xsd" Creator="cellpose-ts">` +
    `<Image ID="Image:0" Name="Image0"><Pixels ID="Pixels:0" ${attributes}>` +
    Array.from({ length: channels }, (_, i) => channel(i)).join('') +
    `<TiffData IFD="0" PlaneCount="${planes}"/></Pixels></Image></OME>`
  );
}
