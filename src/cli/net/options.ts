/** The options that listen and connect share: the device, the addresses, what is written down. */
import { Option, type Command } from 'commander';
import { parseCidr, type Cidr } from '../../wire/address.ts';
import { cidrArgument, interfaceArgument, kernelAddress } from '../arguments.ts';
import { EXIT, Failure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { LiveLadder } from './live-ladder.ts';
import { openStation, type Station } from './station.ts';

export interface NetOptions {
  readonly tun: string;
  readonly address: Cidr;
  readonly kernelAddress?: Cidr;
  readonly configure: boolean;
  readonly pcap?: string;
  readonly verbose?: boolean;
}

const DEFAULT_ADDRESS = '10.9.0.2/24';

export function addNetOptions(verb: Command): Command {
  return verb
    .addOption(
      new Option('--tun <NAME>', 'the TUN device, made if it is not there')
        .argParser(interfaceArgument)
        .default('estab0'),
    )
    .addOption(
      new Option('--address <CIDR>', "estab's own address and prefix")
        .argParser(cidrArgument('--address'))
        .default(cidrOf(DEFAULT_ADDRESS), DEFAULT_ADDRESS),
    )
    .option(
      '--kernel-address <CIDR>',
      "the kernel's address on the device (default: the first free one of the prefix)",
      cidrArgument('--kernel-address'),
    )
    .option('--no-configure', 'leave the interface as it is: you gave it address and routes')
    .option('--pcap <FILE>', 'write a capture, with what became of each packet as comments')
    .option('-v, --verbose', 'show the ladder as it happens, on the standard error');
}

function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new Error(`${text} is no CIDR`); // our bug
  return cidr;
}

/** The device up, our host behind it. */
export function openFromOptions(options: NetOptions, terminal: Terminal): Promise<Station> {
  const { tun, address, configure, pcap, verbose } = options;
  if (!configure && options.kernelAddress !== undefined) {
    const message = '--kernel-address and --no-configure contradict each other: leave one out';
    throw new Failure(message, EXIT.misused);
  }
  const kernel = configure ? kernelAddress(address, options.kernelAddress) : undefined;
  const write = (line: string): void => terminal.error(`${line}\n`);
  const observers =
    verbose === true ? [new LiveLadder(write, { us: 'estab', peer: 'the peer' })] : [];
  return openStation({ tun, address, kernel, pcap, observers });
}
