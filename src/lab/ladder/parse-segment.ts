/** `<SEQ=100><ACK=301><CTL=SYN,ACK>`: RFC 9293 §3.5 writes segments so, §3.1 names the fields. */
import {
  CONTROL_BITS,
  type ControlBit,
  type CookiePattern,
  type SegmentPattern,
  type Value,
} from './ast.ts';
import { isOptionKind, OPTION_NAMES } from './option-kinds.ts';
import { placeOf, textOf, type Complaints, type Span } from './source.ts';
import { unknown } from './spelling.ts';
import { DURATION_FORMS, durationIn, U16, U32, VALUE_FORMS, valueIn } from './value.ts';

type Draft = { -readonly [K in keyof SegmentPattern]: SegmentPattern[K] };

interface Field {
  readonly name: string; //  upper case
  readonly span: Span; //    of all of it
  readonly value: Span | undefined;
}

/** The largest number each field can hold. */
const LIMITS: ReadonlyMap<string, number> = new Map([
  ['SEQ', U32],
  ['ACK', U32],
  ['WND', U16],
  ['UP', U16],
  ['LEN', 0x3fff_ffff], // a window at its largest, RFC 7323 §2.3
  ['DATA', 0x3fff_ffff],
  ['MSS', U16],
  ['WS', 255], //          one octet
  ['TSVAL', U32],
  ['TSECR', U32],
  ['ACE', 7],
  ['ACCECN0', 0xff_ffff], // three octets each
  ['ACCECN1', 0xff_ffff],
]);

/** Every field a segment can name. */
export const FIELD_NAMES: readonly string[] = [
  'SEQ',
  'ACK',
  'CTL',
  'WND',
  'UP',
  'LEN',
  'DATA',
  'MSS',
  'WS',
  'SACKOK',
  'SACK',
  'TSVAL',
  'TSECR',
  'OPT',
  'FO',
  'FOEXP',
  'UTO',
  'ECN',
  'ACE',
  'ACCECN',
  'ACCECN0',
  'ACCECN1',
];

const ONE_FIELD = /([A-Za-z][A-Za-z0-9_.-]*)(?:=((?:,\s*|[^\s,<>])+))?/y;

/** The fields between two arrows; undefined after a complaint. */
export function parseSegment(
  spans: readonly Span[],
  complaints: Complaints,
): SegmentPattern | undefined {
  const before = complaints.errors.length;
  const draft = emptyDraft(spans);
  const seen = new Set<string>();
  for (const span of spans) {
    for (const field of fieldsOf(span, complaints)) {
      const slot = slotOf(field.name);
      if (seen.has(slot)) complaints.add(field.span, `${field.name} is there twice`);
      seen.add(slot);
      fill(draft, field, complaints);
    }
  }
  return complaints.errors.length === before ? draft : undefined;
}

function emptyDraft(spans: readonly Span[]): Draft {
  const first = spans[0];
  return {
    seq: undefined,
    ack: undefined,
    ctl: undefined,
    wnd: undefined,
    up: undefined,
    len: undefined,
    mss: undefined,
    ws: undefined,
    sackOk: undefined,
    sack: undefined,
    tsval: undefined,
    tsecr: undefined,
    opt: undefined,
    fo: undefined,
    uto: undefined,
    ecn: undefined,
    ace: undefined,
    accEcn: undefined,
    text: spans.map(textOf).join(''),
    place: first === undefined ? { line: 1, column: 1 } : placeOf(first),
  };
}

/** `<SEQ=1><ACK=2>`, `<SEQ=1 ACK=2>` and bare `SEQ=1`: one field after the other. */
function fieldsOf(span: Span, complaints: Complaints): Field[] {
  const fields: Field[] = [];
  const { line } = span;
  let at = span.start;
  while (at < span.end) {
    if (/[\s<>]/.test(line.text.charAt(at))) {
      at++;
      continue;
    }
    ONE_FIELD.lastIndex = at;
    const found = ONE_FIELD.exec(line.text.slice(0, span.end));
    if (found === null) {
      complaints.add({ line, start: at, end: span.end }, "expected a field such as 'SEQ=100'");
      break;
    }
    const name = found[1] ?? '';
    const end = at + found[0].trimEnd().length;
    const value = found[2] === undefined ? undefined : { line, start: at + name.length + 1, end };
    fields.push({ name: name.toUpperCase(), span: { line, start: at, end }, value });
    at += found[0].length;
  }
  if (fields.length === 0 && at >= span.end) complaints.add(span, 'expected a field in <...>');
  return fields;
}

function fill(draft: Draft, field: Field, complaints: Complaints): void {
  switch (field.name) {
    case 'SEQ':
      draft.seq = number(field, complaints);
      return;
    case 'ACK':
      draft.ack = number(field, complaints);
      return;
    case 'CTL':
      draft.ctl = controlBits(field, complaints);
      return;
    case 'WND':
      draft.wnd = number(field, complaints);
      return;
    case 'UP':
      draft.up = number(field, complaints);
      return;
    case 'DATA':
      draft.len = field.value === undefined ? 'some' : number(field, complaints);
      return;
    case 'LEN':
      draft.len = number(field, complaints);
      return;
    case 'MSS':
      draft.mss = number(field, complaints);
      return;
    case 'WS':
      draft.ws = number(field, complaints);
      return;
    case 'SACKOK':
      draft.sackOk = yesOrNo(field, complaints);
      return;
    case 'SACK':
      draft.sack = sackBlocks(field, complaints);
      return;
    case 'TSVAL':
      draft.tsval = number(field, complaints);
      return;
    case 'TSECR':
      draft.tsecr = number(field, complaints);
      return;
    case 'OPT':
      draft.opt = optionKinds(field, complaints);
      return;
    case 'FO':
    case 'FOEXP':
      draft.fo = cookie(field, complaints);
      return;
    case 'UTO':
      draft.uto = userTimeout(field, complaints);
      return;
    case 'ECN':
      draft.ecn = ecn(field, complaints);
      return;
    case 'ACE':
      draft.ace = number(field, complaints);
      return;
    case 'ACCECN':
      draft.accEcn = absent(field, complaints);
      return;
    case 'ACCECN0':
    case 'ACCECN1':
      draft.accEcn = {
        order: field.name === 'ACCECN0' ? 0 : 1,
        counters: counters(field, complaints),
      };
      return;
    default:
      complaints.add(nameOf(field), unknown('field', textOf(nameOf(field)), FIELD_NAMES));
  }
}

/** Two spellings of one thing. */
function slotOf(name: string): string {
  if (name === 'DATA') return 'LEN';
  if (name === 'FOEXP') return 'FO';
  return name.startsWith('ACCECN') ? 'ACCECN' : name;
}

const nameOf = (field: Field): Span => ({
  ...field.span,
  end: field.span.start + field.name.length,
});

function number(field: Field, complaints: Complaints): Value | undefined {
  if (field.value === undefined) {
    const bit = CONTROL_BITS.some((b) => b === field.name);
    const hint = bit ? `; the control bit is written '<CTL=${field.name}>'` : '';
    complaints.add(field.span, `${field.name} needs a value: '${field.name}=100'${hint}`);
    return undefined;
  }
  return limited(field.value, field.name, LIMITS.get(field.name) ?? U32, complaints);
}

function limited(
  span: Span,
  name: string,
  most: number,
  complaints: Complaints,
): Value | undefined {
  const value = valueIn(span);
  if (value === undefined) {
    complaints.add(
      span,
      `expected ${VALUE_FORMS}, or '=Z' to bind one, for ${name}, found '${textOf(span)}'`,
    );
  } else if (value.kind === 'number' && value.value > most) {
    complaints.add(span, `${name} is at most ${most}`);
  }
  return value;
}

/** `SYN,ACK` or `none`, in the order of the header whatever order they are written in. */
function controlBits(field: Field, complaints: Complaints): readonly ControlBit[] | undefined {
  const parts = listed(field, 'SYN,ACK', complaints);
  if (parts === undefined) return undefined;
  const named = new Set<string>();
  for (const part of parts) {
    const bit = textOf(part).toUpperCase();
    if (!CONTROL_BITS.some((b) => b === bit)) {
      complaints.add(
        part,
        `expected a control bit (${CONTROL_BITS.join(', ')}) or 'none', found '${textOf(part)}'`,
      );
    } else if (named.has(bit)) {
      complaints.add(part, `${bit} is there twice`);
    }
    named.add(bit);
  }
  return CONTROL_BITS.filter((bit) => named.has(bit));
}

/** One to three counters, in the option's order; none for 'none'. */
function counters(field: Field, complaints: Complaints): Value[] {
  const parts = listed(field, '1,0,1', complaints) ?? [];
  if (parts.length > 3) complaints.add(field.span, `${field.name} has at most three counters`);
  const most = LIMITS.get(field.name) ?? U32;
  return parts.flatMap((part) => limited(part, field.name, most, complaints) ?? []);
}

function absent(field: Field, complaints: Complaints): 'no' | undefined {
  if (field.value !== undefined && textOf(field.value).toLowerCase() === 'no') return 'no';
  complaints.add(field.span, "expected 'ACCECN=no', 'ACCECN0=...' or 'ACCECN1=...'");
  return undefined;
}

function sackBlocks(field: Field, complaints: Complaints): SegmentPattern['sack'] {
  const parts = listed(field, '100:200,300:400', complaints);
  return parts?.flatMap((part) => {
    const colon = textOf(part).indexOf(':');
    const edges = [
      { ...part, end: part.start + Math.max(0, colon) },
      { ...part, start: part.start + colon + 1 },
    ].map(valueIn);
    const [left, right] = edges;
    if (colon >= 0 && left !== undefined && right !== undefined) return [{ left, right }];
    complaints.add(part, `expected a block 'left:right' or 'none', found '${textOf(part)}'`);
    return [];
  });
}

/** The parts of a comma-separated value; none for 'none'. */
function listed(field: Field, example: string, complaints: Complaints): Span[] | undefined {
  const { value } = field;
  if (value === undefined) {
    complaints.add(field.span, `${field.name} needs a value: '${field.name}=${example}'`);
    return undefined;
  }
  if (textOf(value).toLowerCase() === 'none') return [];
  const parts: Span[] = [];
  let start = value.start;
  for (const part of textOf(value).split(',')) {
    const lead = part.length - part.trimStart().length;
    parts.push({ line: value.line, start: start + lead, end: start + lead + part.trim().length });
    start += part.length + 1;
  }
  return parts;
}

function yesOrNo(field: Field, complaints: Complaints): boolean | undefined {
  if (field.value === undefined) return true;
  const text = textOf(field.value).toLowerCase();
  if (text === 'yes' || text === 'no') return text === 'yes';
  complaints.add(field.value, `expected 'yes' or 'no', found '${textOf(field.value)}'`);
  return undefined;
}

/** `mss,nop,ws`; kinds that have no name are written as numbers. */
function optionKinds(field: Field, complaints: Complaints): readonly string[] | undefined {
  const parts = listed(field, 'mss,sackok,ts,nop,ws', complaints);
  return parts?.map((part) => {
    const kind = textOf(part).toLowerCase();
    if (!isOptionKind(kind)) {
      complaints.add(
        part,
        `expected ${OPTION_NAMES.join(', ')} or a kind, found '${textOf(part)}'`,
      );
    }
    return kind;
  });
}

const COOKIE = /^0x((?:[0-9a-f]{4}){2,8})$/i;
const COOKIE_NAME = /^(=?)([A-Za-z][A-Za-z0-9_]*)$/;
const COOKIE_FORMS =
  "'request', 'none', 4 to 16 octets such as '0x0123456789abcdef', or a name such as '=c'";

function cookie(field: Field, complaints: Complaints): CookiePattern | undefined {
  const text = field.value === undefined ? '' : textOf(field.value);
  const experimental = field.name === 'FOEXP';
  if (text === 'none') return { kind: 'none' };
  if (text === 'request') return { kind: 'request', experimental };
  const hex = COOKIE.exec(text)?.[1];
  if (hex !== undefined) return { kind: 'octets', hex: hex.toLowerCase(), experimental };
  const [, bind, name] = COOKIE_NAME.exec(text) ?? [];
  if (name !== undefined) return { kind: bind === '=' ? 'bind' : 'name', name, experimental };
  complaints.add(field.value ?? field.span, `expected ${COOKIE_FORMS}, found '${text}'`);
  return undefined;
}

/** What the option's 15 bits of seconds or minutes can say. */
function userTimeout(field: Field, complaints: Complaints): number | 'none' | undefined {
  const text = field.value === undefined ? '' : textOf(field.value);
  if (text === 'none') return 'none';
  const ms = durationIn(text);
  const seconds = ms === undefined ? NaN : ms / 1000;
  const fits = seconds <= 32_767 ? seconds : seconds / 60;
  if (ms !== undefined && Number.isInteger(fits) && fits <= 32_767) return ms;
  const limits = `${DURATION_FORMS} of whole seconds, beyond 32767 s whole minutes, or 'none'`;
  complaints.add(field.value ?? field.span, `expected ${limits}, found '${text}'`);
  return undefined;
}

const CODEPOINTS = ['none', 'ECT0', 'ECT1', 'CE'] as const;

function ecn(field: Field, complaints: Complaints): SegmentPattern['ecn'] {
  const text = field.value === undefined ? '' : textOf(field.value).toLowerCase();
  const codepoint = CODEPOINTS.find((c) => c.toLowerCase() === text);
  if (codepoint === undefined) {
    complaints.add(field.value ?? field.span, `expected ECN=${CODEPOINTS.join(', ')}`);
  }
  return codepoint;
}
