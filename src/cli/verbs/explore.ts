/** `estab explore`: searches small worlds for whatever must never happen. */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { Option, type Command } from 'commander';
import { Exploration } from '../../lab/explore/exploration.ts';
import { parseReport } from '../../lab/explore/parse-report.ts';
import { planNamed, PLANS, type Plan } from '../../lab/explore/plan.ts';
import { mergeReports, type Report } from '../../lab/explore/report.ts';
import type { Shard } from '../../lab/explore/search.ts';
import { PROFILE_NAMES, type ProfileName } from '../../tcp/options.ts';
import { summaryOf } from '../explore/summary.ts';
import { EXIT, Failure, fileFailure } from '../failure.ts';
import { paragraphs } from '../help.ts';
import { seedArgument } from '../netem/settings.ts';
import { countIn, misuse, timeIn } from '../netem/units.ts';
import type { Session, Terminal } from '../terminal.ts';

interface ExploreOptions {
  readonly depth?: number;
  readonly walks?: number;
  readonly budget?: number;
  readonly seed: number;
  readonly profile: string;
  readonly world?: readonly Plan[];
  readonly shard?: Shard;
  readonly json?: boolean;
  readonly merge?: readonly string[];
}

export function addExplore(program: Command, session: Session): void {
  program
    .command('explore')
    .summary('search small worlds for what must never happen, to a depth, then at random')
    .description(paragraphs(HELP))
    .helpOption('-h, --help', 'print this help')
    .option('--depth <N>', 'what goes wrong at most; default: as much as there is time for', depth)
    .option('--walks <N>', 'random walks in each world; default: as long as there is time', walks)
    .option(
      '--budget <TIME>',
      'of searching and walking; default: 60s, unless both are given',
      time,
    )
    .option('--seed <N>', 'of the random walks', seedArgument, 1)
    .addOption(
      new Option('--profile <NAME>', 'how the TCPs are set').choices(PROFILE_NAMES).default('rfc'),
    )
    .option('--world <NAME>', `${names(PLANS)}; several with commas`, worlds)
    .option('--shard <I/N>', 'search the I-th of N parts: 1/4, 2/4, ...', shardArgument)
    .option('--json', 'print a report that can be merged')
    .option('--merge <FILE...>', 'make one report of those of several shards')
    .addHelpText('after', EXAMPLES)
    .action((options: ExploreOptions) => {
      const { terminal } = session;
      const { merge } = options;
      const report = merge === undefined ? explore(options, terminal) : merged(merge);
      if (options.json === true) terminal.write(`${JSON.stringify(report)}\n`);
      else terminal.write(summaryOf(report));
      session.exitCode = report.violations.length === 0 ? EXIT.ok : EXIT.failed;
    });
}

const HELP = `Two connections, the segments between them, and users who open, send a few octets and close. In
these small worlds every segment may arrive, be lost, arrive twice or after others, every timer may
fire, and users may call at any time; some worlds have users who abort, or hosts that crash and reboot.

First all states without a fault are visited, then all with one, and so on: --depth counts faults. A
fault is a loss, a duplicate, an arrival out of order, a timer that fires too early, an abort, a
crash. A state that was seen before is not followed again. Then random walks go further.

After every step: SND.UNA =< SND.NXT; the right window edge never moves left; no octet is delivered
twice, wrong or out of order; the end is told after all text; a reset is not answered; and once the
network is quiet few segments follow and both ends come to CLOSED.

What does not hold is printed as a ladder with nothing in it that it does not need.

Exit status: 0 all holds, 1 something does not, 2 wrong arguments or a report that cannot be read.`;

const EXAMPLES = `
Examples:
  estab explore --budget 60s
  estab explore --depth 1 --walks 0 --world open-close,abort
  estab explore --profile linux --budget 10s --seed 7
  estab explore --shard 3/16 --budget 1h --json > part-3.json
  estab explore --merge part-*.json

Worlds:
${PLANS.map(({ name, title }) => `  ${name.padEnd(15)} ${title}`).join('\n')}
`;

const names = (plans: readonly Plan[]): string => plans.map(({ name }) => name).join(', ');
const depth = (text: string): number => countIn('--depth', text);
const walks = (text: string): number => countIn('--walks', text);

const UNITS = { m: 60_000, min: 60_000, h: 3_600_000 } as const;

/** Milliseconds; beside seconds also minutes and hours. */
function time(text: string): number {
  const [, digits = '', unit = ''] = /^([0-9]+)(m|min|h)$/.exec(text) ?? [];
  if (unit === 'm' || unit === 'min' || unit === 'h') return Number(digits) * UNITS[unit];
  return timeIn('--budget', text);
}

function worlds(text: string): readonly Plan[] {
  return text.split(',').map((name) => {
    const plan = planNamed(name.trim());
    if (plan !== undefined) return plan;
    throw misuse('--world', name, `take one of ${names(PLANS)}`);
  });
}

function shardArgument(text: string): Shard {
  const [, i = '', n = ''] = /^([0-9]{1,6})\/([0-9]{1,6})$/.exec(text) ?? [];
  const shard = { index: Number(i) - 1, of: Number(n) };
  if (i !== '' && shard.index >= 0 && shard.index < shard.of) return shard;
  throw misuse('--shard', text, 'give a part and their number, such as 1/4');
}

const DEFAULT_BUDGET = 60_000; // ms
const FOR_THE_SEARCH = 2 / 3; // of the budget; walks have the rest
const AT_ONCE = 50; // states
const REFRESH = 200; // ms

function explore(options: ExploreOptions, terminal: Terminal): Report {
  const { depth: deepest, walks: most, budget, seed, world = PLANS, shard } = options;
  const profile = profileNamed(options.profile);
  const begun = performance.now();
  const bounded = deepest !== undefined && most !== undefined;
  const limit = budget ?? (bounded ? Infinity : DEFAULT_BUDGET);
  const exploration = new Exploration({
    plans: world,
    profile,
    depth: deepest ?? Infinity,
    seed,
    ...(shard === undefined ? {} : { shard }),
  });
  let said = begun;
  const spent = (): number => {
    const now = performance.now();
    if (now - said >= REFRESH) {
      said = now;
      terminal.progress(progressOf(exploration, now - begun));
    }
    return now - begun;
  };
  const searchUntil = most === 0 ? limit : limit * FOR_THE_SEARCH;
  while (spent() < searchUntil && exploration.search(AT_ONCE));
  const walksInAll = (most ?? Infinity) * world.length;
  for (let walked = 0; walked < walksInAll && spent() < limit; walked++) {
    if (!exploration.walk()) break;
  }
  const seconds = (performance.now() - begun) / 1000;
  const rate = Math.round(exploration.states / seconds);
  terminal.error(`${exploration.states} states in ${seconds.toFixed(1)} s, ${rate} per second\n`);
  return exploration.report(Number(seconds.toFixed(3)));
}

function progressOf(exploration: Exploration, ms: number): string {
  const { states, progress, violations } = exploration;
  const rate = Math.round(states / (ms / 1000));
  const found = violations.length === 0 ? '' : `, ${violations.length} violated`;
  return `${states} states, ${rate} per second, ${progress.plan} with ${progress.depth} faults${found}`;
}

function profileNamed(text: string): ProfileName {
  const found = PROFILE_NAMES.find((name) => name === text);
  if (found !== undefined) return found;
  throw misuse('--profile', text, `take one of ${PROFILE_NAMES.join(', ')}`);
}

function merged(files: readonly string[]): Report {
  const reports = files.map((file) => {
    const report = parseReport(textOf(file));
    if (typeof report !== 'string') return report;
    throw new Failure(`cannot read '${file}': ${report}`, EXIT.misused);
  });
  const report = mergeReports(reports);
  if (typeof report !== 'string') return report;
  throw new Failure(`these reports cannot be merged: ${report}`, EXIT.misused);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw fileFailure('read the report', file, error);
  }
}
