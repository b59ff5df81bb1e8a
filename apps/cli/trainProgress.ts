/**
 * What the user sees of a training: Cellpose's line of losses, which other programs (QuPath) read from the log, and on a
 * terminal a live line below.
 */
import type { EpochReport } from 'cellpose-ts';
import type { Host } from './host.ts';
import { liveLine } from './liveLine.ts';
import { clock, type Reporter } from './reporter.ts';

export interface TrainingProgress {
  /** Images of `total` are read. */
  reading(done: number, total: number): void;
  epoch(report: EpochReport): void;
  /** Images of `total` that the report has measured. */
  measuring(done: number, total: number): void;
  /** Pictures of `total` that the size model has looked at. */
  looking(done: number, total: number): void;
  /** Takes the live line away, for other lines. */
  clear(): void;
}

export function trainingProgress(host: Host, reporter: Reporter, verbose: boolean): TrainingProgress {
  const live = liveLine(host, verbose) ?? (() => {});
  const losses: number[] = [];
  let begin: number | undefined;
  let first: number | undefined;
  let testLoss: number | undefined;
  return {
    reading(done, total) {
      live(`${done}/${total} images read`);
      begin = performance.now();
    },
    epoch(report) {
      first ??= report.epoch;
      begin ??= performance.now();
      losses.push(report.trainLoss);
      testLoss = report.testLoss ?? testLoss;
      const seconds = (performance.now() - begin) / 1000;
      if (hasLine(report)) {
        live('');
        const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
        reporter.say(lossLine({ ...report, trainLoss: mean }, seconds));
        losses.length = 0;
      }
      if (report.testPrecision !== undefined) {
        live('');
        reporter.say(`epoch ${report.epoch}: precision ${report.testPrecision.toFixed(3)} on the test images`);
      }
      const left = (seconds / (report.epoch - first + 1)) * (report.epochs - 1 - report.epoch);
      live(epochLine({ ...report, ...(testLoss === undefined ? {} : { testLoss }) }, left));
    },
    measuring: (done, total) => live(`report: ${done}/${total} images`),
    looking: (done, total) => live(`size model: ${done}/${total} pictures`),
    clear: () => live(''),
  };
}

/** Cellpose tells epoch 5 and every tenth, with the mean loss since the line before; we also the last. */
function hasLine({ epoch, epochs }: EpochReport): boolean {
  return epoch === 5 || epoch % 10 === 0 || epoch === epochs - 1;
}

/** To the letter as Cellpose 3.1 writes it; without test images the test loss is 0. */
export function lossLine({ epoch, trainLoss, testLoss = 0, learningRate }: EpochReport, seconds: number): string {
  const losses = `train_loss=${trainLoss.toFixed(4)}, test_loss=${testLoss.toFixed(4)}`;
  return `${epoch}, ${losses}, LR=${learningRate.toFixed(6)}, time ${seconds.toFixed(2)}s`;
}

function epochLine(report: EpochReport, secondsLeft: number): string {
  const { epoch, epochs, trainLoss, testLoss, learningRate, tilesPerSecond } = report;
  return [
    `epoch ${epoch + 1}/${epochs}`,
    `loss ${trainLoss.toFixed(4)}`,
    ...(testLoss === undefined ? [] : [`test ${testLoss.toFixed(4)}`]),
    `rate ${Number(learningRate.toPrecision(3))}`,
    `${tilesPerSecond.toFixed(1)} images/s`,
    `${clock(secondsLeft)} left`,
  ].join(' | ');
}
