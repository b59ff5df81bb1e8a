/** A table of the cells of an image, one line each, as CSV: what most users measure next. docs/measurements.md defines its columns. */
import { type ObjectMeasures, physicalMeasures } from 'cellpose-ts';
import type { MeasuredCells } from './measureCells.ts';

export interface TableOptions {
  /** Axes of the cells: 2, or 3 of cells that go through planes. */
  readonly ndim: number;
  readonly nchan: number;
  /** What planes that are measured one by one are called. @default none are */
  readonly planes?: 'plane' | 'frame' | undefined;
  /** There are flow errors. */
  readonly hasFlowErrors: boolean;
  /** In micrometres, ([z,] y, x). */
  readonly pixelSize?: readonly number[] | undefined;
}

type Value = number | undefined;
interface Column {
  readonly name: string;
  /** Digits after the point. */
  readonly digits: number;
  readonly of: (cell: ObjectMeasures, plane: Value) => Value;
}

/**
 * @param groups  cells of the image or of its planes; those of an image and of a volume are one group.
 * @returns       CSV with a header. Lengths are in pixels, places from the centre of the top left pixel, rows and columns from 0. What
 *                does not exist for a cell is empty.
 */
export function objectsTable(groups: readonly MeasuredCells[], options: TableOptions): string {
  const columns = [
    ...firstColumns(options),
    ...shapeColumns(options),
    ...channelColumns('min', options),
    ...channelColumns('max', options),
    ...(options.hasFlowErrors ? [column('flow_error', 4, ({ flowError }) => flowError)] : []),
    column('mean_cellprob', 4, ({ cellprob }) => cellprob),
    column('on_edge', 0, ({ isOnEdge }) => Number(isOnEdge)),
    ...(options.planes ? [column(options.planes, 0, (_, plane) => plane)] : []),
    ...physicalColumns(options),
  ];
  const lines = groups.flatMap(({ plane, cells }) =>
    cells.map((cell) => columns.map(({ of, digits }) => decimals(of(cell, plane), digits)).join(',')),
  );
  return `${[columns.map(({ name }) => name).join(','), ...lines].join('\n')}\n`;
}

function column(name: string, digits: number, of: Column['of']): Column {
  return { name, digits, of };
}

/** A column for each axis, of what lies along it; y before x. */
function along(
  axes: string,
  name: (axis: string) => string,
  digits: number,
  of: (cell: ObjectMeasures) => readonly number[],
): Column[] {
  return [...axes].map((axis) => column(name(axis), digits, (cell) => of(cell).at('zyx'.indexOf(axis) - 3)));
}

/** Those that the table has always had, in their order. */
function firstColumns(options: TableOptions): Column[] {
  return [
    column('label', 0, ({ label }) => label),
    column('area', 0, ({ area }) => area),
    ...along(
      'yx',
      (axis) => `centroid_${axis}`,
      3,
      ({ centroid }) => centroid,
    ),
    ...along(
      'yx',
      (axis) => `min_${axis}`,
      0,
      ({ min }) => min,
    ),
    ...along(
      'yx',
      (axis) => `max_${axis}`,
      0,
      ({ max }) => max,
    ),
    column('diameter', 3, ({ diameter }) => diameter),
    ...channelColumns('mean', options),
  ];
}

function shapeColumns({ ndim }: TableOptions): Column[] {
  const axes = [
    column('major_axis_length', 3, ({ majorAxisLength }) => majorAxisLength),
    column('minor_axis_length', 3, ({ minorAxisLength }) => minorAxisLength),
  ];
  if (ndim === 3) {
    return [
      ...along(
        'z',
        () => 'centroid_z',
        3,
        ({ centroid }) => centroid,
      ),
      ...along(
        'z',
        () => 'min_z',
        0,
        ({ min }) => min,
      ),
      ...along(
        'z',
        () => 'max_z',
        0,
        ({ max }) => max,
      ),
      ...axes,
    ];
  }
  return [
    column('perimeter', 3, ({ shape }) => shape?.perimeter),
    column('circularity', 4, ({ shape }) => shape?.circularity),
    column('eccentricity', 4, ({ shape }) => shape?.eccentricity),
    ...axes,
    column('orientation', 4, ({ shape }) => shape?.orientation),
    column('solidity', 4, ({ shape }) => shape?.solidity),
  ];
}

/** One of each channel; numbered, from 1, where there are several. */
function channelColumns(kind: 'mean' | 'min' | 'max', { nchan }: TableOptions): Column[] {
  return Array.from({ length: nchan }, (_, c) =>
    column(
      nchan === 1 ? `${kind}_intensity` : `${kind}_intensity_${c + 1}`,
      4,
      ({ intensity }) => intensity?.[kind][c],
    ),
  );
}

function physicalColumns({ pixelSize, ndim }: TableOptions): Column[] {
  if (!pixelSize) return [];
  const measured = new WeakMap<ObjectMeasures, ReturnType<typeof physicalMeasures>>();
  const of = (cell: ObjectMeasures) => {
    const known = measured.get(cell) ?? physicalMeasures(cell, pixelSize);
    measured.set(cell, known);
    return known;
  };
  return [
    column(ndim === 2 ? 'area_um2' : 'volume_um3', 4, (cell) => of(cell).area),
    ...along(
      'zyx'.slice(-ndim),
      (axis) => `centroid_${axis}_um`,
      4,
      (cell) => of(cell).centroid,
    ),
    column('diameter_um', 4, (cell) => of(cell).diameter),
    ...(ndim === 2 ? [column('perimeter_um', 4, (cell) => of(cell).perimeter)] : []),
    column('major_axis_length_um', 4, (cell) => of(cell).majorAxisLength),
    column('minor_axis_length_um', 4, (cell) => of(cell).minorAxisLength),
  ];
}

function decimals(value: Value, digits: number): string {
  return value === undefined || !Number.isFinite(value) ? '' : String(Number(value.toFixed(digits)));
}
