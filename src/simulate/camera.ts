/** From light to grey levels: uneven illumination, optical blur, photons, the camera's noise, and rounding. */
import type { Random } from '../array/random.ts';
import { gaussianFilterInPlace } from '../transforms/gaussianFilter.ts';
import { normal, poisson, uniform } from './draw.ts';
import type { Setting } from './options.ts';
import type { SimulatedPixels } from './types.ts';

export interface Exposure {
  /** Share of the full scale that light 1 comes to. */
  readonly gain: number;
  /** Share of the full scale without light. */
  readonly offset: number;
}

/** Brightness of the lamp over the plane, (ly, lx), between 1 − illumination and 1: falls off from a centre at random. */
export function drawIllumination({ size, illumination }: Setting, random: Random): Float32Array {
  const [, ly, lx] = size;
  const [cy, cx] = [ly * uniform(random, 0.25, 0.75), lx * uniform(random, 0.25, 0.75)];
  const far = Math.max(cy, ly - cy) ** 2 + Math.max(cx, lx - cx) ** 2;
  return Float32Array.from({ length: ly * lx }, (_, i) => {
    const [y, x] = [Math.floor(i / lx), i % lx];
    return 1 - (illumination * ((y - cy) ** 2 + (x - cx) ** 2)) / far;
  });
}

/**
 * Takes the picture.
 *
 * @param channels  light of each channel, (lz, ly, lx) of the setting; changed on the way.
 * @returns         ([lz,] ly, lx[, C]), channels last; axes of size 1 are left out.
 */
export function takePicture(
  channels: readonly Float32Array[],
  setting: Setting,
  { gain, offset, lamp, random }: Exposure & { readonly lamp: Float32Array; readonly random: Random },
): SimulatedPixels {
  const { size, blur, anisotropy, photons, readNoise, bitDepth } = setting;
  const full = 2 ** bitDepth - 1;
  const n = channels.length;
  const data = new (bitDepth === 8 ? Uint8Array : Uint16Array)(channels[0].length * n);
  channels.forEach((light, channel) => {
    gaussianFilterInPlace({ data: light, shape: size }, [size[0] > 1 ? (2.5 * blur) / anisotropy : 0, blur, blur]);
    for (let i = 0; i < light.length; i++) {
      const mean = Math.max(0, light[i]) * lamp[i % lamp.length] * photons;
      const caught = poisson(mean, random) + readNoise * normal(random);
      data[i * n + channel] = Math.max(0, Math.min(full, Math.round(full * (offset + (gain * caught) / photons))));
    }
  });
  return { data, shape: [...(size[0] > 1 ? size : size.slice(1)), ...(n > 1 ? [n] : [])] };
}
