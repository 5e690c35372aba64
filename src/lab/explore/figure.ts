/**
 * A trace of a small world as a ladder (docs/ladders.md). Each end has a clock of its own, so rows have
 * no times; what a timer sends says so in a comment.
 */
import { aligned, arrows, NOTHING, type FigureRow } from '../ladder/figure.ts';
import type { Passage } from '../ladder/ast.ts';
import type { Entry, Journal } from './journal.ts';
import type { Plan } from './plan.ts';

export interface LadderOf {
  readonly plan: Plan;
  readonly profile: string;
  readonly journal: Journal;
  /** What was violated; undefined: nothing. */
  readonly what: string | undefined;
  /** Entries of the trace itself; what follows is fair play. */
  readonly searched: number;
}

/** The whole file. */
export function ladderText({ plan, profile, journal, what, searched }: LadderOf): string {
  const { rows, quietAt } = rowsOf(plan, journal.entries, searched);
  const numbered = rows.map((row, i) => ({ ...row, label: `${i + 1}.` }));
  const lines = aligned(numbered, false);
  if (quietAt > 0 && quietAt < rows.length) lines.splice(2 + quietAt, 0, QUIET);
  return [
    `title: ${what === undefined ? plan.title : `${plan.name}: ${what}`}`,
    `iss: A=${plan.A.iss} B=${plan.B.iss}`,
    ...optionLines(plan, profile),
    '',
    ...lines,
    ...(what === undefined ? [] : ['', `# violated: ${what}`]),
    '',
  ].join('\n');
}

const QUIET = '# from here on nothing is lost, and both users close';

function optionLines(plan: Plan, profile: string): string[] {
  return (['A', 'B'] as const).map((side) => {
    const settings = Object.entries(plan[side].tcp ?? {}).map(
      ([name, value]) => `${name}=${value}`,
    );
    return `option: ${side} ${[...(profile === 'rfc' ? [] : [`profile=${profile}`]), ...settings].join(' ')}`;
  });
}

/** And before which of them fair play begins. */
function rowsOf(
  plan: Plan,
  entries: readonly Entry[],
  searched: number,
): { readonly rows: FigureRow[]; readonly quietAt: number } {
  const rows = [begins(plan)];
  let cause = '';
  let quietAt = -1;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!;
    if (i >= searched && quietAt < 0) quietAt = rows.length;
    if (isFirstListen(plan, entries, i)) continue;
    const next = entries[i + 1];
    switch (entry.kind) {
      case 'call':
        cause = `(${spelled(entry.call)})`;
        if (next?.kind === 'departs' && next.end === entry.end) break; // in the row of its segment
        rows.push(alone(entry.end, `${cause} ${entry.state}`, ''));
        cause = '';
        break;
      case 'timer':
        cause = next?.kind === 'departs' ? `# ${entry.because}` : '';
        if (cause === '') rows.push(alone(entry.end, entry.state, entry.because));
        break;
      case 'departs': {
        const arrival = sameFlight(entry, next);
        rows.push(passage(entry, arrival, cause));
        if (arrival !== undefined) i++;
        cause = '';
        break;
      }
      default:
        rows.push(passage(undefined, entry, ''));
        cause = '';
    }
  }
  return { rows, quietAt };
}

/** The first row says LISTEN already. */
function isFirstListen(plan: Plan, entries: readonly Entry[], at: number): boolean {
  const entry = entries[at]!;
  if (entry.kind !== 'call' || entry.call !== 'listen') return false;
  if (!plan[entry.end === 0 ? 'A' : 'B'].first.includes('listen')) return false;
  return entries.findIndex(({ kind, end }) => kind === 'call' && end === entry.end) === at;
}

type Moved = Extract<Entry, { readonly id: number }>;

/** What becomes of a segment right after its departure. */
function sameFlight(departed: Moved, next: Entry | undefined): Moved | undefined {
  if (next === undefined || !('id' in next) || next.id !== departed.id) return undefined;
  return next.kind === 'arrives' || next.kind === 'lost' ? next : undefined;
}

function passage(
  departed: Moved | undefined,
  arrived: Moved | undefined,
  cause: string,
): FigureRow {
  const sender = departed === undefined ? (arrived?.end === 0 ? 1 : 0) : departed.end;
  const way: Passage = {
    from: sender === 0 ? 'A' : 'B',
    departs: departed !== undefined,
    arrives: arrived !== undefined && arrived.kind !== 'lost',
    lost: arrived?.kind === 'lost',
  };
  const [lead, trail] = arrows(way, false);
  const call = cause.startsWith('(') ? `${cause} ` : '';
  const near =
    departed === undefined
      ? arrived?.kind === 'again'
        ? '(duplicate)'
        : ''
      : `${call}${departed.state}`;
  const read = arrived === undefined || arrived.read === 0 ? '' : `(receive ${arrived.read}) `;
  const far = way.arrives && arrived !== undefined ? `${read}${arrived.state}` : '';
  return {
    ...NOTHING,
    left: sender === 0 ? near : far,
    lead,
    segment: (departed ?? arrived)?.segment ?? '',
    trail,
    right: sender === 0 ? far : near,
    comment: cause.startsWith('#') ? cause.slice(2) : '',
  };
}

const begins = ({ A, B }: Plan): FigureRow => ({
  ...NOTHING,
  left: A.first.includes('listen') ? 'LISTEN' : 'CLOSED',
  right: B.first.includes('listen') ? 'LISTEN' : 'CLOSED',
});

const alone = (end: 0 | 1, cell: string, comment: string): FigureRow => ({
  ...NOTHING,
  left: end === 0 ? cell : '',
  right: end === 1 ? cell : '',
  comment,
});

const spelled = (call: string): string => (call.startsWith('send') ? `${call} push` : call);
