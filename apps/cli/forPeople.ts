/** The library's messages in the words of the command line: without names of functions, options as flags. */

const flagOfOption: Readonly<Record<string, string>> = {
  channelAxis: '--channel_axis',
  zAxis: '--z_axis',
  tAxis: '--t_axis',
  do3D: '--do_3D',
  stitchThreshold: '--stitch_threshold',
  anisotropy: '--anisotropy',
  maxMemory: '--max_memory',
  'resample: false': '--no_resample',
  'keepFlows: false': '--no_npy without --save_csv',
  'larger diameter': 'larger --diameter',
};
const options = new RegExp(`\\b(${Object.keys(flagOfOption).join('|')})\\b`, 'g');

export function forPeople(message: string): string {
  const words = message.replace(/^[a-z]+[A-Z]\w*: /, '');
  return words.replace(options, (option) => flagOfOption[option]!);
}
