/** `estab netem`: a network of any quality between two devices, like `tc netem` outside the kernel. */
import { performance } from 'node:perf_hooks';
import { Option, type Command } from 'commander';
import { join, type Joint } from '../../link/join.ts';
import type { Device } from '../../link/link.ts';
import { netem, type NetemLink } from '../../link/netem.ts';
import { monotonicMs } from '../../link/node/clock.ts';
import { openPcapFile, type PcapFile } from '../../link/node/pcap-file.ts';
import { observe } from '../../link/observe.ts';
import { PlatformLoop } from '../../socket/event-loop.ts';
import type { Cidr } from '../../wire/address.ts';
import { cidrArgument } from '../arguments.ts';
import { EXIT, Failure, fileFailure } from '../failure.ts';
import { paragraphs } from '../help.ts';
import {
  deviceArgument,
  openDevice,
  printDevice,
  type DeviceName,
  type Opened,
} from '../netem/devices.ts';
import { addImpairments } from '../netem/impairment-options.ts';
import { LiveLine, summary } from '../netem/report.ts';
import { seedArgument, settingsFrom, type ImpairmentOptions } from '../netem/settings.ts';
import { countIn, timeIn } from '../netem/units.ts';
import type { Session, Terminal } from '../terminal.ts';

interface NetemVerbOptions extends ImpairmentOptions {
  readonly left: DeviceName;
  readonly right: DeviceName;
  readonly leftAddress?: Cidr;
  readonly rightAddress?: Cidr;
  readonly mtu?: number;
  readonly seed: number;
  readonly for?: number;
  readonly pcap?: string;
}

export function addNetem(program: Command, session: Session): void {
  const verb = program
    .command('netem')
    .summary('a network of any quality between two kernels or virtual machines')
    .description(paragraphs(HELP))
    .helpOption('-h, --help', 'print this help')
    .addOption(device('--left', 'one device: tun:NAME, tap:NAME or qemu:PATH'))
    .addOption(device('--right', 'the other, of the same kind of packets'));
  addImpairments(verb)
    .option('--seed <N>', 'all chance comes from it; the same one, the same fates', seedArgument, 1)
    .option('--mtu <OCTETS>', 'of the devices (default: 1500)', (text) => countIn('--mtu', text))
    .option('--left-address <CIDR>', ADDRESS_HELP, cidrArgument('--left-address'))
    .option('--right-address <CIDR>', 'the same for the right one', cidrArgument('--right-address'))
    .option('--for <TIME>', 'end after so long', (text) => timeIn('--for', text))
    .option('--pcap <FILE>', 'a capture of both devices: what came, and what was let through')
    .addHelpText('after', EXAMPLES)
    .action(async (options: NetemVerbOptions) => {
      session.exitCode = await run(options, session.terminal);
    });
}

const ADDRESS_HELP = "the kernel's address on the left device, which is brought up with it";

const device = (flag: string, text: string): Option =>
  new Option(`${flag} <DEVICE>`, text).argParser(deviceArgument(flag)).makeOptionMandatory();

const HELP = `Moves packets between two devices and treats them as a network would: late, lost, doubled, damaged,
overtaken, queued. Two kernels in network namespaces, or two virtual machines, see each other through it.

Each device is a TUN or TAP device of this machine, made if it is not there, or one guest of
QEMU, which connects with -netdev stream,id=n,server=off,addr.type=unix,addr.path=PATH. TUN carries IP datagrams;
TAP and QEMU carry Ethernet frames. TUN and TAP need Linux and root, or \`unshare -Urn\`.

Each value counts for both directions, so a --delay of 20ms makes a round trip of 40ms. With a
slash, A/B, the first is left to right and the second right to left. Units are those of tc: us, ms, s; %;
kbit, mbit, gbit; b, kb, mb. Loss, duplication and corruption come first, then the bottleneck, then the delay.

On a terminal a line tells what happens; Ctrl-C ends it, with a summary on the standard output.

Exit status: 0 ended by Ctrl-C, SIGTERM or --for, 1 a device could not be had or went away, 2 wrong
arguments.`;

const EXAMPLES = `
Examples:
  estab netem --left tun:A --right tun:B --delay 20ms --loss 1%
  estab netem --left tap:A --right tap:B --rate 10mbit/1mbit --queue 64kb --delay 15ms
  estab netem --left tun:A --right tun:B --rate 5mbit --codel --ecn --delay 50ms --jitter 5ms
  estab netem --left tun:A --right tun:B --gemodel 1%,20% --duplicate 0.1% --corrupt 0.01% --seed 7
  estab netem --left qemu:/tmp/a.sock --right qemu:/tmp/b.sock --delay 100ms --pcap between.pcapng

Two kernels, as root:
  estab netem --left tun:A --right tun:B --delay 20ms & sleep 1
  for n in A B; do ip netns add $n; ip link set $n netns $n; done
  ip -n A addr add 10.0.0.1/24 dev A; ip -n A link set A up
  ip -n B addr add 10.0.0.2/24 dev B; ip -n B link set B up
  ip netns exec A ping 10.0.0.2
`;

async function run(options: NetemVerbOptions, terminal: Terminal): Promise<number> {
  const settings = settingsFrom(options);
  checkDevices(options);
  const ending = new Ending();
  const opened: Opened[] = [];
  const capture = openCapture(options);
  try {
    const [left, right] = await openBoth(options, terminal, ending, opened);
    if (left === undefined || right === undefined) return EXIT.ok; // ended before it began
    const loop = new PlatformLoop();
    const between = netem(watched(left, 0, capture, ending), {
      loop,
      in: settings.toRight,
      out: settings.toLeft,
      seed: options.seed,
    });
    const joint = join(between, watched(right, 1, capture, ending), loop);
    terminal.error(`estab: between ${printDevices(options)}; Ctrl-C ends it\n`);
    await carry(between, joint, ending, options.for, terminal);
    await joint.close();
    return EXIT.ok;
  } finally {
    ending.forget();
    await Promise.all(opened.map(({ close }) => close()));
    capture?.close();
  }
}

/** Both at once: of two guests, either may come first. What is open is in `opened` whatever happens. */
async function openBoth(
  { left, right, leftAddress, rightAddress, mtu }: NetemVerbOptions,
  terminal: Terminal,
  ending: Ending,
  opened: Opened[],
): Promise<[Device | undefined, Device | undefined]> {
  const waiting = (what: string): void => terminal.error(`estab: ${what}\n`);
  const open = async (name: DeviceName, address: Cidr | undefined): Promise<Device | undefined> => {
    try {
      const one = await openDevice(name, { mtu, address, waiting, signal: ending.signal });
      opened.push(one);
      return one.device;
    } catch (error) {
      ending.now(); // nobody waits for the other one any more
      throw error;
    }
  };
  const both = await Promise.allSettled([open(left, leftAddress), open(right, rightAddress)]);
  const [one, other] = both.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  return [one, other];
}

/** Until the end, from wherever it comes. @throws Failure when a device went away. */
async function carry(
  between: NetemLink,
  joint: Joint,
  ending: Ending,
  duration: number | undefined,
  terminal: Terminal,
): Promise<void> {
  const began = monotonicMs();
  const line = new LiveLine(began, between.in, between.out);
  const progress = setInterval(() => terminal.progress(line.text(monotonicMs())), REFRESH);
  const over = duration === undefined ? undefined : setTimeout(() => ending.now(), duration);
  try {
    await new Promise<void>((resolve, reject) => {
      const ended = (): void => {
        if (ending.failure === undefined) resolve();
        else reject(ending.failure);
      };
      ending.signal.addEventListener('abort', ended, { once: true });
      if (ending.signal.aborted) ended();
      joint.onClose = (error) => reject(new Failure(error?.message ?? 'a device was closed'));
    });
  } finally {
    clearInterval(progress);
    clearTimeout(over);
    joint.onClose = undefined;
    terminal.write(summary((monotonicMs() - began) / 1000, between.in, between.out));
  }
}

const REFRESH = 500; // ms

const printDevices = ({ left, right }: Pick<NetemVerbOptions, 'left' | 'right'>): string =>
  `${printDevice(left)} and ${printDevice(right)}`;

function checkDevices({ left, right, leftAddress, rightAddress }: NetemVerbOptions): void {
  if ((left.kind === 'tun') !== (right.kind === 'tun')) {
    throw new Failure(
      `${printDevices({ left, right })} do not fit: one carries IP datagrams, the other Ethernet frames; take tap: with qemu:`,
      EXIT.misused,
    );
  }
  if (printDevice(left) === printDevice(right)) {
    throw new Failure(`--left and --right are both ${printDevice(left)}`, EXIT.misused);
  }
  for (const [name, address] of [
    [left, leftAddress],
    [right, rightAddress],
  ] as const) {
    if (name.kind !== 'qemu' || address === undefined) continue;
    throw new Failure(
      `${printDevice(name)} has no address here: the guest sets its own`,
      EXIT.misused,
    );
  }
}

function openCapture({ pcap, left, right }: NetemVerbOptions): PcapFile | undefined {
  if (pcap === undefined) return undefined;
  try {
    const medium = left.kind === 'tun' ? 'ip' : 'ethernet';
    return openPcapFile(pcap, { interfaces: [printDevice(left), printDevice(right)], medium });
  } catch (error) {
    throw fileFailure('write the capture', pcap, error);
  }
}

/** The device with everything that passes it in the capture, as its interface `id`. */
function watched(link: Device, id: number, capture: PcapFile | undefined, ending: Ending): Device {
  if (capture === undefined) return link;
  return observe(link, (direction, bytes, start, end) => {
    if (ending.failure !== undefined) return;
    try {
      const at = performance.timeOrigin + monotonicMs();
      capture.packet(at, bytes, start, end, { direction, interface: id });
    } catch (error) {
      ending.fail(fileFailure('write the capture', capture.path, error));
    }
  });
}

/** What ends the verb: Ctrl-C and SIGTERM, the time, a capture that cannot be written. */
class Ending {
  failure: Error | undefined = undefined;
  readonly #controller = new AbortController();
  readonly now = (): void => this.#controller.abort();

  constructor() {
    process.on('SIGINT', this.now);
    process.on('SIGTERM', this.now);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  fail(failure: Error): void {
    this.failure = failure;
    this.now();
  }

  forget(): void {
    process.off('SIGINT', this.now);
    process.off('SIGTERM', this.now);
  }
}
