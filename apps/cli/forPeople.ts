/** The library's messages in the words of the command line: without names of functions, options as flags. */

const flagOfOption: Readonly<Record<string, string>> = { channelAxis: '--channel_axis', zAxis: '--z_axis' };

export function forPeople(message: string): string {
  const words = message.replace(/^[a-z]+[A-Z]\w*: /, '');
  return words.replace(/\b(channelAxis|zAxis)\b/g, (option) => flagOfOption[option]!);
}
