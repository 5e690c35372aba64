/** `estab plot`: graphs of what a sender did, as SVG. */
import { writeFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { EXIT, Failure, fileFailure } from '../failure.ts';
import { paragraphs } from '../help.ts';
import { countIn } from '../netem/units.ts';
import { draw } from '../plot/draw.ts';
import { readPlotted } from '../plot/files.ts';
import { GRAPHS, type GraphName } from '../plot/layers.ts';
import type { Session, Terminal } from '../terminal.ts';

interface PlotOptions {
  readonly out: string;
  readonly graph: GraphName | 'all';
  readonly connection?: number;
  readonly title?: string;
}

export function addPlot(program: Command, session: Session): void {
  program
    .command('plot')
    .summary('draw a trace, a ladder or a capture as SVG')
    .description(paragraphs(HELP))
    .helpOption('-h, --help', 'print this help')
    .argument('<FILE...>', 'a trace, a .ladder, a .pcap or .pcapng; - is standard input')
    .option('-o, --out <FILE>', 'where the SVG goes; - is standard output', '-')
    .addOption(
      new Option('--graph <NAME>', 'one graph instead of all')
        .choices(['all', ...GRAPHS])
        .default('all'),
    )
    .option('--connection <N>', 'only the N-th of what there is', (text) =>
      countIn('--connection', text),
    )
    .option('--title <TEXT>', 'said above the graphs')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], options: PlotOptions) => {
      session.exitCode = await plot(files, options, session.terminal);
    });
}

const HELP = `Draws what a sender did, each direction of a connection that carried text by itself.

tcptrace: time and sequence numbers. Each segment is a bar, R over those sent again; the green line is
what was acknowledged, the orange one the end of the window; SACK blocks, D-SACKs and what was given up
for lost are marked. stevens: the same with a dot for each segment. cwnd: congestion window, ssthresh and
octets in flight, with recovery shaded. rtt: measured round trips, SRTT and RTO. Without --graph:
tcptrace, cwnd and rtt, one above the other.

A capture tells of segments only: it has no cwnd and no RTO, and headers are enough of it.

Needs echarts, which draws: npm install echarts.

Exit status: 0 drawn, 2 a file cannot be read or has nothing to draw.`;

const EXAMPLES = `
Examples:
  estab transfer --rate 10mbit --delay 25ms --loss 1% --trace lossy.jsonl
  estab plot lossy.jsonl -o lossy.svg
  estab plot --graph stevens lossy.jsonl -o lossy.svg
  estab plot --graph cwnd reno.jsonl cubic.jsonl -o both.svg     one above the other
  tcpdump -s 96 -w web.pcap tcp port 443                         then: estab plot web.pcap -o web.svg
`;

const MOST_FLOWS = 8; // in one picture

async function plot(
  files: readonly string[],
  options: PlotOptions,
  terminal: Terminal,
): Promise<number> {
  const plotted = files.map((file) => readPlotted(file, terminal));
  for (const warning of plotted.flatMap(({ warnings }) => warnings)) {
    terminal.error(`estab plot: ${warning}\n`);
  }
  const flows = plotted.flatMap((one) => one.flows);
  if (flows.length === 0) {
    const names = files.map((file) => `'${file}'`).join(', ');
    throw new Failure(`there is no text in ${names}: nothing to draw`, EXIT.misused);
  }
  const { connection } = options;
  const chosen = connection === undefined ? flows : flows.slice(connection - 1, connection);
  if (connection !== undefined && (connection < 1 || chosen.length === 0)) {
    const list = flows.map(({ title }, i) => `  ${i + 1}  ${title}`).join('\n');
    throw new Failure(`--connection is ${connection}, there are:\n${list}`, EXIT.misused);
  }
  if (chosen.length > MOST_FLOWS) {
    terminal.error(
      `estab plot: the first ${MOST_FLOWS} of ${chosen.length}; --connection N takes another\n`,
    );
  }
  const shown = chosen.slice(0, MOST_FLOWS);
  const [one] = shown;
  const head = plotted.map(({ title }) => title).join(', ');
  const title =
    options.title ?? (shown.length === 1 && one !== undefined ? `${head}: ${one.title}` : head);
  const graphs = options.graph === 'all' ? ALL : [options.graph];
  writePicture(options.out, await draw({ title, flows: shown, graphs }), terminal);
  return EXIT.ok;
}

/** What is drawn when nobody says what. */
export const ALL: readonly GraphName[] = ['tcptrace', 'cwnd', 'rtt'];

/** @throws Failure when the file cannot be written. */
export function writePicture(out: string, svg: string, terminal: Terminal): void {
  if (out === '-') {
    terminal.write(svg);
    return;
  }
  try {
    writeFileSync(out, svg);
  } catch (error) {
    throw fileFailure('write the picture', out, error);
  }
}
