/** The command line's flags as options of `trainSeg`. */
import type { TrainSegOptions } from 'cellpose-ts';
import type { Host } from './host.ts';
import type { Parsed } from './parseFlags.ts';
import { threadsOf } from './threads.ts';

/** The flags in the words of the library. */
export function trainOptions({ args, given }: Parsed, { env }: Host): TrainSegOptions {
  const threads = threadsOf(args.threads, env);
  return {
    learningRate: args.learning_rate,
    weightDecay: args.weight_decay,
    optimizer: args.SGD ? 'sgd' : 'adamw',
    epochs: args.n_epochs,
    batchSize: given.has('--train_batch_size') ? args.train_batch_size : args.batch_size,
    ...(given.has('--bsize') ? { bsize: args.bsize } : {}),
    ...(args.nimg_per_epoch === null ? {} : { nimgPerEpoch: args.nimg_per_epoch }),
    ...(args.nimg_test_per_epoch === null ? {} : { nimgTestPerEpoch: args.nimg_test_per_epoch }),
    keepBest: args.keep_best,
    ...(args.patience === null ? {} : { patience: args.patience }),
    ...(given.has('--measure_every') ? { measureEvery: args.measure_every } : {}),
    seed: args.seed,
    saveEvery: args.save_every,
    resume: args.resume,
    ...(threads === undefined ? {} : { threads }),
  };
}
