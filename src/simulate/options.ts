/** Defaults of the simulator's options, and the refusal of what cannot work. */
import { sizeOf } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';
import { type CellForm, cellForms } from './cellShape.ts';
import type { Modality, SimulateOptions } from './types.ts';

const usualForm: Record<Modality, CellForm> = {
  nuclei: 'oval',
  cells: 'irregular',
  phase: 'spindle',
  brightfield: 'spindle',
  stained: 'oval',
};

/** All that a scene and its picture need, filled in. */
export interface Setting extends Required<SimulateOptions> {
  /** (lz, ly, lx); a picture has one plane. */
  readonly size: readonly [number, number, number];
  readonly anisotropy: number;
}

/** Cells may cover this share of the image at most: beyond it they cannot be laid out. */
const most = 0.75;

/**
 * @param where  name of the public function, for messages.
 * @throws OptionError for values out of range and for more cells than have room.
 */
export function fillOptions(
  where: string,
  options: SimulateOptions,
  size: readonly [number, number, number],
  anisotropy = 1,
): Setting {
  const { modality = 'nuclei' } = options;
  checkChoice(where, 'modality', modality, Object.keys(usualForm));
  const { form = usualForm[modality], seed = 0, bitDepth = 8, diameter = 30 } = options;
  checkChoice(where, 'form', form, cellForms);
  checkChoice(where, 'bitDepth', bitDepth, [8, 12, 16]);
  const least = size[0] > 1 ? [2, 16, 16] : [1, 16, 16];
  if (!size.every((n, axis) => Number.isInteger(n) && n >= least[axis] && n <= 2 ** 15) || sizeOf(size) > 2 ** 29)
    throw new OptionError(
      'size',
      size,
      `${where}: size needs whole numbers from 16 on (2 planes); got (${size.join(', ')})`,
    );
  checkRange(where, { seed }, [-(2 ** 53), 2 ** 53], true);
  checkRange(where, { diameter }, [6, 2 ** 12]);
  checkRange(where, { anisotropy }, [0.1, 20]);
  const cells = options.cells ?? countFor(size, anisotropy, diameter, size[0] > 1 ? 0.1 : 0.25);
  const room = Math.max(1, countFor(size, anisotropy, diameter, most));
  checkRange(where, { cells }, [0, room], true);
  const fluorescence = modality === 'nuclei' || modality === 'cells';
  const numbers = {
    sizeSpread: checked(where, 'sizeSpread', options.sizeSpread ?? 0.15, [0, 0.6]),
    clustering: checked(where, 'clustering', options.clustering ?? 0.3, [0, 1]),
    texture: checked(where, 'texture', options.texture ?? 1, [0, 3]),
    blur: checked(where, 'blur', options.blur ?? 1.2, [0, 50]),
    illumination: checked(where, 'illumination', options.illumination ?? 0.15, [0, 0.9]),
    background: checked(where, 'background', options.background ?? 0.06, [0, 2]),
    photons: checked(where, 'photons', options.photons ?? (fluorescence ? 400 : 2500), [1, 1e7]),
    readNoise: checked(where, 'readNoise', options.readNoise ?? 3, [0, 1e5]),
  };
  return { modality, form, seed, bitDepth, diameter, cells, size, anisotropy, ...numbers };
}

/** Number of cells that cover a share of the image. */
function countFor(size: readonly number[], anisotropy: number, diameter: number, share: number): number {
  const r = diameter / 2;
  const one = size[0] > 1 ? ((4 / 3) * Math.PI * r ** 3) / anisotropy : Math.PI * r ** 2;
  return Math.round((share * sizeOf(size)) / one);
}

function checked(where: string, name: string, value: number, range: readonly [number, number]): number {
  checkRange(where, { [name]: value }, range);
  return value;
}

/** @throws OptionError unless the one value of `named` is a number in the range, whole where asked. */
export function checkRange(
  where: string,
  named: Readonly<Record<string, unknown>>,
  [from, to]: readonly [number, number],
  whole = false,
): void {
  const [[name, value]] = Object.entries(named);
  if (typeof value === 'number' && value >= from && value <= to && (!whole || Number.isInteger(value))) return;
  const hint = name === 'cells' ? ': ask for fewer or smaller ones, or a larger image' : '';
  const kind = whole ? 'a whole number' : 'a number';
  throw new OptionError(name, value, `${where}: ${name} needs ${kind} from ${from} to ${to}; got ${value}${hint}`);
}

function checkChoice(where: string, name: string, value: unknown, choices: readonly unknown[]): void {
  if (!choices.includes(value))
    throw new OptionError(name, value, `${where}: ${name} needs one of ${choices.join(', ')}; got ${value}`);
}
