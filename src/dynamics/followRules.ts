/** The choices of the walk along the flows, in which the generations of Cellpose differ. */

/** From flows to the places where pixels come to rest. */
export interface FollowRules {
  /** How the flow is read between pixels when interpolating: 'floor' weighs the four pixels around, with the border repeated. */
  readonly sampling: 'floor';
  /** The network gives flows times this factor. */
  readonly flowScale: number;
}

/** Cellpose 3.1 in 2D on the CPU: `steps_interp` or `steps2D`. */
export const followRules3: FollowRules = Object.freeze({ sampling: 'floor', flowScale: 5 });
