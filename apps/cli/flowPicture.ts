/** The picture of flows, also of stacks, for the files that hold one. */
import { dxToCirc, type FloatArray, type NdArray } from 'cellpose-ts';

/**
 * @param dP  flow (2, ly, lx), or of a stack (2 or 3, lz, ly, lx), where colours show the first two axes and brightness all.
 * @returns   RGB, ([lz,] ly, lx, 3), 0–255, brightness scaled over the whole stack.
 */
export function flowPicture(dP: FloatArray): NdArray<Uint8Array> {
  const size = dP.shape.slice(1);
  if (size.length === 2) return dxToCirc(dP);
  const [lz, ly, lx] = size as [number, number, number];
  // Planes below each other are one tall plane.
  const tall = { data: dP.shape[0] === 3 ? inTwoAxes(dP.data) : dP.data, shape: [2, lz * ly, lx] };
  return { data: dxToCirc(tall).data, shape: [lz, ly, lx, 3] };
}

/** Flows of two axes with the direction that the first two of three have, and the strength of all three. */
function inTwoAxes(flow: Float32Array): Float32Array {
  const n = flow.length / 3;
  const flat = new Float32Array(2 * n);
  for (let i = 0; i < n; i++) {
    const [a, b, c] = [flow[i]!, flow[n + i]!, flow[2 * n + i]!];
    const inPlane = Math.hypot(a, b);
    const strength = Math.hypot(inPlane, c);
    flat[i] = inPlane === 0 ? strength : (a / inPlane) * strength;
    flat[n + i] = inPlane === 0 ? 0 : (b / inPlane) * strength;
  }
  return flat;
}
