// Images of a folder with their labels, for trainings.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Fluorescence images, as far as their pixels tell: grey, and brighter in cells than outside.
 *
 * @param folder     holds NAME_img.png or NAME.png, and NAME_masks.png.
 * @param readImage  the library's.
 * @param most       so many at most, the first by name.
 * @returns          for `makeTrainingSet`.
 */
export async function findFluorescence(folder, readImage, most) {
  const found = [];
  const labelFiles = readdirSync(folder).filter((name) => name.endsWith('_masks.png'));
  for (const name of labelFiles.sort()) {
    const stem = join(folder, name.slice(0, -'_masks.png'.length));
    const path = existsSync(`${stem}_img.png`) ? `${stem}_img.png` : `${stem}.png`;
    const [image, labels] = await Promise.all([path, join(folder, name)].map((file) => readPlane(file, readImage)));
    const isGrey = image.data.length === labels.data.length;
    if (isGrey && cellsAreBrighter(image, labels)) found.push({ name, image, labels });
    if (found.length === most) break;
  }
  return found;
}

async function readPlane(path, readImage) {
  const { data, shape } = (await readImage(readFileSync(path))).data;
  return { data, shape: shape.filter((extent) => extent > 1) };
}

function cellsAreBrighter(image, labels) {
  const [ground, cells] = [false, true].map((inCell) => {
    const pixels = image.data.filter((_, i) => labels.data[i] > 0 === inCell);
    return pixels.reduce((sum, v) => sum + v, 0) / pixels.length;
  });
  return cells > ground;
}
