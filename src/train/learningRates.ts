/**
 * Learning rate of each epoch: ten steps up from 0, level, and at the end of long trainings halved again and again.
 * Source: cellpose 3.1 and 4 `train.train_seg`.
 */
import { OptionError } from '../errors.ts';

export interface ScheduleRules {
  /** Trainings of more epochs than this, up to 300, end with ten halvings of five epochs each; longer ones with ten of ten. */
  readonly shortDecayAbove: number;
}

export const schedule3: ScheduleRules = Object.freeze({ shortDecayAbove: 100 });
export const schedule4: ScheduleRules = Object.freeze({ shortDecayAbove: 99 });

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
  const [halvings, length] = epochs > 300 ? [10, 10] : epochs > rules.shortDecayAbove ? [10, 5] : [0, 0];
  const start = rates.length - halvings * length;
  for (let i = start; i < rates.length; i++) rates[i] = learningRate / 2 ** (Math.floor((i - start) / length) + 1);
  return rates;
}
