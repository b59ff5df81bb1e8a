/** The text of `--help`: examples first, then the flags in groups, from the table. */
import { type Flag, flags, type GroupName, groups } from './flags.ts';

const width = 100;
const column = 30;

const opening = `cellpose-ts: finds cells and nuclei in microscopy images

usage: cellpose-ts --dir FOLDER [flags]          segment all images of a folder
       cellpose-ts --image_path FILE [flags]     segment one image
       cellpose-ts --train --dir FOLDER [flags]  train a network on labelled images
       cellpose-ts evaluate --dir FOLDER [flags] compare a model, or masks, with labelled images
       cellpose-ts models                        list the models that there are
       cellpose-ts convert IN OUT                a model as PyTorch, safetensors or ONNX
       cellpose-ts export MODEL OUT.zip [flags]  a model as a package for bioimage.io
       cellpose-ts make_train --dir FOLDER       cut pictures to be labelled out of stacks
       cellpose-ts doctor                        check that everything works on this machine, and how fast
       cellpose-ts demo [FOLDER]                 segment the sample images, to see that it works

examples
  cellpose-ts --dir plate1 --diameter 20 --save_png --save_overlay
      nuclei about 20 pixels wide; label images and coloured pictures beside the images
  cellpose-ts --dir plate1 --diameter 0 --save_tif --save_csv --savedir results --no_npy
      size estimated for each image; label TIFFs and tables of cells in results/
  cellpose-ts --image_path a.tif --pretrained_model my_model.pth --chan 2 --chan2 3 --save_tif
      your own model; cells in the green channel, nuclei in the blue one

Flags and file names are those of Cellpose 3.1. A flag may be shortened as long as it stays unique.
`;

const closing = `exit codes
  0  all images done                            1  something failed; the last lines say what
  2  the command line is wrong, nothing was run  130  stopped by Ctrl-C
`;

/** All flags, for people. */
export function helpText(): string {
  const sections = (Object.keys(groups) as GroupName[]).map((group) => {
    const entries = (flags as readonly Flag[]).filter((flag) => flag.group === group);
    return `${groups[group]}\n${entries.map(entry).join('\n')}\n`;
  });
  return [opening, ...sections, closing].join('\n');
}

/** What a wrong command line shows before its error. */
export const usageText =
  'usage: cellpose-ts --dir FOLDER [flags]\n       cellpose-ts --image_path FILE [flags]\n       cellpose-ts --help\n';

/** What the program says when called without anything. */
export const greeting = `cellpose-ts finds cells and nuclei in microscopy images.

  cellpose-ts --dir FOLDER --diameter 20 --save_png    segment all images of a folder
  cellpose-ts demo                                     try it on sample images
  cellpose-ts --help                                   everything else
`;

function entry(flag: Flag): string {
  const values = flag.type === 'flag' ? '' : ` ${[flag.metavar ?? valueName(flag)].flat().join(' ')}`;
  const left = `  ${flag.name}${values}`;
  const lines = wrap(`${flag.help}${defaultText(flag)}`, width - column);
  const [first = '', ...rest] = lines;
  const indent = ' '.repeat(column);
  const head = left.length < column ? `${left.padEnd(column)}${first}` : `${left}\n${indent}${first}`;
  return [head, ...rest.map((line) => indent + line)].join('\n');
}

function defaultText({ type, default: value }: Flag): string {
  return type === 'flag' || value === null ? '' : ` [${value}]`;
}

function valueName(flag: Flag): string {
  return flag.type === 'str' ? 'TEXT' : flag.type === 'int' ? 'N' : 'X';
}

function wrap(text: string, limit: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > limit) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}
