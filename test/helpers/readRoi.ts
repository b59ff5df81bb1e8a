/** Reads .roi files as ImageJ describes them, for tests of what we write: polygons and composite regions made of lines. */

export interface Roi {
  readonly name: string;
  readonly type: number;
  /** Left, top, right, bottom. */
  readonly bounds: readonly number[];
  /** Closed lines, x and y in turn. */
  readonly rings: readonly (readonly number[])[];
  readonly position: number;
  readonly z: number;
}

export function readRoi(bytes: Uint8Array): Roi {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (new TextDecoder().decode(bytes.subarray(0, 4)) !== 'Iout') throw new Error('no region of ImageJ');
  const [top, left, bottom, right] = [8, 10, 12, 14].map((at) => view.getInt16(at)) as [number, number, number, number];
  const second = view.getInt32(60);
  const [nameAt, nameLength] = [16, 20].map((at) => view.getInt32(second + at)) as [number, number];
  const floats = view.getInt32(36);
  const name = Array.from({ length: nameLength }, (_, k) => String.fromCharCode(view.getUint16(nameAt + 2 * k))).join(
    '',
  );
  return {
    name,
    type: view.getUint8(6),
    bounds: [left, top, right, bottom],
    rings: floats > 0 ? pathOf(view, floats) : [cornersOf(view, left, top)],
    position: view.getInt32(56),
    z: view.getInt32(second + 8),
  };
}

function cornersOf(view: DataView, left: number, top: number): number[] {
  const n = view.getUint16(16);
  return Array.from({ length: 2 * n }, (_, k) =>
    k % 2 === 0 ? left + view.getInt16(64 + k) : top + view.getInt16(64 + 2 * n + k - 1),
  );
}

function pathOf(view: DataView, floats: number): number[][] {
  const rings: number[][] = [];
  for (let k = 0; k < floats; ) {
    const step = view.getFloat32(64 + 4 * k++);
    if (step === 4) continue;
    if (step === 0) rings.push([]);
    else if (step !== 1) throw new Error(`a step ${step} that is no line`);
    rings.at(-1)!.push(view.getFloat32(64 + 4 * k++), view.getFloat32(64 + 4 * k++));
  }
  return rings;
}
