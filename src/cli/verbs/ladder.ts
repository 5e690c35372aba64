/** `estab ladder`: plays ladders with live TCPs and says what really happened. */
import { Option, type Command } from 'commander';
import type { Ladder } from '../../lab/ladder/ast.ts';
import { renderJson } from '../../lab/ladder/render-json.ts';
import { differsAsKnown, type LadderResult } from '../../lab/ladder/result.ts';
import { formatErrors, type LadderError } from '../../lab/ladder/source.ts';
import { visible } from '../../lab/ladder/visible.ts';
import { EXIT, Failure } from '../failure.ts';
import { LadderCapture } from '../ladder/capture.ts';
import { checkUse, ladderFilesAt, Library, readLadders } from '../ladder/files.ts';
import { FORMATS, renderOne, writeFiles, type Format } from '../ladder/output.ts';
import { rerun, runPlain, sameOutcome } from '../ladder/runs.ts';
import { shippedLadders } from '../package.ts';
import { paragraphs } from '../help.ts';
import type { HostObserver } from '../../stack/host.ts';
import type { Session, Terminal } from '../terminal.ts';
import { TraceFile } from '../trace-file.ts';

interface LadderOptions {
  readonly format: Format;
  readonly out?: string;
  readonly pcap?: string;
  readonly trace?: string;
  readonly ip: '4' | '6';
  readonly rerun?: boolean;
  readonly quiet?: boolean;
  readonly color?: boolean;
}

export function addLadder(program: Command, session: Session): void {
  program
    .command('ladder')
    .summary('play ladders: does TCP do what the file says?')
    .description(paragraphs(HELP))
    .helpOption('-h, --help', 'print this help')
    .argument('[FILE...]', '.ladder, .md (every table in it) or a folder; - is standard input')
    .addOption(
      new Option('--format <FORMAT>', 'how results are shown').choices(FORMATS).default('text'),
    )
    .option('--out <DIR>', 'write one file for each ladder into DIR')
    .option('--pcap <FILE>', 'also write what A sees as a capture, with comments')
    .option(
      '--trace <FILE>',
      'also write every decision of both as lines of JSON; - is standard output',
    )
    .addOption(new Option('--ip <VERSION>', 'over IPv4 or IPv6').choices(['4', '6']).default('4'))
    .option(
      '--rerun',
      'also run over the other IP, with sequence numbers across 2^31 and 2^32, and without the ' +
        'fast path; show only what differs',
    )
    .option('-q, --quiet', 'show only ladders that differ')
    .option('--color', 'colour, also when the output is no terminal')
    .option('--no-color', 'no colour; NO_COLOR does the same')
    .addHelpText('after', EXAMPLES)
    .action((files: string[], options: LadderOptions) => {
      session.exitCode = playAll(files, options, session.terminal);
    });
}

const HELP = `Plays ladders with live TCPs in virtual time, and shows the ladder that really happened. A ladder is
written as in the figures of RFC 9293:

  title: Basic handshake
  iss: A=100 B=300

      TCP Peer A                                           TCP Peer B

  1.  CLOSED                                               LISTEN
  2.  SYN-SENT     --> <SEQ=100><CTL=SYN>              --> SYN-RECEIVED
  3.  ESTABLISHED  <-- <SEQ=300><ACK=101><CTL=SYN,ACK> <-- SYN-RECEIVED
  4.  ESTABLISHED  --> <SEQ=101><ACK=301><CTL=ACK>     --> ESTABLISHED

A row that came out otherwise is marked with ! and followed by what was expected, what happened
instead and the section of the RFC. Without FILE every ladder that ships is played. Some
of them are tables of a page of notes with mistakes, each known: <!-- differs: 3, 5 --> below a table.

Exit status: 0 all agree, 1 when one does not, 2 when a file cannot be read. Known differences are
accepted only when no FILE is named.`;

const EXAMPLES = `
Examples:
  estab ladder                                  every ladder that ships
  estab ladder --quiet ladders/rfc9293          only what differs in a folder
  estab ladder notes.md                         the tables of a Markdown document
  estab ladder --format svg mine.ladder > mine.svg
  estab ladder --pcap mine.pcapng mine.ladder   then: wireshark mine.pcapng
  estab ladder --trace - mine.ladder            why each window is what it is
  estab ladder --rerun                          also over IPv6, with other sequence numbers
`;

function playAll(files: readonly string[], options: LadderOptions, terminal: Terminal): number {
  const library = new Library(shippedLadders());
  const paths = files.length === 0 ? [shippedLadders()] : files;
  const ladders = load(paths, library, terminal);
  checkOptions(options, ladders.length);
  const results = play(ladders, options, library, terminal);
  const tables = new Set(ladders.filter(({ markdown }) => markdown).map(({ name }) => name));
  if (options.trace !== '-')
    show(results, { ...options, isTable: ({ name }) => tables.has(name) }, terminal);
  const forgiven = files.length === 0 ? results.filter(differsAsKnown) : [];
  const ok = results.every((result) => result.ok || forgiven.includes(result));
  const summary = `${summaryOf(results, forgiven, ladders.length)}\n`;
  if (options.format === 'text' && options.out === undefined && options.trace !== '-')
    terminal.write(summary);
  else terminal.error(summary);
  return ok ? EXIT.ok : EXIT.failed;
}

/** @throws Failure with everything that is wrong with any file. */
function load(paths: readonly string[], library: Library, terminal: Terminal): Ladder[] {
  const failures: string[] = [];
  const ladders: Ladder[] = [];
  const errors: LadderError[] = [];
  const sound: string[] = [];
  for (const file of paths.flatMap((path) => attempt(() => ladderFilesAt(path), failures) ?? [])) {
    const read = attempt(() => readLadders(file, () => terminal.readInput()), failures);
    if (read === undefined) continue;
    const wrong = [...read.errors, ...read.ladders.flatMap((one) => checkUse(one, library))];
    if (wrong.length === 0) sound.push(file);
    ladders.push(...read.ladders);
    errors.push(...wrong);
  }
  if (failures.length === 0 && errors.length === 0) return ladders;
  const spared = sound.length === 0 ? [] : [`so nothing was played, ${sparedText(sound)}`];
  const quoted = errors.length === 0 ? [] : [formatErrors(errors)];
  const head = errors.length === 0 && failures.length === 1 ? [] : ['not played:'];
  const message = [...head, ...quoted, ...failures.map(visible), ...spared].join('\n\n');
  throw new Failure(message, EXIT.misused);
}

/** What `read` gives, or undefined and one failure more. */
function attempt<T>(read: () => T, failures: string[]): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failures.push(error.message);
    return undefined;
  }
}

function sparedText(sound: readonly string[]): string {
  if (sound.length > MOST_NAMED) return `not even the ${sound.length} files that are sound`;
  const names = sound.map((file) => `'${visible(file)}'`).join(', ');
  return `not even what is sound: ${names}`;
}

const MOST_NAMED = 3; // files

function checkOptions(
  { format, out, pcap, trace, rerun: again }: LadderOptions,
  count: number,
): void {
  if (format === 'svg' && count > 1 && out === undefined) {
    const message = `${count} ladders make ${count} SVG documents: say where with --out DIR`;
    throw new Failure(message, EXIT.misused);
  }
  if (again === true && (pcap !== undefined || out !== undefined || trace !== undefined)) {
    const which = pcap !== undefined ? '--pcap' : trace !== undefined ? '--trace' : '--out';
    throw new Failure(`${which} and --rerun do not go together: leave one out`, EXIT.misused);
  }
}

function play(
  ladders: readonly Ladder[],
  options: LadderOptions,
  library: Library,
  terminal: Terminal,
): LadderResult[] {
  const capture = options.pcap === undefined ? undefined : new LadderCapture(options.pcap);
  const trace =
    options.trace === undefined
      ? undefined
      : new TraceFile(options.trace, titleOf(ladders), (text) => terminal.write(text));
  const tracer = trace && ((side: 'A' | 'B'): HostObserver => trace.lines.observer(side));
  const settings = { family: options.ip === '6' ? 6 : 4, library } as const;
  const results = ladders.flatMap((ladder, i) => {
    if (i % PROGRESS_EVERY === 0) terminal.progress(`${i} of ${ladders.length} ladders`);
    const plain = runPlain(ladder, { ...settings, observer: capture?.begin(ladder), tracer });
    return options.rerun === true ? [plain, ...rerun(ladder, settings)] : [plain];
  });
  capture?.close();
  trace?.close();
  return results;
}

const titleOf = ([first, ...more]: readonly Ladder[]): string =>
  first === undefined || more.length > 0 ? `${more.length + 1} ladders` : first.title;

const PROGRESS_EVERY = 10; // ladders, some milliseconds each

interface Showing extends LadderOptions {
  readonly isTable: (result: LadderResult) => boolean;
}

function show(results: readonly LadderResult[], showing: Showing, terminal: Terminal): void {
  const { format, out, isTable, quiet } = showing;
  const shown =
    showing.rerun === true
      ? results.filter((result) => !result.ok && !repeats(result, results))
      : results.filter((result) => quiet !== true || !result.ok);
  if (out !== undefined) {
    for (const path of writeFiles(out, shown, format, isTable)) terminal.write(`${path}\n`);
  } else if (format === 'json') {
    terminal.write(renderJson(shown));
  } else {
    const color = terminal.color(showing.color);
    for (const result of shown) {
      terminal.write(
        `${renderOne(result, format, { color, table: isTable(result) })}${GAP[format]}`,
      );
    }
  }
}

const GAP = { text: '\n', markdown: '\n', svg: '' } as const;

/** A rerun that differs as the plain run did has nothing new to say. */
const repeats = (result: LadderResult, results: readonly LadderResult[]): boolean =>
  result.variant !== '' &&
  results.some(
    (plain) => plain.variant === '' && plain.name === result.name && sameOutcome(plain, result),
  );

/** `16 ladders: 11 as written, 5 differ: …`. */
function summaryOf(
  results: readonly LadderResult[],
  forgiven: readonly LadderResult[],
  ladders: number,
): string {
  const many = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
  const wrong = results.filter((result) => !result.ok && !forgiven.includes(result));
  const runs = results.length === ladders ? '' : ` in ${many(results.length, 'run')}`;
  const head = `${many(ladders, 'ladder')}${runs}`;
  const aside =
    forgiven.length === 0 ? '' : `, ${forgiven.length} of them but for differences that are known`;
  if (wrong.length === 0) return `${head}: ${results.length === 1 ? '' : 'all '}as written${aside}`;
  const names = [...new Set(wrong.map(({ name }) => name))];
  const verb = wrong.length === 1 ? 'differs' : 'differ';
  return [
    `${head}: ${results.length - wrong.length} as written${aside}, ${wrong.length} ${verb}:`,
    ...names.map((name) => `  ${visible(name)}`),
  ].join('\n');
}
