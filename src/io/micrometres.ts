/** Pixel sizes of files in one unit. */
import type { PhysicalSize } from './imageFile.ts';

/** Micrometres in a unit, by the names that OME-XML and ImageJ's users give it. */
const units: readonly (readonly [number, RegExp])[] = [
  [1, /^(?:µm|μm|um|micron|micrometer|micrometre)s?$/i],
  [1e-3, /^(?:nm|nanometer|nanometre)s?$/i],
  [1e3, /^(?:mm|millimeter|millimetre)s?$/],
  [1e4, /^(?:cm|centimeter|centimetre)s?$/i],
  [1e6, /^(?:m|meter|metre)s?$/],
  [1e-4, /^(?:Å|Å|angstrom|ångström)s?$/i],
  [25400, /^(?:in|inch|inches)$/i],
];

/** The same size in micrometres; undefined where the unit is no length, such as "pixel". */
export function inMicrometres({ unit, x, y, z }: PhysicalSize): Omit<PhysicalSize, 'unit'> | undefined {
  const factor = units.find(([, names]) => names.test(unit.trim()))?.[0];
  if (factor === undefined) return undefined;
  return {
    ...(x !== undefined && { x: x * factor }),
    ...(y !== undefined && { y: y * factor }),
    ...(z !== undefined && { z: z * factor }),
  };
}
