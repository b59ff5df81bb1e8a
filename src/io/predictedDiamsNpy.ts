/** Estimated diameters of test images as Cellpose's command line keeps them, NAME_predicted_diams.npy. */
import { writeNpyDictionary } from './npyObject.ts';
import { numpyArray } from './pickle/numpyPickle.ts';

/**
 * @param diameters       of each image, in pixels.
 * @param diametersStyle  the same from the style alone, before the quick segmentation.
 * @returns               a dictionary `predicted_diams`, `diams_style` of float64, for `np.load(…, allow_pickle=True).item()`.
 * Source: cellpose 3.1 `__main__`, `--train_size`.
 */
export function writePredictedDiamsNpy(diameters: readonly number[], diametersStyle: readonly number[]): Uint8Array {
  const array = (values: readonly number[]) => numpyArray({ data: Float64Array.from(values), shape: [values.length] });
  return writeNpyDictionary([
    ['predicted_diams', array(diameters)],
    ['diams_style', array(diametersStyle)],
  ]);
}
