/** `estab transfer`: a transfer over an impaired path, in virtual time. */
import { performance } from 'node:perf_hooks';
import { Option, type Command } from 'commander';
import { TraceLog } from '../../lab/trace/log.ts';
import { parseTrace } from '../../lab/trace/parse.ts';
import { Transfer } from '../../lab/transfer.ts';
import { openPcapFile, type PcapFile } from '../../link/node/pcap-file.ts';
import { pcapTap } from '../../link/pcap-tap.ts';
import type { HostObserver } from '../../stack/host.ts';
import { CONTROLLERS, type ControllerName } from '../../tcp/options.ts';
import { PROFILES } from '../../tcp/profiles.ts';
import { EXIT, fileFailure } from '../failure.ts';
import { paragraphs } from '../help.ts';
import { together } from '../net/observers.ts';
import { addImpairments } from '../netem/impairment-options.ts';
import { seedArgument, settingsFrom, type ImpairmentOptions } from '../netem/settings.ts';
import { countIn, misuse, octetsIn, timeIn } from '../netem/units.ts';
import { draw } from '../plot/draw.ts';
import { flowsOfTrace } from '../plot/from-trace.ts';
import type { Session, Terminal } from '../terminal.ts';
import { TraceFile } from '../trace-file.ts';
import { summaryOf } from '../transfer/summary.ts';
import { ALL, writePicture } from './plot.ts';

interface TransferVerbOptions extends ImpairmentOptions {
  readonly octets: number;
  readonly congestion?: readonly ControllerName[];
  readonly profile: string;
  readonly flows: number;
  readonly reverse?: boolean;
  readonly seed: number;
  readonly for: number;
  readonly trace?: string;
  readonly plot?: string;
  readonly pcap?: string;
}

export function addTransfer(program: Command, session: Session): void {
  const verb = program
    .command('transfer')
    .summary('a transfer over a bad path in virtual time: how fast, and why')
    .description(paragraphs(HELP))
    .helpOption('-h, --help', 'print this help')
    .option('--octets <SIZE>', 'of text on each connection: 500000, 64k, 2M', octets, 2 ** 20)
    .option(
      '--congestion <NAME>',
      `${CONTROLLERS.join(', ')}; several with commas: one after the other`,
      controllers,
    )
    .addOption(
      new Option('--profile <NAME>', 'how the TCPs are set')
        .choices(Object.keys(PROFILES))
        .default('linux'),
    )
    .option('--flows <N>', 'connections side by side', (text) => countIn('--flows', text), 1)
    .option('--reverse', 'B sends, which did not open');
  addImpairments(verb)
    .option(
      '--seed <N>',
      'all chance comes from it; the same one, the same transfer',
      seedArgument,
      1,
    )
    .option(
      '--for <TIME>',
      'give up after so long, of virtual time',
      (text) => timeIn('--for', text),
      3_600_000,
    )
    .option('--trace <FILE>', 'write every decision as lines of JSON; - is standard output')
    .option('--plot <FILE>', 'draw it, as `estab plot` does')
    .option('--pcap <FILE>', 'write what A sees as a capture')
    .addHelpText('after', EXAMPLES)
    .action(async (options: TransferVerbOptions) => {
      session.exitCode = await transfer(options, session.terminal);
    });
}

const HELP = `Two hosts, A and B, and a path between them that is as bad as you say. A connects to B and sends; the
clock is virtual, so that minutes take a moment, and the same command does the same again, to the octet.

Options of the path are those of \`estab netem\`: each value counts for both directions, A/B with a slash
is A to B and back. Loss comes first, then the bottleneck (--rate, --queue), then --delay.

Printed for each connection: goodput, what was sent again and how much of it for nothing (the receiver
said so by D-SACK), timeouts, time in recovery, and percentiles of measured round trips.

Exit status: 0 all arrived, 1 something did not, 2 wrong arguments.`;

const EXAMPLES = `
Examples:
  estab transfer --rate 10mbit --delay 25ms --loss 1%
  estab transfer --octets 20M --rate 50mbit --queue 200 --delay 40ms --plot slow-start.svg
  estab transfer --flows 2 --congestion cubic,reno --rate 20mbit --queue 100 --delay 20ms --octets 10M
  estab transfer --loss 5%/0% --delay 50ms --seed 7 --trace lossy.jsonl --pcap lossy.pcapng
  estab transfer --loss 2% --delay 20ms --profile freebsd --trace - | jq 'select(.event == "cwnd")'
`;

const octets = (text: string): number => octetsIn('--octets', text);

function controllers(text: string): readonly ControllerName[] {
  return text.split(',').map((name) => {
    const found = CONTROLLERS.find((one) => one === name.trim());
    if (found !== undefined) return found;
    throw misuse('--congestion', name, `take one of ${CONTROLLERS.join(', ')}`);
  });
}

const MOST_FLOWS = 1000;

async function transfer(options: TransferVerbOptions, terminal: Terminal): Promise<number> {
  const { toRight: toB, toLeft: toA } = settingsFrom(options);
  const { flows, congestion, seed, reverse = false, pcap } = options;
  if (flows < 1 || flows > MOST_FLOWS) {
    throw misuse('--flows', String(flows), `give a number from 1 to ${MOST_FLOWS}`);
  }
  const title = titleOf(options);
  const log = new TraceLog(title);
  const capture = pcap === undefined ? undefined : openCapture(pcap, title);
  const observe = (host: 'A' | 'B'): HostObserver =>
    capture === undefined || host === 'B'
      ? log.observer(host)
      : together([log.observer(host), pcapTap(capture)]);
  const wishes = Array.from({ length: flows }, (_, i) => {
    const name = congestion?.[i % congestion.length];
    return name === undefined ? {} : { congestionControl: name };
  });
  const tcp = PROFILES[profileNamed(options.profile)];
  const run = new Transfer({
    octets: options.octets,
    toA,
    toB,
    seed,
    flows: wishes,
    tcp,
    reverse,
    observe,
  });
  const done = play(run, options, terminal);
  capture?.close();
  const summary = summaryOf(run, log, reverse ? 'B' : 'A', wishes);
  if (options.trace === '-') terminal.error(summary);
  else terminal.write(summary);
  await write(options, title, log, terminal);
  if (done) return EXIT.ok;
  terminal.error(
    `estab transfer: not all arrived in ${options.for / 1000} s of virtual time; --for gives it more\n`,
  );
  return EXIT.failed;
}

function profileNamed(text: string): keyof typeof PROFILES {
  if (text === 'linux' || text === 'freebsd' || text === 'rfc') return text;
  throw misuse('--profile', text, `take one of ${Object.keys(PROFILES).join(', ')}`);
}

/** The command, as far as it matters. */
function titleOf({
  octets: size,
  rate,
  delay,
  loss,
  queue,
  seed,
  profile,
  congestion,
}: TransferVerbOptions): string {
  const parts = [
    `${size} octets`,
    rate === undefined ? '' : rate,
    delay === undefined ? '' : `delay ${delay}`,
    queue === undefined ? '' : `queue ${queue}`,
    loss === undefined ? '' : `loss ${loss}`,
    congestion === undefined ? '' : congestion.join(' and '),
    profile,
    `seed ${seed}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function play(
  run: Transfer,
  { octets: size, for: until }: TransferVerbOptions,
  terminal: Terminal,
): boolean {
  const all = size * run.flows.length;
  let said = performance.now();
  for (let steps = 1; !run.done && run.world.step(until); steps++) {
    if (steps % STEPS_BETWEEN !== 0 || performance.now() - said < REFRESH) continue;
    said = performance.now();
    const got = run.flows.reduce((sum, { received }) => sum + received, 0);
    const seconds = (run.world.now / 1000).toFixed(1);
    terminal.progress(`${Math.floor((100 * got) / all)} % after ${seconds} s of virtual time`);
  }
  return run.flows.every(({ doneAt, intact }) => doneAt >= 0 && intact);
}

const STEPS_BETWEEN = 1000;
const REFRESH = 200; // ms

async function write(
  options: TransferVerbOptions,
  title: string,
  log: TraceLog,
  terminal: Terminal,
): Promise<void> {
  if (options.trace !== undefined) {
    const file = new TraceFile(options.trace, title, (text) => terminal.write(text));
    for (const { now, host, socket, event } of log.events)
      file.lines.observer(host).trace(now, socket, event);
    file.close();
  }
  if (options.plot === undefined) return;
  const flows = flowsOfTrace(parseTrace(log.toJsonLines()));
  writePicture(options.plot, await draw({ title, flows, graphs: ALL }), terminal);
}

function openCapture(path: string, comment: string): PcapFile {
  try {
    return openPcapFile(path, { interfaces: ['A'], comment });
  } catch (error) {
    throw fileFailure('write the capture', path, error);
  }
}
