/**
 * A segment as a ladder writes it against one that was really sent. Sequence numbers of a ladder are
 * those of the plain run; `Shift` says by how much each side's are moved in this one.
 */
import {
  ACE,
  ACK,
  aceOf,
  AE,
  CWR,
  ECE,
  FIN,
  PSH,
  RST,
  SYN,
  URG,
  textLength,
  type Segment,
} from '../../wire/segment.ts';
import { printCounters } from '../../wire/print.ts';
import { toU32 } from '../../wire/seq.ts';
import { optionKindsOf } from './option-kinds.ts';
import type { ControlBit, SegmentPattern, Side, Value } from './ast.ts';
import { durationText } from './value.ts';
import type { ValueTable } from './value-table.ts';

/** What is added to the sequence numbers and timestamps of each side, modulo 2^32. */
export interface Shift {
  readonly A: number;
  readonly B: number;
}

export const CONTROL: Readonly<Record<ControlBit, number>> = {
  SYN,
  FIN,
  RST,
  PSH,
  URG,
  ACK,
  ECE,
  CWR,
  AE,
};

export const otherSide = (side: Side): Side => (side === 'A' ? 'B' : 'A');

export const controlOf = (bits: readonly ControlBit[]): number =>
  bits.reduce((all, bit) => all | CONTROL[bit], 0);

/** What to compare, and where. */
export interface MatchContext {
  readonly from: Side;
  readonly shift: Shift;
  readonly values: ValueTable;
  readonly strict: boolean;
}

/** Fields by name, as numbers of the plain run. */
interface Fields {
  readonly seq: number;
  readonly ack: number;
  readonly wnd: number;
  readonly up: number;
  readonly len: number;
  readonly mss: number;
  readonly ws: number;
  readonly tsval: number;
  readonly tsecr: number;
  readonly ace: number;
}

/** Does the segment agree with the pattern? Nothing is bound. */
export function matches(pattern: SegmentPattern, seg: Segment, context: MatchContext): boolean {
  const fields = fieldsOf(seg, context);
  const agrees = (value: Value | undefined, actual: number): boolean => {
    if (value === undefined) return true;
    const expected = context.values.resolve(value);
    return expected === undefined || expected === actual;
  };
  return (
    sameControl(pattern, seg, context.strict) &&
    agrees(pattern.seq, fields.seq) &&
    ((seg.ctl & ACK) === 0 || agrees(pattern.ack, fields.ack)) &&
    agrees(pattern.wnd, fields.wnd) &&
    agrees(pattern.up, fields.up) &&
    sameLength(pattern, fields.len, agrees) &&
    agrees(pattern.mss, fields.mss) &&
    agrees(pattern.ws, fields.ws) &&
    ((pattern.tsval === undefined && pattern.tsecr === undefined) || seg.timestamps) &&
    agrees(pattern.tsval, fields.tsval) &&
    agrees(pattern.tsecr, fields.tsecr) &&
    agrees(pattern.ace, fields.ace) &&
    sameAccEcn(pattern, seg, agrees) &&
    sameSack(pattern, seg, context) &&
    (pattern.opt === undefined || pattern.opt.join() === optionKindsOf(seg).join()) &&
    sameCookie(pattern, seg, context) &&
    sameUserTimeout(pattern, seg) &&
    (!context.strict || nothingUnnamed(pattern, seg))
  );
}

/** `strict`: options that the row does not name are not there. */
function nothingUnnamed(pattern: SegmentPattern, seg: Segment): boolean {
  return (
    (pattern.mss !== undefined || seg.mss < 0) &&
    (pattern.ws !== undefined || seg.wscale < 0) &&
    (pattern.sackOk !== undefined || !seg.sackPermitted) &&
    (pattern.sack !== undefined || seg.sackCount === 0) &&
    (pattern.tsval !== undefined || pattern.tsecr !== undefined || !seg.timestamps) &&
    (pattern.accEcn !== undefined || seg.accEcn < 0) &&
    (pattern.fo !== undefined || seg.cookieLength < 0) &&
    (pattern.uto !== undefined || seg.userTimeout < 0)
  );
}

/** After a match: the names of the pattern stand for what the segment has. */
export function bindAll(pattern: SegmentPattern, seg: Segment, context: MatchContext): void {
  const fields = fieldsOf(seg, context);
  for (const key of ['seq', 'ack', 'wnd', 'up', 'mss', 'ws', 'tsval', 'tsecr', 'ace'] as const) {
    const value = pattern[key];
    if (value !== undefined) context.values.bind(value, fields[key]);
  }
  const { fo } = pattern;
  if (fo?.kind === 'bind') context.values.bindCookie(fo.name, cookieHex(seg));
  if (fo?.kind === 'name' && context.values.cookie(fo.name) === undefined) {
    context.values.bindCookie(fo.name, cookieHex(seg));
  }
  if (pattern.len !== undefined && pattern.len !== 'some') {
    context.values.bind(pattern.len, fields.len);
  }
}

/** The segment in the notation: what the pattern names, and always SEQ, ACK, CTL and text. */
export function actualText(
  pattern: SegmentPattern | undefined,
  seg: Segment,
  context: MatchContext,
): string {
  const fields = fieldsOf(seg, context);
  const named = (value: unknown, label: string, actual: number): string =>
    value === undefined ? '' : `<${label}=${actual}>`;
  const length = fields.len === 0 ? '' : `<DATA=${fields.len}>`;
  const dataByWord = pattern?.len === 'some' && fields.len > 0 ? '<DATA>' : length;
  const asLen = pattern?.text.includes('LEN') === true ? `<LEN=${fields.len}>` : dataByWord;
  return [
    `<SEQ=${fields.seq}>`,
    (seg.ctl & ACK) === 0 ? '' : `<ACK=${fields.ack}>`,
    `<CTL=${controlText(seg.ctl, pattern, context.strict)}>`,
    named(pattern?.wnd, 'WND', fields.wnd),
    pattern?.up === undefined && (seg.ctl & URG) === 0 ? '' : `<UP=${fields.up}>`,
    asLen,
    option('MSS', seg.mss, pattern?.mss !== undefined, context.strict),
    option('WS', seg.wscale, pattern?.ws !== undefined, context.strict),
    sackOkText(pattern, seg, context.strict),
    pattern?.sack === undefined ? '' : sackText(seg, context),
    named(pattern?.ace, 'ACE', fields.ace),
    pattern?.accEcn === undefined ? '' : accEcnText(seg),
    timestampText(pattern, seg, fields, context.strict),
    pattern?.opt === undefined ? '' : `<OPT=${optionKindsOf(seg).join() || 'none'}>`,
    cookieShown(pattern, seg, context),
    utoShown(pattern, seg, context.strict),
  ].join('');
}

/** An option with a number, -1 for none: shown where the row names it, or where none is allowed. */
function option(label: string, actual: number, named: boolean, strict: boolean): string {
  if (actual < 0) return named ? `<${label}=none>` : '';
  return named || strict ? `<${label}=${actual}>` : '';
}

function sackOkText(pattern: SegmentPattern | undefined, seg: Segment, strict: boolean): string {
  if (pattern?.sackOk === undefined && !(strict && seg.sackPermitted)) return '';
  return seg.sackPermitted ? '<SACKOK>' : '<SACKOK=no>';
}

function timestampText(
  pattern: SegmentPattern | undefined,
  seg: Segment,
  { tsval, tsecr }: Fields,
  strict: boolean,
): string {
  const named = pattern?.tsval !== undefined || pattern?.tsecr !== undefined;
  if (!seg.timestamps) return named ? '<TSVAL=none>' : '';
  return named || strict ? `<TSVAL=${tsval}><TSECR=${tsecr}>` : '';
}

function fieldsOf(seg: Segment, { from, shift }: MatchContext): Fields {
  // <SEQ=0><ACK=..><CTL=RST,ACK>: a reset out of nothing has the number 0 in every run.
  const outOfNothing = (seg.ctl & (RST | ACK)) === (RST | ACK) && toU32(seg.seq) === 0;
  return {
    seq: outOfNothing ? 0 : (toU32(seg.seq) - shift[from]) >>> 0,
    ack: (toU32(seg.ack) - shift[otherSide(from)]) >>> 0,
    wnd: seg.wnd,
    up: seg.up,
    len: textLength(seg),
    mss: seg.mss,
    ws: seg.wscale,
    tsval: (seg.tsval - shift[from]) >>> 0,
    tsecr: (seg.ctl & ACK) === 0 ? seg.tsecr >>> 0 : (seg.tsecr - shift[otherSide(from)]) >>> 0,
    ace: aceOf(seg.ctl),
  };
}

const ALL = 0x1ff; // the control bits

// PSH says nothing about connection management, and the figures leave it out: compared if named.
function sameControl(pattern: SegmentPattern, seg: Segment, strict: boolean): boolean {
  if (pattern.ctl === undefined) return true;
  const counted = pattern.ace === undefined ? ALL : ALL & ~ACE;
  const mask = strict || pattern.ctl.includes('PSH') ? counted : counted & ~PSH;
  return (controlOf(pattern.ctl) & mask) === (seg.ctl & mask);
}

// A row without text is about a segment without text.
function sameLength(
  pattern: SegmentPattern,
  actual: number,
  agrees: (value: Value | undefined, actual: number) => boolean,
): boolean {
  if (pattern.len === undefined) return actual === 0;
  return pattern.len === 'some' ? actual > 0 : agrees(pattern.len, actual);
}

function sameAccEcn(
  { accEcn }: SegmentPattern,
  seg: Segment,
  agrees: (value: Value | undefined, actual: number) => boolean,
): boolean {
  if (accEcn === undefined) return true;
  if (accEcn === 'no') return seg.accEcn < 0;
  return (
    accEcn.order === seg.accEcn &&
    accEcn.counters.length === seg.accEcnCount &&
    accEcn.counters.every((counter, i) => agrees(counter, seg.counters[i]!))
  );
}

const accEcnText = (seg: Segment): string =>
  seg.accEcn < 0 ? '<ACCECN=no>' : `<ACCECN${seg.accEcn}=${printCounters(seg)}>`;

function sameSack(pattern: SegmentPattern, seg: Segment, context: MatchContext): boolean {
  if (pattern.sackOk !== undefined && pattern.sackOk !== seg.sackPermitted) return false;
  if (pattern.sack === undefined) return true;
  if (pattern.sack.length !== seg.sackCount) return false;
  const shift = context.shift[otherSide(context.from)];
  return pattern.sack.every(({ left, right }, i) => {
    const edges = [left, right].map((value) => context.values.resolve(value));
    return edges.every(
      (edge, j) => edge === undefined || edge === (seg.sack[2 * i + j]! - shift) >>> 0,
    );
  });
}

function sameCookie({ fo }: SegmentPattern, seg: Segment, { values }: MatchContext): boolean {
  if (fo === undefined) return true;
  if (fo.kind === 'none') return seg.cookieLength < 0;
  if (seg.cookieLength < 0 || seg.cookieExperimental !== fo.experimental) return false;
  if (fo.kind === 'request') return seg.cookieLength === 0;
  if (seg.cookieLength === 0) return false;
  const wanted =
    fo.kind === 'octets' ? fo.hex : fo.kind === 'name' ? values.cookie(fo.name) : undefined;
  return wanted === undefined || wanted === cookieHex(seg);
}

function cookieHex({ cookie, cookieLength }: Segment): string {
  return [...cookie.subarray(0, Math.max(0, cookieLength))]
    .map((octet) => octet.toString(16).padStart(2, '0'))
    .join('');
}

/** A cookie that a name of the ladder stands for is shown by that name. */
function cookieShown(
  pattern: SegmentPattern | undefined,
  seg: Segment,
  { values, strict }: MatchContext,
): string {
  const fo = pattern?.fo;
  if (seg.cookieLength < 0) return fo === undefined ? '' : '<FO=none>';
  if (fo === undefined && !strict) return '';
  const name = seg.cookieExperimental ? 'FOEXP' : 'FO';
  if (seg.cookieLength === 0) return `<${name}=request>`;
  const hex = cookieHex(seg);
  const named = fo !== undefined && 'name' in fo && values.cookie(fo.name) === hex;
  return `<${name}=${named ? fo.name : `0x${hex}`}>`;
}

/** RFC 5482 §3.1: the granularity bit says minutes. */
function userTimeoutOf({ userTimeout }: Segment): number | 'none' {
  if (userTimeout < 0) return 'none';
  return (userTimeout & 0x7fff) * (userTimeout & 0x8000 ? 60_000 : 1000);
}

const sameUserTimeout = ({ uto }: SegmentPattern, seg: Segment): boolean =>
  uto === undefined || uto === userTimeoutOf(seg);

function utoShown(pattern: SegmentPattern | undefined, seg: Segment, strict: boolean): string {
  const ms = userTimeoutOf(seg);
  if (pattern?.uto === undefined && (!strict || ms === 'none')) return '';
  return `<UTO=${ms === 'none' ? ms : durationText(ms)}>`;
}

function sackText(seg: Segment, { from, shift }: MatchContext): string {
  const moved = shift[otherSide(from)];
  const blocks: string[] = [];
  for (let i = 0; i < seg.sackCount; i++) {
    blocks.push([0, 1].map((j) => (seg.sack[2 * i + j]! - moved) >>> 0).join(':'));
  }
  return `<SACK=${blocks.length === 0 ? 'none' : blocks.join(',')}>`;
}

// The RFC's figures write SYN,ACK and FIN,ACK: ACK last.
const ORDER: readonly ControlBit[] = ['SYN', 'FIN', 'RST', 'PSH', 'URG', 'ECE', 'CWR', 'AE', 'ACK'];

function controlText(ctl: number, pattern: SegmentPattern | undefined, strict: boolean): string {
  const showPush = strict || pattern?.ctl?.includes('PSH') === true;
  const shown = pattern?.ace === undefined ? ctl : ctl & ~ACE;
  const bits = ORDER.filter((bit) => (shown & CONTROL[bit]) !== 0 && (bit !== 'PSH' || showPush));
  return bits.length === 0 ? 'none' : bits.join(',');
}
