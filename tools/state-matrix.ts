/**
 * Writes docs/state-matrix.md: what happens to each kind of segment in each state, as the oracle of
 * test/oracle says it; test/matrix shows that the stack does the same. `npm run docs:matrix`.
 */
import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import {
  ALL_KINDS,
  ALL_PLACES,
  ALL_STATES,
  CELLS,
  expected,
  TEXT,
  variablesIn,
  type Cell,
  type Kind,
  type Place,
} from '../test/matrix/cells.ts';
import type { Outcome, State, Variables } from '../test/oracle/variables.ts';

export const PAGE = 'docs/state-matrix.md';

const ISS = 100; // ours
const IRS = 300; // the peer's
const RFC = 'RFC 9293 ';

const HEAD = `# The state matrix

What happens when a segment arrives: ${ALL_STATES.length} states, ${ALL_KINDS.length} kinds of segment, ${ALL_PLACES.length} places in the window, with text
and without, ${CELLS.length} cells in all. The page is written by \`npm run docs:matrix\` from
[the oracle](../test/oracle/segment-arrives.ts), RFC 9293 §3.10.7 with RFC 5961 and RFC 1337 written a second time
without any code of the stack's; [the test](../test/matrix/matrix.test.ts) plays every cell over IPv4 and IPv6 and with
four initial sequence numbers against a host, and compares state, answer, signals and the 2 MSL of TIME-WAIT.

Each state is reached by legal segments, without text: \`SYN-RECEIVED\` from \`LISTEN\`, and where our FIN is sent it is
unacknowledged in \`FIN-WAIT-1\`, \`CLOSING\` and \`LAST-ACK\`. SEG.ACK is SND.NXT, so an ACK acknowledges all that was
sent. Text is ${TEXT} octets. The places of SEG.SEQ:

- left of: RCV.NXT-1, so that of text all but the first octet is new;
- at left edge: RCV.NXT;
- at right edge: RCV.NXT+RCV.WND-1, the last octet of the window;
- right of: RCV.NXT+RCV.WND.

Where nothing of the peer is known yet, the places are those of a window that begins with its SYN. In a cell stand
what is answered (\`—\` for nothing), the state it leads to if that is another, what the user is told in quotes,
and the section. "ACK*" is an acknowledgment within the budget of RFC 5961 §7, and "ACK, soon" may wait as long as
§3.8.6.3 allows. Sections are those of RFC 9293 unless another is named; where this stack departs from the letter,
[conformance.md](conformance.md) says why. A cell that is the same with text and without is written once.
`;

const ANSWERS: Readonly<Record<Outcome['answer']['kind'], string>> = {
  nothing: '—',
  ack: 'ACK',
  challenge: 'ACK*',
  owed: 'ACK, soon',
  reset: 'RST',
  'syn-ack': 'SYN,ACK',
};

function words(tcb: Variables, want: Outcome): string {
  const { answer, state, told, waits, section } = want;
  const resets = answer.kind === 'reset' && answer.ack !== undefined ? 'RST,ACK' : undefined;
  const leads = state === tcb.state ? '' : ` → ${state}`;
  const quoted = told.map((word) => `"${word}"`).join(', ');
  const restarts = waits && state === tcb.state ? '2 MSL again' : '';
  const rest = [quoted, restarts].filter((part) => part !== '').join('; ');
  const first = `${resets ?? ANSWERS[answer.kind]}${leads}`;
  return `${first}${rest === '' ? '' : `; ${rest}`} (${section.replace('§3.10.7.', '.')})`;
}

function cellOf(state: State, kind: Kind, place: Place, text: number): string {
  const cell: Cell = { state, kind, place, text };
  const tcb = variablesIn(state, ISS, IRS);
  return words(tcb, expected(cell, tcb));
}

/** Alike with text and without: once. */
function both(state: State, kind: Kind, place: Place): string {
  const without = cellOf(state, kind, place, 0);
  const with3 = cellOf(state, kind, place, TEXT);
  return without === with3 ? without : `${without}; with text: ${with3}`;
}

function rowOf(state: State, kind: Kind): string {
  const cells = ALL_PLACES.map((place) => both(state, kind, place));
  return `| ${[kind, ...cells].join(' | ')} |`;
}

function tableOf(state: State): string {
  const head = ['', ...ALL_PLACES].join(' | ');
  const rule = ['', ...ALL_PLACES].map(() => '---').join(' | ');
  const rows = ALL_KINDS.map((kind) => rowOf(state, kind));
  return [`## ${state}`, '', `| ${head} |`, `| ${rule} |`, ...rows].join('\n');
}

export function statePage(): string {
  const sections = `In the tables \`.4 first\` is short for ${RFC}§3.10.7.4, first check.\n`;
  return [HEAD, sections, ...ALL_STATES.map((state) => `${tableOf(state)}\n`)].join('\n');
}

/** As prettier would have it. */
export async function formatted(): Promise<string> {
  const { format, resolveConfig } = await import('prettier');
  return format(statePage(), { ...(await resolveConfig(PAGE)), parser: 'markdown' });
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGE, await formatted());
  console.log(`wrote ${PAGE}`);
}
