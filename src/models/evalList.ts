/** Lists of images: one after the other, or some side by side, each with its own channels, diameter and rescale where these are lists. */
import { OptionError } from '../errors.ts';
import type { EvalOptions, ImageInput, PerImage } from './types.ts';

/**
 * @param evalOne  segments one image.
 * @returns        the results in the order of the images.
 * @throws OptionError where an option is a list of another length than the images, or `imagesAtOnce` no whole number from 1; otherwise as
 *   `evalOne`, after those that were begun have ended.
 */
export async function evalList<R>(
  images: readonly ImageInput[],
  options: PerImage,
  evalOne: (image: ImageInput, options: EvalOptions) => Promise<R>,
): Promise<R[]> {
  const { channels, diameter, rescale, imagesAtOnce = 1, ...shared } = options;
  checkAtOnce(imagesAtOnce);
  // `channels` is a pair for all images unless it holds pairs.
  const lists = {
    channels: Array.isArray(channels?.[0]) ? channels : undefined,
    diameter: Array.isArray(diameter) ? diameter : undefined,
    rescale: Array.isArray(rescale) ? rescale : undefined,
  };
  for (const [option, list] of Object.entries(lists)) if (list) checkLength(option, list, images.length);
  const lanes = Math.min(imagesAtOnce, images.length);
  const optionsOf = (i: number) =>
    ({
      ...shared,
      channels: lists.channels ? lists.channels[i] : channels,
      diameter: lists.diameter ? lists.diameter[i] : diameter,
      rescale: lists.rescale ? lists.rescale[i] : rescale,
      imagesAtOnce: lanes,
    }) as EvalOptions;
  const results = new Array<R>(images.length);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < images.length) {
      const i = next++;
      try {
        results[i] = await evalOne(images[i], optionsOf(i));
      } catch (error) {
        next = images.length;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, work));
  const failure = ended.find((lane) => lane.status === 'rejected');
  if (failure) throw failure.reason;
  return results;
}

export function isList(image: ImageInput | readonly ImageInput[]): image is readonly ImageInput[] {
  return Array.isArray(image);
}

function checkAtOnce(imagesAtOnce: number): void {
  if (Number.isInteger(imagesAtOnce) && imagesAtOnce >= 1) return;
  const needs = 'imagesAtOnce: needs a whole number of images, 1 or more';
  throw new OptionError('imagesAtOnce', imagesAtOnce, `${needs}; got ${imagesAtOnce}`);
}

function checkLength(option: string, list: readonly unknown[], n: number): void {
  if (list.length === n) return;
  throw new OptionError(
    option,
    list,
    `${option}: needs one value for all images, or a list of one for each of the ${n}; got a list of ${list.length}`,
  );
}
