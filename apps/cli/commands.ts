/**
 * The ways to call the program that share the flags of Cellpose, and which of the flags each of them reads. Help, usage lines and hints
 * follow this table; commands with a few options of their own (`subcommand.ts`) bring their own text.
 */
import { type Flag, flags, type GroupName } from './flags.ts';

export type CommandName = 'segment' | 'train' | 'evaluate' | 'train_denoise' | 'make_train';

export interface CommandPage {
  readonly usage: readonly string[];
  /** What it does, and examples. */
  readonly about: string;
  /** Groups of the flags that it reads, */
  readonly groups: readonly GroupName[];
  /** flags of other groups, */
  readonly also?: readonly Flag['name'][];
  /** and those of its groups that it does not read. */
  readonly except?: readonly Flag['name'][];
}

/** Images with labels beside them. */
const labelled = ['--dir', '--look_one_level_down', '--img_filter', '--mask_filter', '--channel_axis'] as const;
const channels = ['--chan', '--chan2'] as const;
const intensities = ['--no_norm', '--norm_percentile'] as const;
const learning = ['--verbose', '--threads', '--record', '--resume', '--batch_size'] as const;

export const commandPages: Readonly<Record<CommandName, CommandPage>> = {
  segment: {
    usage: ['cellpose-ts --dir FOLDER [flags]', 'cellpose-ts --image_path FILE [flags]'],
    about: `examples
  cellpose-ts --dir plate1 --diameter 20 --save_png --save_overlay
      nuclei about 20 pixels wide; label images and coloured pictures beside the images
  cellpose-ts --dir plate1 --diameter 0 --save_tif --save_csv --savedir results --no_npy
      size estimated for each image; label TIFFs and tables of cells in results/
  cellpose-ts --image_path a.tif --pretrained_model my_model.pth --chan 2 --chan2 3 --save_tif
      your own model; cells in the green channel, nuclei in the blue one

Flags and file names are those of Cellpose 3.1. A flag may be shortened as long as it stays unique.
`,
    groups: ['input', 'model', 'size', 'cells', 'output', 'run', 'volume', 'series', 'restore', 'old'],
  },
  train: {
    usage: [
      'cellpose-ts --train --dir FOLDER [flags]',
      'cellpose-ts --train_size --dir FOLDER --pretrained_model MODEL',
    ],
    about: `Trains a network on images with labels (NAME_masks.png, NAME_seg.npy) and writes it to FOLDER/models;
--train_size trains a size model for a network that there is.

examples
  cellpose-ts --train --dir labelled --test_dir labelled/test --chan 2 --chan2 1 --n_epochs 100
      cells in the green channel, nuclei in the red one; the loss on other images is watched
  cellpose-ts --train --dir labelled --pretrained_model cyto3 --learning_rate 0.1 --model_name_out mine
      a model of Cellpose, trained further on your images
`,
    groups: ['training'],
    also: [...labelled, ...channels, '--all_channels', ...intensities, '--pretrained_model', '--offline', ...learning],
  },
  evaluate: {
    usage: ['cellpose-ts evaluate --dir FOLDER [flags]'],
    about: `Compares what a model finds, or masks that are there already, with labelled images: the precision for each
image, the mean over images, and that of all cells together.

examples
  cellpose-ts evaluate --dir labelled --pretrained_model my_model.pth --diameter 20
  cellpose-ts evaluate --dir labelled --pred_dir results --json scores.json
`,
    groups: ['evaluating', 'size', 'cells', 'volume', 'restore'],
    also: [
      ...([
        ...labelled,
        '--z_axis',
        ...channels,
        '--all_channels',
        '--invert',
        '--pretrained_model',
        '--offline',
      ] as const),
      ...(['--t_axis', '--norm_series', '--verbose', '--threads', '--precision', '--json', '--batch_size'] as const),
    ],
    except: ['--save_restored'],
  },
  train_denoise: {
    usage: ['cellpose-ts train_denoise --dir FOLDER [flags]'],
    about: `Trains a network that restores bad images, from good ones with labels, which are made worse by the noise that
the flags describe.

example
  cellpose-ts train_denoise --dir labelled --noise_type poisson --n_epochs 200 --model_name_out mine
`,
    groups: ['noise'],
    also: [
      ...([
        ...labelled,
        ...channels,
        ...intensities,
        '--pretrained_model',
        '--offline',
        '--test_dir',
        '--diam_mean',
      ] as const),
      ...(['--learning_rate', '--weight_decay', '--n_epochs', '--nimg_per_epoch', '--nimg_test_per_epoch'] as const),
      ...(['--min_train_masks', '--negatives', '--save_every', '--save_each', '--model_name_out', '--nbase'] as const),
      ...(['--train_batch_size', '--bsize', '--seed', ...learning] as const),
    ],
  },
  make_train: {
    usage: ['cellpose-ts make_train --dir FOLDER [flags]', 'cellpose-ts make_train --image_path FILE [flags]'],
    about: `Cuts pictures out of stacks, from planes along each axis, to be labelled and trained on. They go to
FOLDER/train.

example
  cellpose-ts make_train --dir stacks --anisotropy 3 --nimg_per_tif 5 --crop_size 256
`,
    groups: ['cutting'],
    also: [
      ...([
        '--dir',
        '--image_path',
        '--look_one_level_down',
        '--img_filter',
        '--mask_filter',
        '--channel_axis',
      ] as const),
      ...(['--z_axis', '--t_axis', ...channels, '--all_channels', '--anisotropy', '--savedir', '--seed'] as const),
    ],
  },
};

/** The flags that a command reads, in the order of the table. */
export function flagsOf(command: CommandName): Flag[] {
  const { groups, also = [], except = [] } = commandPages[command];
  return (flags as readonly Flag[]).filter(
    ({ name, group }) => also.includes(name) || (groups.includes(group) && !except.includes(name)),
  );
}

/** The command that a line without a name of one is for. */
export function commandOf(words: readonly string[]): CommandName {
  return words.some((word) => word === '--train' || word === '--train_size') ? 'train' : 'segment';
}
