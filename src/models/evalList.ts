/** Lists of images: one after the other, each with its own channels, diameter and rescale where these are lists. */
import { OptionError } from '../errors.ts';
import type { EvalOptions, ImageInput, PerImage } from './types.ts';

/**
 * @param evalOne  segments one image.
 * @returns        the results in the order of the images.
 * @throws OptionError where an option is a list of another length than the images; otherwise as `evalOne`.
 */
export async function evalList<R>(
  images: readonly ImageInput[],
  options: PerImage,
  evalOne: (image: ImageInput, options: EvalOptions) => Promise<R>,
): Promise<R[]> {
  const { channels, diameter, rescale, ...shared } = options;
  // `channels` is a pair for all images unless it holds pairs.
  const lists = {
    channels: Array.isArray(channels?.[0]) ? channels : undefined,
    diameter: Array.isArray(diameter) ? diameter : undefined,
    rescale: Array.isArray(rescale) ? rescale : undefined,
  };
  for (const [option, list] of Object.entries(lists)) if (list) checkLength(option, list, images.length);
  const results: R[] = [];
  for (const [i, image] of images.entries()) {
    const own = {
      channels: lists.channels ? lists.channels[i] : channels,
      diameter: lists.diameter ? lists.diameter[i] : diameter,
      rescale: lists.rescale ? lists.rescale[i] : rescale,
    };
    results.push(await evalOne(image, { ...shared, ...own } as EvalOptions));
  }
  return results;
}

export function isList(image: ImageInput | readonly ImageInput[]): image is readonly ImageInput[] {
  return Array.isArray(image);
}

function checkLength(option: string, list: readonly unknown[], n: number): void {
  if (list.length === n) return;
  throw new OptionError(
    option,
    list,
    `${option}: needs one value for all images, or a list of one for each of the ${n}; got a list of ${list.length}`,
  );
}
