/** Size of a volume as the network sees it. Source: the volume branch of cellpose 3.1 `CellposeModel._run_net`. */
import { OptionError, ShapeError } from '../errors.ts';
import type { VolumeSize } from './resizeVolume.ts';
import { netSize, type SizeLimits } from './runNetSize.ts';
import type { TileNetwork } from './tileNetwork.ts';

/**
 * (lz, ly, lx): z times `rescale` and `anisotropy`, y and x times `rescale`, rounded down.
 *
 * @throws ShapeError for a network that is not one for volumes; OptionError where no plane is left, and as `netSize`.
 */
export function volumeNetSize(
  { nout }: TileNetwork,
  [lz, ly, lx]: VolumeSize,
  {
    rescale = 1,
    anisotropy = 1,
    ...limits
  }: SizeLimits & { readonly rescale?: number | undefined; readonly anisotropy?: number | undefined },
): VolumeSize {
  if (nout !== 3) throw new ShapeError('runNet3D', 'a network of 3 outputs, two flows and a logit', [nout]);
  const planes = Math.trunc(lz * anisotropy * rescale);
  if (!(planes >= 1 && Number.isFinite(planes))) {
    const message = `runNet3D: with anisotropy ${anisotropy} and rescale ${rescale} nothing is left of ${lz} planes`;
    throw new OptionError('anisotropy', anisotropy, message);
  }
  return [planes, ...netSize(ly, lx, rescale, { ...limits, nout: 4 * planes })];
}
