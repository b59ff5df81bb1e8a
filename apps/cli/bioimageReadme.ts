/** The README of a bioimage.io package: how to use the model, and all that rdf.yaml cannot say. */
import type { CPnetDescription } from 'cellpose-ts';
import type { ModelCard } from './modelCard.ts';

export interface ReadmeInput {
  readonly name: string;
  readonly description: string;
  readonly network: CPnetDescription;
  readonly card: ModelCard | undefined;
  readonly sample: {
    readonly file: string;
    readonly channels: readonly number[];
    readonly diameter: number;
    readonly count: number;
  };
}

export function bioimageReadme({ name, description, network, card, sample }: ReadmeInput): string {
  const { nbase, diamMean, diamLabels } = network;
  const step = 2 ** (nbase.length - 2);
  return `# ${name}

${description}

A network of the kind of Cellpose 1 to 3 (channels ${nbase.join(', ')}), which finds cells in 2D pictures. \`model.onnx\` holds it with its
weights; cellpose-ts reads that file as a model, with all that follows built in:

    cellpose-ts --dir FOLDER --pretrained_model model.onnx --diameter ${round(diamLabels)} --save_tif

## Before the network

1. Two channels: the cells, then their nuclei, or zeros. ${channelText(card)}
2. Scale the picture so that cells have a diameter of ${round(diamMean)} pixels: by ${round(diamMean)} / (their diameter). The format has no
   words for this step: \`raw\` is the picture after it. Cells in training had a mean diameter of ${round(diamLabels)} pixels.
3. Pad or cut rows and columns to multiples of ${step}. Cellpose works in overlapping tiles of 224 x 224 and averages what comes out.
4. Intensities of each channel: the 1st percentile becomes 0, the 99th becomes 1 (\`scale_range\` in rdf.yaml; over the whole picture,
   not tile by tile). A channel of one value becomes 0.

## After the network

The output \`flow\` is no label image. Its channels are the flow along y and along x, 5 times a unit vector that points from
each pixel of a cell towards the cell's centre, and the logit of the probability that the pixel is part of a cell. To get cells:

1. Keep pixels whose logit is above 0 (\`cellprob_threshold\`); set the flow to 0 elsewhere and divide it by 5.
2. Move every kept pixel along the flow, 200 steps (\`niter\`), with linear interpolation between pixels.
3. Count the pixels that arrive at each place. Places with a local maximum (5 x 5) of more than 10 are the centres; pixels that end
   within the region grown around one belong to one cell.
4. Compute the flow that the cell's shape should have (heat that spreads from its centre) and drop cells whose flow differs from the
   network's by a mean squared error above 0.4 (\`flow_threshold\`).
5. Fill holes, drop cells of fewer than 15 pixels, scale back to the size of the picture.

\`style\` describes the picture as a whole; Cellpose estimates diameters from it.

## Test tensors

\`test_input.npy\` is part of ${sample.file} (channels ${sample.channels.join(', ')}, cells of ${round(sample.diameter)} pixels) after steps 1 to 3 above; the others
are what the network made of it. \`cover.png\` shows this part, and the ${sample.count} cells that were found in it.

## Validation

${validation(card)}
`;
}

function channelText(card: ModelCard | undefined): string {
  return card?.channels === undefined ? '' : `This model: ${card.channels}.`;
}

function validation(card: ModelCard | undefined): string {
  const how =
    'Compare with labelled pictures that the model was not trained on: `cellpose-ts evaluate --dir LABELLED --pretrained_model model.onnx` ' +
    'gives the average precision at an intersection over union of 0.5, 0.75 and 0.9.';
  return card === undefined
    ? how
    : `${how} What is known of this model (training data, settings, scores) is in \`card.json\`.`;
}

function round(pixels: number): string {
  return String(Number(pixels.toFixed(1)));
}
