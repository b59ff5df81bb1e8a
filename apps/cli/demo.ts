/** `cellpose-ts demo [FOLDER]`: segments the sample images that ship with the package, to see that everything works. */
import { copyFile, mkdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { describeError } from './describeError.ts';
import { RunError } from './errors.ts';
import type { Host } from './host.ts';
import { findImages } from './imageFiles.ts';
import { parseFlags } from './parseFlags.ts';
import { runOnImages } from './runOnImages.ts';
import { parseSubcommand } from './subcommand.ts';
import { packageRoot } from './version.ts';

const defaultFolder = 'cellpose-demo';
const help = `usage: cellpose-ts demo [FOLDER]

Copies the sample images into FOLDER (else ${defaultFolder}) and segments them there with the model nuclei: label
images, outlines, coloured pictures and tables.
`;

/** Between the sizes of the nuclei in the samples, in pixels: finding each by itself would take four times as long. */
const diameter = '24';

/**
 * @param words  what follows `demo`: at most the folder to write to.
 * @returns      the exit code.
 */
export async function demo(words: readonly string[], host: Host): Promise<number> {
  const parsed = parseSubcommand({ name: 'demo', help, options: {}, words: [0, 1] }, words, host);
  if (parsed === undefined) return 0;
  const [folder = defaultFolder] = parsed.positionals;
  const images = await copySamples(folder);
  host.stdout.write(`${images.length} sample images are in ${folder}\n`);
  const flags = ['--dir', folder, '--pretrained_model', 'nuclei', '--diameter', diameter];
  const outputs = ['--save_png', '--save_outlines', '--save_overlay', '--save_txt', '--save_csv'];
  const command = [...flags, ...outputs, '--record', join(folder, 'run-record.json')];
  const exitCode = await runOnImages({ words: command, parsed: parseFlags(command), notes: [], host, images });
  if (exitCode === 0) {
    const first = basename(images[0]!, extname(images[0]!));
    host.stdout.write(
      `\nLook at ${join(folder, `${first}_overlay_cp_masks.png`)} first. The same for your own images, with the\n` +
        'diameter of your cells in pixels, or 0 to find it:\n' +
        `  cellpose-ts --dir FOLDER --pretrained_model nuclei --diameter ${diameter} --save_png --save_overlay --save_csv\n`,
    );
  }
  return exitCode;
}

async function copySamples(folder: string): Promise<string[]> {
  const samples = await findImages(join(packageRoot, 'samples'), { maskFilter: '_masks' });
  try {
    await mkdir(folder, { recursive: true });
    const copies = samples.map((sample) => join(folder, basename(sample)));
    for (const [i, sample] of samples.entries()) await copyFile(sample, copies[i]!);
    return copies;
  } catch (error) {
    throw new RunError(`demo: cannot write to ${folder}: ${describeError(error)}`);
  }
}
