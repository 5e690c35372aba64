/** The options that listen and connect share: the device, the addresses, what is written down. */
import { Option, type Command } from 'commander';
import { inPrefix, printCidr, sameAddress, type Cidr } from '../../wire/address.ts';
import { cidrArgument, interfaceArgument, kernelAddress } from '../arguments.ts';
import { EXIT, Failure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { LiveLadder } from './live-ladder.ts';
import type { TcpDefaults } from '../../tcp/options.ts';
import { TraceFile } from '../trace-file.ts';
import { openStation, type Station } from './station.ts';

export interface NetOptions {
  readonly tun: string;
  /** At least one. */
  readonly address: readonly Cidr[];
  readonly kernelAddress?: Cidr;
  readonly configure: boolean;
  readonly pcap?: string;
  readonly trace?: string;
  readonly verbose?: boolean;
}

const DEFAULT_ADDRESS = '10.9.0.2/24';
const DEFAULT_ADDRESSES: readonly Cidr[] = [cidrArgument('--address')(DEFAULT_ADDRESS)];

export function addNetOptions(verb: Command): Command {
  return verb
    .addOption(
      new Option('--tun <NAME>', 'the TUN device, made if it is not there')
        .argParser(interfaceArgument)
        .default('estab0'),
    )
    .addOption(
      new Option('--address <CIDR>', "estab's own address and prefix; may be given several times")
        .argParser(addressArgument)
        .default(DEFAULT_ADDRESSES, DEFAULT_ADDRESS),
    )
    .option(
      '--kernel-address <CIDR>',
      "the kernel's address on the device (default: the first free one of the prefix)",
      cidrArgument('--kernel-address'),
    )
    .option('--no-configure', 'leave the interface as it is: you gave it address and routes')
    .option('--pcap <FILE>', 'write a capture, with what became of each packet as comments')
    .option(
      '--trace <FILE>',
      'write every decision of the sender as lines of JSON; - is standard error',
    )
    .option('-v, --verbose', 'show the ladder as it happens, on the standard error');
}

/** The first one replaces the default, the others come on top. */
function addressArgument(text: string, before: readonly Cidr[]): readonly Cidr[] {
  const cidr = cidrArgument('--address')(text);
  return before === DEFAULT_ADDRESSES ? [cidr] : [...before, cidr];
}

/** The device up, our host behind it. */
export function openFromOptions(
  options: NetOptions,
  tcp: Partial<TcpDefaults>,
  terminal: Terminal,
): Promise<Station> {
  const { tun, address, configure, pcap, trace, verbose } = options;
  if (!configure && options.kernelAddress !== undefined) {
    const message = '--kernel-address and --no-configure contradict each other: leave one out';
    throw new Failure(message, EXIT.misused);
  }
  const kernel = configure ? kernelAddresses(address, options.kernelAddress) : [];
  const write = (line: string): void => terminal.error(`${line}\n`);
  const file =
    trace === undefined ? undefined : new TraceFile(trace, '', (text) => terminal.error(text));
  const observers =
    verbose === true ? [new LiveLadder(write, { us: 'estab', peer: 'the peer' })] : [];
  return openStation({ tun, addresses: address, kernel, pcap, trace: file, observers, tcp });
}

/** One for each prefix of ours; `given` is for the one that it is in. */
function kernelAddresses(ours: readonly Cidr[], given: Cidr | undefined): readonly Cidr[] {
  const all = new Map<string, Cidr>();
  const near = ours.length === 1 ? ours[0] : given && ours.find((cidr) => holds(cidr, given));
  if (given !== undefined && near === undefined) {
    const message = `--kernel-address ${printCidr(given)} is in no prefix of --address`;
    throw new Failure(message, EXIT.misused);
  }
  for (const cidr of ours) {
    const kernel = kernelAddress(cidr, cidr === near ? given : undefined);
    if (!ours.some(({ address }) => sameAddress(address, kernel.address))) {
      all.set(printCidr(kernel), kernel);
    }
  }
  return [...all.values()];
}

function holds(prefix: Cidr, { address }: Cidr): boolean {
  return inPrefix(prefix, address.family, address.w0, address.w1, address.w2, address.w3);
}
