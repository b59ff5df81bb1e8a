/**
 * The plain U-net that Cellpose is compared with: CPnet without residual steps and style, its maps joined as further
 * channels. Source: cellpose 2.2.3 `core.UnetModel`.
 */
import type { CPnetConfig } from './cpnet.ts';

/**
 * Describes the network of a `UnetModel`.
 *
 * @param nclasses  2: background, cell; 3: also boundary.
 * @param nchan     channels of the image.
 */
export function unet(nclasses: 2 | 3 = 3, nchan = 2): CPnetConfig {
  return { nbase: [nchan, 32, 64, 128, 256], nout: nclasses, residualOn: false, styleOn: false, concatenation: true };
}
