/** The lines before the rows: `title: …`, `iss: A=100 B=300`, `option: A mss=1000`, `strict`. */
import type { Let, Setting, Side } from './ast.ts';
import { placeOf, textOf, trimmed, type Complaints, type SourceLine, type Span } from './source.ts';
import { unknown } from './spelling.ts';
import { U32, integerIn, settingValueIn } from './value.ts';

/** What the header has said so far. */
export interface Header {
  title: string;
  cite: string | undefined;
  readonly notes: string[];
  readonly requirements: string[];
  readonly iss: { readonly A: number[]; readonly B: number[] };
  readonly lets: Let[];
  use: { readonly name: string; readonly place: Setting['place'] } | undefined;
  scripted: Side | undefined;
  readonly options: (Setting & { readonly side: Side })[];
  readonly network: Setting[];
  strict: boolean;
  family: 4 | 6 | 'both';
  shiftOff: string | undefined;
  readonly seen: Set<string>;
}

export const newHeader = (): Header => ({
  title: '',
  cite: undefined,
  notes: [],
  requirements: [],
  iss: { A: [], B: [] },
  lets: [],
  use: undefined,
  scripted: undefined,
  options: [],
  network: [],
  strict: false,
  family: 'both',
  shiftOff: undefined,
  seen: new Set(),
});

type Reader = (header: Header, value: Span, complaints: Complaints) => void;

const FREE_TEXT: readonly string[] = ['title', 'cite', 'note', 'shift']; // `#` is text there
const REPEATABLE: readonly string[] = ['note', 'requirements', 'let', 'option', 'network'];

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['title', (header, value) => void (header.title = textOf(value))],
  ['cite', (header, value) => void (header.cite = textOf(value))],
  ['note', (header, value) => void header.notes.push(textOf(value))],
  ['requirements', readRequirements],
  ['iss', readIss],
  ['let', readLet],
  ['use', readUse],
  ['peer', readPeer],
  ['option', readOption],
  ['network', readNetwork],
  ['family', readFamily],
  ['shift', readShift],
  ['strict', (_, value, complaints) => complaints.add(value, "'strict' stands alone on its line")],
]);

const KEY = /^\s*(?:([A-Za-z][A-Za-z-]+):|(strict)\s*(?:#.*)?$)/;

export const isHeaderLine = (line: SourceLine): boolean => KEY.test(line.text);

/** Reads one header line into `header`. */
export function parseHeaderLine(line: SourceLine, header: Header, complaints: Complaints): void {
  const found = KEY.exec(line.text);
  if (found === null) return;
  if (found[2] !== undefined) {
    header.strict = true;
    return;
  }
  const key = found[1] ?? '';
  const at = found[0].length;
  const keySpan = { line, start: at - key.length - 1, end: at - 1 };
  const reader = READERS.get(key);
  if (reader === undefined) {
    complaints.add(keySpan, unknown('header line', key, [...READERS.keys()]));
    return;
  }
  if (header.seen.has(key) && !REPEATABLE.includes(key)) {
    complaints.add(keySpan, `'${key}:' is there twice`);
  }
  header.seen.add(key);
  const value = valueSpan(line, at, key);
  if (value.end === value.start) complaints.add(value, `expected something after '${key}:'`);
  else reader(header, value, complaints);
}

function valueSpan(line: SourceLine, start: number, key: string): Span {
  const rest = line.text.slice(start);
  const comment = FREE_TEXT.includes(key) ? -1 : rest.search(/(?:^|\s)#/);
  return trimmed({ line, start, end: comment < 0 ? line.text.length : start + comment });
}

/** The words of `span`, separated by white space. */
function wordsOf(span: Span): Span[] {
  return [...textOf(span).matchAll(/\S+/g)].map((found) => {
    const start = span.start + found.index;
    return { line: span.line, start, end: start + found[0].length };
  });
}

/** `key=value` as two spans. */
function pairOf(
  word: Span,
  example: string,
  complaints: Complaints,
): { readonly key: string; readonly value: Span } | undefined {
  const [, key, value] = /^([A-Za-z][A-Za-z0-9_.-]*)=(.+)$/.exec(textOf(word)) ?? [];
  if (key !== undefined && value !== undefined) {
    return { key, value: { ...word, start: word.end - value.length } };
  }
  complaints.add(word, `expected '${example}', found '${textOf(word)}'`);
  return undefined;
}

function readRequirements(header: Header, value: Span, complaints: Complaints): void {
  for (const found of textOf(value).matchAll(/[^\s,]+/g)) {
    const label = found[0];
    const start = value.start + found.index;
    const span = { line: value.line, start, end: start + label.length };
    if (/^(?:MUST|SHLD|MAY|REC)-[0-9]+$/.test(label)) header.requirements.push(label);
    else complaints.add(span, `expected a label such as 'MUST-10' or 'SHLD-31', found '${label}'`);
  }
}

/** `A=100 B=300,400`; a name that an earlier `let:` gave a value will do. */
function readIss(header: Header, value: Span, complaints: Complaints): void {
  for (const word of wordsOf(value)) {
    const pair = pairOf(word, 'A=100', complaints);
    if (pair === undefined) continue;
    if (pair.key !== 'A' && pair.key !== 'B') {
      complaints.add(word, `expected 'A=…' or 'B=…', found '${textOf(word)}'`);
      continue;
    }
    for (const text of textOf(pair.value).split(',')) {
      const number = integerIn(text) ?? header.lets.find(({ name }) => name === text)?.value;
      if (number !== undefined && number <= U32) header.iss[pair.key].push(number);
      else complaints.add(pair.value, `expected ${ISS_FORMS}, found '${text}'`);
    }
  }
}

const ISS_FORMS = `sequence numbers, 0 to ${U32}, or names that 'let:' gives a value above`;

function readLet(header: Header, value: Span, complaints: Complaints): void {
  for (const word of wordsOf(value)) {
    const pair = pairOf(word, 'Z=100', complaints);
    if (pair === undefined) continue;
    const number = integerIn(textOf(pair.value));
    if (number === undefined) {
      complaints.add(pair.value, `expected a number, found '${textOf(pair.value)}'`);
    } else if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(pair.key)) {
      complaints.add(word, `a name has letters, digits and '_': '${pair.key}'`);
    } else if (header.lets.some(({ name }) => name === pair.key)) {
      complaints.add(word, `'${pair.key}' already has a value`);
    } else header.lets.push({ name: pair.key, value: number, place: placeOf(word) });
  }
}

function readUse(header: Header, value: Span, complaints: Complaints): void {
  const name = textOf(value);
  if (/^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(name)) header.use = { name, place: placeOf(value) };
  else complaints.add(value, `expected the name of a ladder: 'rfc9293/established'`);
}

function readPeer(header: Header, value: Span, complaints: Complaints): void {
  if (/^B\s+scripted$/.test(textOf(value))) header.scripted = 'B';
  else complaints.add(value, `expected 'B scripted', found '${textOf(value)}'`);
}

function readOption(header: Header, value: Span, complaints: Complaints): void {
  const [first, ...words] = wordsOf(value);
  const side = first === undefined ? '' : textOf(first);
  if (side !== 'A' && side !== 'B') {
    complaints.add(first ?? value, `expected 'A' or 'B', found '${side}'`);
    return;
  }
  if (words.length === 0) complaints.add(value, "expected a setting such as 'mss=1000'");
  for (const setting of settingsOf(words, 'mss=1000', complaints))
    header.options.push({ ...setting, side });
}

function readNetwork(header: Header, value: Span, complaints: Complaints): void {
  header.network.push(...settingsOf(wordsOf(value), 'delay=10ms', complaints));
}

function settingsOf(words: readonly Span[], example: string, complaints: Complaints): Setting[] {
  return words.flatMap((word) => {
    const pair = pairOf(word, example, complaints);
    if (pair === undefined) return [];
    const text = textOf(pair.value);
    const value = settingValueIn(text);
    if (value !== undefined) return [{ key: pair.key, value, text, place: placeOf(word) }];
    const forms = "a number, a time such as '10ms', 'true', 'false', 'infinite' or a word";
    complaints.add(pair.value, `expected ${forms}, found '${text}'`);
    return [];
  });
}

function readFamily(header: Header, value: Span, complaints: Complaints): void {
  const text = textOf(value);
  if (text === '4') header.family = 4;
  else if (text === '6') header.family = 6;
  else if (text !== 'both') complaints.add(value, `expected '4', '6' or 'both', found '${text}'`);
}

/** `off`, and why. */
function readShift(header: Header, value: Span, complaints: Complaints): void {
  const [, reason] = /^off\b[\s,:;-]*(.*)$/.exec(textOf(value)) ?? [];
  if (reason === undefined) complaints.add(value, "expected 'off' and a reason");
  else if (reason === '') complaints.add(value, "expected a reason after 'off'");
  else header.shiftOff = reason;
}
