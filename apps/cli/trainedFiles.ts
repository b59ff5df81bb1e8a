/** What a training leaves beside its model: a card that says what it is, and a page that shows how good it is. */
import { basename, dirname, join } from 'node:path';
import type { TrainingExample } from 'cellpose-ts';
import { describeError } from './describeError.ts';
import { besideModel } from './modelFile.ts';
import { reportPage } from './reportPage.ts';
import { threadsOf } from './threads.ts';
import { trainCard } from './trainCard.ts';
import { measureTraining, someOf } from './trainReport.ts';
import type { Data, Trained, Way } from './trainWay.ts';
import { ensureFolder } from './wholeFile.ts';

/**
 * Beside the model. As with the report, a training does not fail because of it.
 *
 * A model without a name of its own has none: it is a program's, and QuPath's extension takes the first file in the folder of
 * models whose name contains "cellpose", whatever it is.
 */
export async function writeCard({ stateDict, modelPath }: Trained, data: Data, way: Way): Promise<void> {
  if (way.parsed.args.model_name_out === null) return;
  const { weights, examples, testExamples } = data;
  const { precisions, sha256, epoch } = way.record.training!;
  const card = trainCard({
    ...{ modelPath, sha256, start: weights.name, command: way.record.command, args: way.parsed.args },
    trainImages: examples.length,
    testImages: testExamples.length,
    cells: examples.reduce((sum, { cells }) => sum + cells, 0),
    diamMean: Number(stateDict.get('diam_mean')!.data[0]),
    diamLabels: Number(stateDict.get('diam_labels')!.data[0]),
    precision: precisions[epoch] ?? null,
  });
  const path = besideModel(modelPath).cardPath;
  try {
    await way.write(path, new TextEncoder().encode(`${JSON.stringify(card, undefined, 2)}\n`));
  } catch (error) {
    way.warn(`the card cannot be saved as ${path}: ${describeError(error)}`);
  }
}

/**
 * A page beside the model; of one without a name of its own, in the folder `reports` (see `writeCard`). A training is not called
 * failed because its report cannot be made.
 */
export async function report(trained: Trained, data: Data, way: Way): Promise<void> {
  const { modelPath } = trained;
  const folder = way.parsed.args.model_name_out === null ? join(dirname(modelPath), 'reports') : dirname(modelPath);
  const path = join(folder, `report_${basename(modelPath)}.html`);
  try {
    await ensureFolder(folder);
    await way.write(path, new TextEncoder().encode(await pageOf(trained, data, way)));
    way.reporter.say(`report saved to ${path}`);
  } catch (error) {
    way.signal.throwIfAborted();
    way.warn(`the report cannot be saved as ${path}: ${describeError(error)}`);
  }
}

async function pageOf({ stateDict, modelPath }: Trained, data: Data, way: Way): Promise<string> {
  const { parsed, host, signal, progress, record } = way;
  const { weights, examples, testExamples } = data;
  const held = testExamples.length > 0;
  const measured = someOf(held ? testExamples : examples);
  const kind = held
    ? 'test images, which the network was not trained on'
    : 'training images, which it has seen, as there is no --test_dir';
  const results = await measureTraining({
    before: weights.name === 'scratch' ? undefined : weights.stateDict,
    after: stateDict,
    examples: measured,
    threads: threadsOf(parsed.args.threads, host.env),
    signal,
    onImage: progress.measuring,
  });
  progress.clear();
  return reportPage({
    model: basename(modelPath),
    facts: factsOf(data, way),
    curves: { train: record.training!.trainLosses, test: record.training!.testLosses },
    measuredOn: `On ${measured.length} ${kind}; each has the median diameter of its labels.`,
    ...results,
  });
}

function factsOf({ weights, examples, testExamples }: Data, { parsed: { args }, record }: Way) {
  const cells = (list: readonly TrainingExample[]) => list.reduce((sum, example) => sum + example.cells, 0);
  const facts: [string, string][] = [
    ['started from', weights.name === 'scratch' ? 'nothing' : weights.name],
    ['training images', `${examples.length}, ${cells(examples)} cells`],
    ['test images', testExamples.length > 0 ? `${testExamples.length}, ${cells(testExamples)} cells` : 'none'],
    ['epochs', String(args.n_epochs)],
    ['optimizer', `${args.SGD ? 'SGD' : 'AdamW'}, learning rate ${args.learning_rate}`],
    ['seed', String(args.seed)],
    ['command', record.command.map(quoted).join(' ')],
  ];
  return facts;
}

/** For a command line. */
export function quoted(word: string): string {
  return /^[\w./:\\-]+$/.test(word) ? word : `"${word}"`;
}
