/**
 * Several networks as one, their outputs averaged: the four networks that Cellpose ran on each image in its first years.
 * Source: cellpose 0.1 to 2.2 `_run_nets`, option `net_avg`.
 */
import type { StateDict } from '../array/stateDict.ts';
import { OptionError } from '../errors.ts';
import { createNetwork, type Network, type NetworkOptions } from './network.ts';
import type { TileOutput } from './tileNetwork.ts';

/**
 * Makes several networks ready to run as one; a single one is itself. The outputs are the mean of theirs, the style is that of
 * the last, as there; diameters are those of the first. Each runs on all threads, one after the other.
 *
 * @throws OptionError  for an empty list, or networks that differ in channels, outputs or the diameter they were trained at.
 * @throws as `createNetwork`.
 *
 * Cellpose averages whole pictures, here it is tiles; the two differ by rounding only.
 */
export async function createEnsemble(
  stateDict: StateDict | readonly StateDict[],
  options: NetworkOptions = {},
): Promise<Network> {
  const stateDicts = isList(stateDict) ? stateDict : [stateDict];
  if (stateDicts.length === 0) throw refusal(stateDict, 'needs a network; got none');
  const members = await Promise.all(stateDicts.map((one) => createNetwork(one, options)));
  const [first] = members;
  if (members.length === 1) return first;
  const [expected, ...others] = members.map(describe);
  others.forEach((own, i) => {
    if (own !== expected)
      throw refusal(stateDict, `networks must be alike; number 1 has ${expected}, number ${i + 2} has ${own}`);
  });
  return {
    ...first,
    config: { ...first.config, styleLength: members.at(-1)!.config.styleLength },
    members,
    get engine() {
      return first.engine;
    },
    get notes() {
      return first.notes ?? [];
    },
    async forward(tiles, inAll) {
      const outputs: TileOutput[] = [];
      for (const network of members) outputs.push(await network.forward(tiles, inAll));
      return average(outputs);
    },
    rest: async () => {
      for (const network of members) await network.rest?.();
    },
    release: async () => void (await Promise.all(members.map((network) => network.release()))),
  };
}

/** Sums in float32, in the order of the networks, then one division. */
function average(outputs: readonly TileOutput[]): TileOutput {
  const [first, ...others] = outputs;
  const sum = first.y.data;
  for (const { y } of others) for (let i = 0; i < sum.length; i++) sum[i] += y.data[i];
  for (let i = 0; i < sum.length; i++) sum[i] /= outputs.length;
  return { y: first.y, style: outputs.at(-1)!.style };
}

function isList(stateDict: StateDict | readonly StateDict[]): stateDict is readonly StateDict[] {
  return Array.isArray(stateDict);
}

/** What averaged networks must have in common. */
function describe({ nchan, nout, config: { diamMean } }: Network): string {
  return `${nchan} channels, ${nout} outputs, diamMean ${diamMean}`;
}

function refusal(stateDict: unknown, message: string): OptionError {
  return new OptionError('stateDict', stateDict, `createEnsemble: ${message}`);
}
