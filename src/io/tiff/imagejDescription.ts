/**
 * ImageJ's text in the description of a TIFF: lines of key=value that give the dimensions of a hyperstack. Source:
 * ImageJ 1.x, ij.io.TiffDecoder and FileInfo; dimension order as tifffile reads it.
 */

export interface ImagejDescription {
  /** Letters and lengths of the dimensions before the page, slow to fast, for example 'TZC'. */
  readonly axes: string;
  readonly shape: readonly number[];
  /** Number of pages that the text claims; not always kept up to date by programs. */
  readonly images: number;
  readonly unit?: string;
  /** Distance of slices, in `unit`. */
  readonly spacing?: number;
}

/** ImageJ's own order of dimensions is time, slice, channel; other programs may say otherwise. */
const orders: Record<string, string> = { czt: 'TZC', ctz: 'ZTC', zct: 'TCZ', ztc: 'CTZ', tcz: 'ZCT', tzc: 'CZT' };

/** Tells whether a TIFF description is ImageJ's. */
export function isImagejDescription(description: string): boolean {
  return /^(?:ImageJ|SCIFIO)=/.test(description);
}

/** Reads the text; undefined if its numbers are impossible. */
export function parseImagejDescription(description: string): ImagejDescription | undefined {
  const fields = new Map<string, string>();
  for (const line of description.split(/\r?\n/)) {
    const equals = line.indexOf('=');
    if (equals > 0) fields.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
  }
  const count = (key: string) => Number(fields.get(key) ?? 1);
  const axes = orders[(fields.get('order') ?? 'czt').toLowerCase()] ?? 'TZC';
  const lengths: Record<string, number> = { T: count('frames'), Z: count('slices'), C: count('channels') };
  const shape = [...axes].map((axis) => lengths[axis]);
  const images = count('images');
  if (![...shape, images].every((n) => Number.isInteger(n) && n > 0 && n <= 2 ** 31)) return undefined;
  const unit = fields.get('unit');
  const spacing = Number(fields.get('spacing'));
  return {
    axes,
    shape,
    images,
    ...(unit && { unit: plainUnit(unit) }),
    ...(spacing > 0 && Number.isFinite(spacing) && { spacing }),
  };
}

/** ImageJ's keys for the dimensions before a page, slow to fast. */
const lengthKeys = { T: 'frames', Z: 'slices', C: 'channels' } as const;

/**
 * Writes the text for an array whose last two dimensions are Y and X.
 *
 * @param axes  one letter per dimension: of T, Z and C those that there are, in this order, then YX.
 * @returns     undefined for other axes.
 */
export function imagejDescription(shape: readonly number[], axes: string): string | undefined {
  if (!/^T?Z?C?YX$/.test(axes) || axes.length !== shape.length) return undefined;
  const images = shape.slice(0, -2).reduce((product, length) => product * length, 1);
  // ImageJ itself names channels first
  const lengths = [...axes.slice(0, -2)]
    .map((axis, i) => `${lengthKeys[axis as 'T' | 'Z' | 'C']}=${shape[i]}`)
    .reverse();
  const lines = ['ImageJ=1.11a', `images=${images}`, ...lengths, 'hyperstack=true', 'mode=grayscale', 'loop=false'];
  return `${lines.join('\n')}\n`;
}

/** ImageJ writes µ as the escape \u00B5, or spells micrometres in other ways. */
function plainUnit(unit: string): string {
  const text = unit.replace(/\\u([\da-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return /^(?:um|µm|μm|microns?|micrometers?)$/i.test(text) ? 'µm' : text;
}
