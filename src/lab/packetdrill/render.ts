/** Outcomes as text and as JSON. A failure shows the script's line, both packets and the ladder around it. */
import { jsonLadder, type JsonLadder } from '../ladder/render-json.ts';
import { renderText } from '../ladder/render-text.ts';
import { visible } from '../ladder/visible.ts';
import type { Carrier, ScriptOutcome, Status } from './result.ts';

const CARRIED: Readonly<Record<Carrier, string>> = {
  '4': 'IPv4',
  '6': 'IPv6',
  '4in6': 'IPv4 in IPv6 sockets',
};

/** Passed, and with PSH where the script has it, too. */
export const passedStrictly = ({ status, pushes }: ScriptOutcome): boolean =>
  status === 'passed' && pushes.length === 0;

export function renderOutcome(outcome: ScriptOutcome, options: { color?: boolean } = {}): string {
  const { file, carrier, status, line, message, source, expected, actual, ladder } = outcome;
  if (status === 'unreadable') return `${message}\n`; // which says where
  const where = line === 0 ? file : `${file}:${line}`;
  const head = `${status} ${where} (${CARRIED[carrier]})`;
  const said = message === '' ? '' : `: ${message}`;
  const lines = [visible(`${head}${said}`)];
  const quoted = source.split('\n').map((part) => part.trim());
  if (status === 'failed') {
    lines.push(
      ...quoted.map((part, i) => visible(`${i === 0 ? '  script:   ' : '            '}${part}`)),
    );
  }
  if (expected !== undefined) lines.push(visible(`  expected: ${expected}`));
  if (actual !== undefined) lines.push(visible(`  actual:   ${actual}`));
  lines.push(...outcome.printed.map((text) => visible(`  printed:  ${text}`)));
  lines.push(...pushLines(outcome));
  if (ladder !== undefined) {
    const figure = renderText(ladder, { bare: true, color: options.color === true });
    lines.push(
      '',
      ...figure
        .trimEnd()
        .split('\n')
        .map((text) => `  ${text}`.trimEnd()),
    );
  }
  return `${lines.join('\n')}\n`;
}

function pushLines({ pushes }: ScriptOutcome): string[] {
  if (pushes.length === 0) return [];
  const [first] = pushes;
  const where = pushes.length === 1 ? `line ${first}` : `lines ${pushes.join(', ')}`;
  return [`  PSH is not as in ${where}, which --strict-psh would not forgive`];
}

/** One outcome, every key always there; what is absent is null. */
export interface JsonOutcome {
  readonly file: string;
  readonly carrier: Carrier;
  readonly status: Status;
  readonly strict: boolean; //        passed, and PSH was as the script has it
  readonly line: number | null; //    from 1
  readonly message: string;
  readonly source: string;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly pushes: readonly number[];
  readonly printed: readonly string[];
  readonly ladder: JsonLadder | null;
}

export const jsonOutcome = (outcome: ScriptOutcome): JsonOutcome => ({
  file: outcome.file,
  carrier: outcome.carrier,
  status: outcome.status,
  strict: passedStrictly(outcome),
  line: outcome.line === 0 ? null : outcome.line,
  message: outcome.message,
  source: outcome.source,
  expected: outcome.expected ?? null,
  actual: outcome.actual ?? null,
  pushes: outcome.pushes,
  printed: outcome.printed,
  ladder: outcome.ladder === undefined ? null : jsonLadder(outcome.ladder),
});
