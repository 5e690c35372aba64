/** `estab packetdrill`: plays the scripts of packetdrill in virtual time. */
import { availableParallelism } from 'node:os';
import { Option, type Command } from 'commander';
import { playScript, type PlayOptions } from '../../lab/packetdrill/play.ts';
import { CARRIERS, type Carrier, type ScriptOutcome } from '../../lab/packetdrill/result.ts';
import { jsonOutcome, renderOutcome, type JsonOutcome } from '../../lab/packetdrill/render.ts';
import { PROFILE_NAMES, type ProfileName } from '../../tcp/options.ts';
import { EXIT, Failure } from '../failure.ts';
import { paragraphs } from '../help.ts';
import { playInParallel, processesFor } from '../packetdrill/parallel.ts';
import { scoreTable } from '../packetdrill/score.ts';
import { readScript, scriptFilesAt } from '../packetdrill/scripts.ts';
import type { Session, Terminal } from '../terminal.ts';

interface PacketdrillOptions {
  readonly ip: readonly Carrier[];
  readonly profile: ProfileName;
  readonly strictPsh?: boolean;
  readonly define: readonly string[];
  readonly json?: boolean;
  readonly score?: boolean;
  readonly ladder?: boolean;
  readonly quiet?: boolean;
  readonly jobs: number;
  readonly color?: boolean;
}

export function addPacketdrill(program: Command, session: Session): void {
  program
    .command('packetdrill')
    .summary("play packetdrill's scripts in virtual time, without a kernel and without root")
    .description(paragraphs(HELP))
    .helpOption('-h, --help', 'print this help')
    .argument('<FILE...>', '.pkt, or a folder with such files')
    .addOption(
      new Option('--ip <VERSIONS>', '4, 6 and 4in6, with commas between: over what the scripts run')
        .default(['4'], '4')
        .argParser(carriersOf),
    )
    .addOption(
      new Option('--profile <NAME>', 'what the host is like before the script changes it')
        .choices(PROFILE_NAMES)
        .default('linux'),
    )
    .option('--strict-psh', 'fail where PSH is not as the script has it, too')
    .option(
      '-D, --define <NAME=VALUE>',
      'a value for a name of the script; may be repeated',
      (text: string, all: string[]) => [...all, text],
      [],
    )
    .option('--json', 'print an array with an object for each run')
    .option('--score', 'print how many passed, by folder, instead of each failure')
    .option('--ladder', 'show the ladder of every run, from its beginning')
    .option('-q, --quiet', 'show no scripts that are unsupported')
    .addOption(
      new Option('--jobs <N>', 'processes that play, for many scripts')
        .default(availableParallelism(), 'as many as there are processors')
        .argParser(jobsOf),
    )
    .option('--color', 'colour, also when the output is no terminal')
    .option('--no-color', 'no colour; NO_COLOR does the same')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], options: PacketdrillOptions) => {
      session.exitCode = await playAll(files, options, session.terminal);
    });
}

const HELP = `Plays scripts in the language of packetdrill against our own TCP, in virtual time: a script that takes
a minute takes milliseconds, and the same script does the same every time. What the peer sends is injected, what
leaves is compared, system calls are carried out, and calls that block do:

   0    socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
  +0    bind(3, ..., ...) = 0
  +0    listen(3, 1) = 0
  +0    < S 0:0(0) win 1000 <mss 1000>
  +0    > S. 0:0(0) ack 1 <mss 1460>
  +.1   < . 1:1(0) ack 1 win 1000
  +0    accept(3, ..., ...) = 4
  +0    write(4, ..., 500) = 500
  +0    > P. 1:501(500) ack 1

Each run ends as passed, as failed, with the line, what was expected, what left instead and the ladder around it, or
as unsupported, with the name of what is missing. Commands in back-quotes are not executed: sysctl, tc and ip route set
what they would set in a kernel. docs/packetdrill.md lists the language.

PSH is a habit, and no matter of RFC 9293: where it differs a run passes with a remark, unless --strict-psh is given.

Exit status: 0 all passed, 1 when one failed, 2 when one is unsupported or cannot be read. A script for the other
version of IP counts as nothing.`;

const EXAMPLES = `
Examples:
  estab packetdrill handshake.pkt               does TCP do what this script says?
  estab packetdrill --ip 4,6 gtests/net/tcp     every script of a folder, over both versions of IP
  estab packetdrill --score --ip 4,6 gtests     how many pass, by folder
  estab packetdrill --ladder handshake.pkt      the whole conversation as a ladder
  estab packetdrill --profile freebsd bsd.pkt   as FreeBSD would begin
  estab packetdrill -D COOKIE=0102030405060708 fastopen.pkt
`;

function carriersOf(text: string): Carrier[] {
  return text.split(',').map((word) => {
    const carrier = CARRIERS.find((one) => one === word);
    if (carrier !== undefined) return carrier;
    const advice = `give ${CARRIERS.join(', ')}, or some of them with commas between`;
    throw new Failure(`--ip is '${text}': ${advice}`, EXIT.misused);
  });
}

function jobsOf(text: string): number {
  if (/^[1-9][0-9]{0,2}$/.test(text)) return Number(text);
  throw new Failure(`--jobs is '${text}': give a number from 1 to 999`, EXIT.misused);
}

async function playAll(
  paths: readonly string[],
  options: PacketdrillOptions,
  terminal: Terminal,
): Promise<number> {
  const files = paths.flatMap(scriptFilesAt);
  const processes = processesFor(files.length * options.ip.length, options.jobs);
  const progress = (played: number): void =>
    terminal.progress(`${played} of ${files.length} scripts`);
  progress(0);
  const shows = new Shows(options, terminal);
  if (processes > 1) {
    const args = workerArguments(options);
    shows.all(await playInParallel(files, args, processes, progress));
  } else {
    files.forEach((file, i) => {
      if (i % PROGRESS_EVERY === 0) progress(i);
      for (const carrier of options.ip) shows.one(play(file, carrier, options));
    });
  }
  return shows.end();
}

const PROGRESS_EVERY = 10; // scripts, some milliseconds each

function play(file: string, carrier: Carrier, options: PacketdrillOptions): ScriptOutcome {
  const how: PlayOptions = {
    carrier,
    profile: options.profile,
    strictPush: options.strictPsh === true,
    whole: options.ladder === true,
    definitions: Object.fromEntries(options.define.map(definitionOf)),
  };
  return playScript(readScript(file), file, how);
}

function definitionOf(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new Failure(`-D is '${text}': give NAME=VALUE`, EXIT.misused);
}

function workerArguments(options: PacketdrillOptions): string[] {
  return [
    ...['--ip', options.ip.join(','), '--profile', options.profile],
    ...(options.strictPsh === true ? ['--strict-psh'] : []),
    ...(options.ladder === true ? ['--ladder'] : []),
    ...options.define.flatMap((text) => ['-D', text]),
  ];
}

/** Shows outcomes as they come, or all at the end. */
class Shows {
  readonly #options: PacketdrillOptions;
  readonly #terminal: Terminal;
  readonly #seen: JsonOutcome[] = [];

  constructor(options: PacketdrillOptions, terminal: Terminal) {
    this.#options = options;
    this.#terminal = terminal;
  }

  one(outcome: ScriptOutcome): void {
    this.#seen.push(jsonOutcome(outcome));
    this.#show(outcome);
  }

  all(outcomes: readonly JsonOutcome[]): void {
    for (const outcome of outcomes) {
      this.#seen.push(outcome);
      this.#show(outcomeOf(outcome));
    }
  }

  #show(outcome: ScriptOutcome): void {
    const { json, score, quiet, color } = this.#options;
    if (json === true || score === true) return;
    const { status, printed, pushes, ladder } = outcome;
    if (status === 'unreadable') {
      this.#terminal.error(`${renderOutcome(outcome)}\n`);
      return;
    }
    if (quiet === true && status === 'unsupported') return;
    const dull = printed.length === 0 && pushes.length === 0 && ladder === undefined;
    if (dull && (status === 'passed' || status === 'other-family')) return;
    const painted = { color: this.#terminal.color(color) };
    this.#terminal.write(`${renderOutcome(outcome, painted)}\n`);
  }

  end(): number {
    const { json, score, ip } = this.#options;
    const seen = this.#seen;
    if (json === true) this.#terminal.write(`${JSON.stringify(seen, null, 2)}\n`);
    else if (score === true) this.#terminal.write(scoreTable(seen, ip));
    if (json !== true) this.#terminal.write(`${summaryOf(seen)}\n`);
    if (seen.some(({ status }) => status === 'failed')) return EXIT.failed;
    const missing = seen.some(({ status }) => status === 'unsupported' || status === 'unreadable');
    return missing ? EXIT.misused : EXIT.ok;
  }
}

/** What a worker found; its ladder is text enough. */
const outcomeOf = (json: JsonOutcome): ScriptOutcome => ({
  ...json,
  line: json.line ?? 0,
  expected: json.expected ?? undefined,
  actual: json.actual ?? undefined,
  ladder: undefined,
});

/** `3 scripts in 6 runs: 4 passed, 1 of them with another PSH, 1 failed, 1 unsupported`. */
function summaryOf(outcomes: readonly JsonOutcome[]): string {
  const counted = outcomes.filter(({ status }) => status !== 'other-family');
  const count = (wanted: string): number =>
    counted.filter(({ status }) => status === wanted).length;
  const scripts = new Set(outcomes.map(({ file }) => file)).size;
  const runs = counted.length === scripts ? '' : ` in ${many(counted.length, 'run')}`;
  const loose = counted.filter(({ status, strict }) => status === 'passed' && !strict).length;
  const parts = [`${count('passed')} passed`];
  if (loose > 0) parts.push(`${loose} of them with another PSH`);
  for (const status of ['failed', 'unsupported', 'unreadable']) {
    if (count(status) > 0) parts.push(`${count(status)} ${status}`);
  }
  return `${many(scripts, 'script')}${runs}: ${parts.join(', ')}`;
}

const many = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
