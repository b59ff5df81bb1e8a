/** Labels of many images by one model, for tests that nothing but the image and the options of `eval` decides over them. */
import { readFileSync } from 'node:fs';
import { Cellpose, type NdArray, readImage, toCellposeImage } from 'cellpose-ts';

export interface TestImage {
  readonly name: string;
  readonly image: NdArray;
  readonly diameter: number;
}

export async function testImage(path: string, diameter: number): Promise<TestImage> {
  return { name: path, image: toCellposeImage(await readImage(readFileSync(path), { name: path })), diameter };
}

/** The bundled samples with their diameters. */
export async function sampleImages(): Promise<TestImage[]> {
  const folder = new URL('../../samples/', import.meta.url).pathname;
  const index: { file: string; diameter: number }[] = JSON.parse(readFileSync(`${folder}index.json`, 'utf8'));
  return Promise.all(index.map(({ file, diameter }) => testImage(folder + file, diameter)));
}

/** Labels by image, in the order of the images. */
export async function labelsWith(
  images: readonly TestImage[],
  threads: number,
  batchSize: number,
): Promise<Int32Array[]> {
  const model = await Cellpose.load({ model: 'nuclei_ref', threads });
  const labels: Int32Array[] = [];
  for (const { image, diameter } of images) {
    labels.push((await model.eval(image, { channels: [0, 0], diameter, batchSize })).masks.data);
  }
  await model.release();
  return labels;
}

/** Names of the images whose labels differ in a pixel or in a number. */
export function namesOfDiffering(
  images: readonly TestImage[],
  a: readonly Int32Array[],
  b: readonly Int32Array[],
): string[] {
  const bytes = ({ buffer, byteOffset, byteLength }: Int32Array) => Buffer.from(buffer, byteOffset, byteLength);
  return images.filter((_, k) => !bytes(a[k]!).equals(bytes(b[k]!))).map(({ name }) => name);
}
