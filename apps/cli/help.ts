/** The texts of `--help`, one for each command: what it is for, then the flags that it reads in groups, from the table. */
import { type CommandName, commandPages, flagsOf } from './commands.ts';
import { type Flag, type GroupName, groups } from './flags.ts';

const width = 100;
const column = 30;

const opening = `cellpose-ts: finds cells and nuclei in microscopy images

usage: cellpose-ts --dir FOLDER [flags]          segment all images of a folder
       cellpose-ts --image_path FILE [flags]     segment one image
       cellpose-ts --train --dir FOLDER [flags]  train a network on labelled images
       cellpose-ts evaluate --dir FOLDER [flags] compare a model, or masks, with labelled images
       cellpose-ts train_denoise --dir FOLDER    train a network that restores images
       cellpose-ts models                        list the models that there are
       cellpose-ts convert IN OUT                a model as PyTorch, safetensors or ONNX
       cellpose-ts export MODEL OUT.zip [flags]  a model as a package for bioimage.io
       cellpose-ts make_train --dir FOLDER       cut pictures to be labelled out of stacks
       cellpose-ts doctor                        check that everything works on this machine, and how fast
       cellpose-ts demo [FOLDER]                 segment the sample images, to see that it works

The flags below are those for segmenting. The others have helps of their own: cellpose-ts --train --help
(learning rate, epochs, test images …), cellpose-ts evaluate --help, and so on.
`;

const closing = `exit codes
  0  all images done                            1  something failed; the last lines say what
  2  the command line is wrong, nothing was run  130  stopped by Ctrl-C
`;

/** All flags of a command, for people. */
export function helpText(command: CommandName): string {
  const known = flagsOf(command);
  const { about } = commandPages[command];
  const sections = (Object.keys(groups) as GroupName[]).flatMap((group) => {
    const entries = known.filter((flag) => flag.group === group);
    return entries.length === 0 ? [] : [`${groups[group].replace(/:.*/, '')}\n${entries.map(entry).join('\n')}\n`];
  });
  const head = command === 'segment' ? opening : usageText(command);
  return [head, about, ...ordered(sections, command), ...(command === 'segment' ? [closing] : [])].join('\n');
}

/** What the command is about comes first. */
function ordered(sections: readonly string[], command: CommandName): readonly string[] {
  const title = groups[commandPages[command].groups[0]!].replace(/:.*/, '');
  const isFirst = (section: string) => section.startsWith(`${title}\n`);
  return [...sections.filter(isFirst), ...sections.filter((section) => !isFirst(section))];
}

/** What a wrong command line shows before its error. */
export function usageText(command: CommandName): string {
  const { usage } = commandPages[command];
  const help = command === 'segment' ? ['cellpose-ts --help'] : [];
  return `usage: ${[...usage, ...help].join('\n       ')}\n`;
}

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
