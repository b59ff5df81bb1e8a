/** The choices of the walk along the flows, in which the generations of Cellpose differ. */

/** From flows to the places where pixels come to rest. */
export interface FollowRules {
  /**
   * How the flow of a plane is read between pixels when interpolating.
   * - 'floor': weighs the four pixels around, with the border repeated.
   * - 'grid': as PyTorch's `grid_sample` with `align_corners=False` is called: places run from −1 to 1, the flow is read up to
   *   half a pixel beside them, and it is 0 beyond the border. In float32.
   * - 'grid64': the same in float64.
   */
  readonly sampling: 'floor' | 'grid' | 'grid64';
  /** The same for a volume; 'nearest': at the voxel that the whole part of a position names, interpolating or not. */
  readonly volumeSampling: 'grid' | 'nearest';
  /**
   * Which pixels walk, the others stay where they are: those of cells, or those whose flow is longer than 0.001 in its first
   * component ('firstFlow'), or in any ('anyFlow').
   */
  readonly walkers: 'cells' | 'firstFlow' | 'anyFlow';
  /** The network gives flows times this factor. */
  readonly flowScale: number;
}

/** The article and Cellpose 0.1 to 2.x on the CPU; 0.1 and the article know only `interp: false`. */
export const followRules2020: FollowRules = Object.freeze({
  sampling: 'floor',
  volumeSampling: 'nearest',
  walkers: 'firstFlow',
  flowScale: 5,
});

/** Cellpose 0.6.5 on a GPU. */
export const followRules2020Gpu: FollowRules = Object.freeze({ ...followRules2020, sampling: 'grid64' });

/** Cellpose 3.1 on the CPU: `steps_interp` or `steps2D`, and `steps_interp` or `steps3D` for volumes. */
export const followRules3: FollowRules = Object.freeze({
  sampling: 'floor',
  volumeSampling: 'grid',
  walkers: 'cells',
  flowScale: 5,
});

/** Cellpose 3.1 on a GPU. */
export const followRules3Gpu: FollowRules = Object.freeze({ ...followRules3, sampling: 'grid' });

/** Cellpose 4, on any device. */
export const followRules4: FollowRules = Object.freeze({ ...followRules3Gpu });
