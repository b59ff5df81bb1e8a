/**
 * Learning rate of each epoch: ten steps up from 0, level, and at the end of long trainings halved again and again.
 * Source: cellpose 3.1 and 4 `train.train_seg`; 2.2.3 `UnetModel._train_net`.
 */
import { OptionError } from '../errors.ts';

export interface ScheduleRules {
  /** Trainings of more epochs than this end with ten halvings of ten epochs each. */
  readonly longDecayAbove: number;
  /** Shorter ones of more epochs than this with ten of five. */
  readonly shortDecayAbove: number;
  /** Epochs by which the halvings come too late to be all there. */
  readonly late: number;
}

/** Of `UnetModel`; the warm-up is not counted there, so the last of the halvings is never reached. */
export const schedule2: ScheduleRules = Object.freeze({ longDecayAbove: 250, shortDecayAbove: Infinity, late: 10 });
export const schedule3: ScheduleRules = Object.freeze({ longDecayAbove: 300, shortDecayAbove: 100, late: 0 });
export const schedule4: ScheduleRules = Object.freeze({ longDecayAbove: 300, shortDecayAbove: 99, late: 0 });

const warmUp = 10;

/**
 * @param learningRate  the level, above 0.
 * @param epochs        number of epochs, 1 or more.
 * @returns             at least ten numbers; epoch e uses the e-th. The first is 0: epoch 0 only moves running statistics.
 * @throws OptionError
 */
export function learningRates(learningRate: number, epochs: number, rules: ScheduleRules = schedule3): Float64Array {
  if (!(learningRate > 0))
    throw new OptionError('learningRate', learningRate, `learningRate: needs a number above 0; got ${learningRate}`);
  if (!(Number.isInteger(epochs) && epochs >= 1))
    throw new OptionError('epochs', epochs, `epochs: needs a whole number, 1 or more; got ${epochs}`);
  const rates = new Float64Array(Math.max(warmUp, epochs)).fill(learningRate);
  for (let i = 0; i < warmUp; i++) rates[i] = (i * learningRate) / (warmUp - 1);
  const length = epochs > rules.longDecayAbove ? 10 : epochs > rules.shortDecayAbove ? 5 : 0;
  if (length === 0) return rates;
  const start = rates.length - 10 * length + rules.late;
  for (let i = start; i < rates.length; i++) rates[i] = learningRate / 2 ** (Math.floor((i - start) / length) + 1);
  return rates;
}
