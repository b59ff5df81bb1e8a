/**
 * The rules of the dynamics as data. Cellpose changed them over the years; what differs between its generations is named
 * in these records, so that each quantity has one definition that reads its choices from a record. Values that occur only
 * in other generations join the types together with the code that knows them.
 */
import { type FlowRules, flowRules3, flowRules4, flowRules2020 } from './flowRules.ts';
import { type FollowRules, followRules3, followRules4, followRules2020 } from './followRules.ts';
import { type MaskRules, maskRules3, maskRules2020 } from './maskRules.ts';

export interface DynamicsRules {
  readonly name: string;
  readonly flows: FlowRules;
  readonly follow: FollowRules;
  readonly masks: MaskRules;
}

/** Cellpose 3.1 in 2D on the CPU. */
export const dynamics3: DynamicsRules = Object.freeze({
  name: 'dynamics3',
  flows: flowRules3,
  follow: followRules3,
  masks: maskRules3,
});

/** The article, Cellpose 0.1 and, with `interp`, 0.6 on the CPU. */
export const dynamics2020: DynamicsRules = Object.freeze({
  name: 'dynamics2020',
  flows: flowRules2020,
  follow: followRules2020,
  masks: maskRules2020,
});

/** Cellpose 4. */
export const dynamics4: DynamicsRules = Object.freeze({
  name: 'dynamics4',
  flows: flowRules4,
  follow: followRules4,
  masks: maskRules3,
});
