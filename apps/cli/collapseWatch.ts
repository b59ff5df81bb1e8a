/** Notices a training that has come to nothing while it runs, hours before its end would tell. */
import type { EpochReport } from 'cellpose-ts';

/** A loss above this share of that of a blank answer is no better than it. */
const noBetter = 0.95;
/** Epochs of warming up, in which every network is blank. */
const patience = 20;
/** So many in a row are no accident. */
const inARow = 10;

/** @param warn  is called once, with what to do. */
export function collapseWatch(warn: (line: string) => void): (report: EpochReport) => void {
  let blank = 0;
  let told = false;
  return ({ epoch, trainLoss, blankLoss }) => {
    blank = trainLoss > noBetter * blankLoss ? blank + 1 : 0;
    if (told || epoch < patience || blank < inARow) return;
    told = true;
    warn(
      `epoch ${epoch}: for ${inARow} epochs the loss (${trainLoss.toFixed(3)}) has been no better than that of a network which says the same of ` +
        `every pixel (${blankLoss.toFixed(3)}); stop with Ctrl-C, try another --learning_rate, and check that labels lie on their cells`,
    );
  };
}
