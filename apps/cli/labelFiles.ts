/**
 * Which files hold the labels of training images. The rules are Cellpose 3.1's (`io.get_label_files`): the first image decides
 * the extension of all, and flows of an earlier training are used where every image has them.
 */
import { RunError } from './errors.ts';
import { exists, missing } from './exists.ts';
import { stemOf } from './imageFiles.ts';

export interface LabelFiles {
  /** For each image; undefined where flows stand in for all labels. */
  readonly labels: readonly string[] | undefined;
  /** For each image, or undefined where one is missing. */
  readonly flows: readonly string[] | undefined;
}

export interface LabelOptions {
  /** What comes after an image's name in the name of its labels. */
  readonly maskFilter: string;
  /** Ending of the images' names, which those of the labels do not have. */
  readonly imgFilter?: string | null;
}

const extensions = ['.tif', '.tiff', '.png'];

/**
 * @param images  at least one path.
 * @throws RunError where images have neither labels nor flows; it names the first ones.
 */
export async function findLabels(
  images: readonly string[],
  { maskFilter, imgFilter }: LabelOptions,
): Promise<LabelFiles> {
  const imageStems = images.map(stemOf);
  const stems = imgFilter ? imageStems.map((stem) => stem.slice(0, -imgFilter.length)) : imageStems;
  const ownFlows = await exists(`${imageStems[0]}_flows.tif`);
  const flowFiles = (ownFlows ? imageStems : stems).map((stem) => `${stem}_flows.tif`);
  const flows = (await missing(flowFiles)).length === 0 ? flowFiles : undefined;
  if (maskFilter === '_seg.npy') {
    const labels = stems.map((stem) => stem + maskFilter);
    await refuseMissing(labels, images, maskFilter);
    return { labels, flows: undefined };
  }
  const extension = await firstExtension(`${stems[0]}${maskFilter}`);
  const labels = stems.map((stem) => `${stem}${maskFilter}${extension ?? '.tif'}`);
  if (flows && (extension === undefined || (await missing(labels)).length > 0)) return { labels: undefined, flows };
  await refuseMissing(labels, images, maskFilter);
  return { labels, flows };
}

async function firstExtension(path: string): Promise<string | undefined> {
  for (const extension of extensions) if (await exists(path + extension)) return extension;
  return undefined;
}

async function refuseMissing(labels: readonly string[], images: readonly string[], filter: string): Promise<void> {
  const lost = await missing(labels);
  if (lost.length === 0) return;
  const some = lost.slice(0, 3).join(', ');
  throw new RunError(
    `${lost.length} of ${images.length} images have no labels: ${some}${lost.length > 3 ? ', …' : ''} ` +
      `(labels are named like their image with ${filter} behind, all with the extension of the first; --mask_filter says otherwise)`,
  );
}
