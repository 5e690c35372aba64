/**
 * Ladder to text, in the notation `parse.ts` reads: parsing what is printed gives the same ladder.
 * What the Markdown reader noted on a row becomes a comment.
 */
import type {
  Cell,
  CellItem,
  CookiePattern,
  Ladder,
  Passage,
  Row,
  SegmentPattern,
  Value,
} from './ast.ts';
import { aligned, arrows, type FigureRow } from './figure.ts';
import type { RowTexts } from './result.ts';
import { durationText, valueText } from './value.ts';

export function printLadder(ladder: Ladder): string {
  const header = headerLines(ladder);
  const rows = aligned(figureRows(ladder), ladder.scripted !== undefined);
  return `${[...header, ...(header.length > 0 ? [''] : []), ...rows].join('\n')}\n`;
}

function headerLines(ladder: Ladder): string[] {
  const lines: string[] = [];
  if (ladder.title !== '') lines.push(`title: ${ladder.title}`);
  if (ladder.cite !== undefined) lines.push(`cite: ${ladder.cite}`);
  lines.push(...ladder.notes.map((note) => `note: ${note}`));
  const { requirements, iss, lets, scripted } = ladder;
  if (requirements.length > 0) lines.push(`requirements: ${requirements.join(', ')}`);
  if (ladder.use !== undefined) lines.push(`use: ${ladder.use.name}`);
  if (scripted !== undefined) lines.push(`peer: ${scripted} scripted`);
  if (lets.length > 0) lines.push(`let: ${lets.map((l) => `${l.name}=${l.value}`).join(' ')}`);
  const sides = [`A=${iss.A.join(',')}`, `B=${iss.B.join(',')}`].filter((s) => s.length > 2);
  if (sides.length > 0) lines.push(`iss: ${sides.join(' ')}`);
  for (const { side, key, text } of ladder.options) lines.push(`option: ${side} ${key}=${text}`);
  for (const { key, text } of ladder.network) lines.push(`network: ${key}=${text}`);
  if (ladder.family !== 'both') lines.push(`family: ${ladder.family}`);
  if (ladder.shiftOff !== undefined) lines.push(`shift: off ${ladder.shiftOff}`);
  if (ladder.strict) lines.push('strict');
  return lines;
}

const figureRows = ({ rows, scripted }: Ladder): FigureRow[] =>
  rows.map((row) => figureRow(row, scripted !== undefined));

function figureRow(row: Row, scripted: boolean): FigureRow {
  const { left, passage, segment, right } = rowTexts(row);
  const [lead, trail] = passage === undefined ? ['', ''] : arrows(passage, scripted);
  const nothing = left === '' && right === '' && segment === '';
  const bare = nothing && row.label === undefined && row.at === undefined;
  const comment = [row.comment ?? '', ...row.notes].filter((text) => text !== '').join('; ');
  return {
    label: row.label === undefined ? '' : `${row.label}.`,
    time: timeText(row),
    left: bare ? '-' : left,
    lead,
    segment,
    trail,
    right,
    comment,
  };
}

const timeText = ({ at }: Row): string =>
  at === undefined ? '' : `@${at.kind === 'relative' ? '+' : ''}${durationText(at.ms)}`;

/** The four texts of a row, as a renderer shows what was expected. */
export function rowTexts(row: Row): RowTexts {
  const { movement } = row;
  return {
    left: cellText(row.left),
    passage: movement === undefined ? undefined : passageOf(movement),
    segment: movement === undefined ? '' : segmentText(movement.segment),
    right: cellText(row.right),
  };
}

const passageOf = ({ from, departs, arrives, lost }: Passage): Passage => ({
  from,
  departs,
  arrives,
  lost,
});

export const cellText = (cell: Cell): string => cell.map(itemText).join(' ');

function itemText(item: CellItem): string {
  switch (item.kind) {
    case 'state':
      return item.state;
    case 'remark':
      return item.meaning === 'other' ? `("${item.text}")` : `(${item.text})`;
    default:
      return `(${actionText(item)})`;
  }
}

function actionText(item: Exclude<CellItem, { readonly kind: 'state' | 'remark' }>): string {
  switch (item.kind) {
    case 'call':
      return callText(item);
    case 'icmp':
      return icmpText(item);
    case 'expect':
      return `expect ${item.event}${item.text === undefined ? '' : ` "${item.text}"`}`;
    case 'status':
      return `${item.name} ${item.relation} ${valueText(item.value)}`;
    case 'pass':
      return item.unit === 'MSL' ? `${item.amount} MSL` : `advance ${durationText(item.amount)}`;
    case 'silence':
      return `silence ${durationText(item.ms)}`;
    case 'position':
      return `send ${valueText(item.sndNxt)}, receive ${valueText(item.rcvNxt)}`;
  }
}

type ItemOf<K extends CellItem['kind']> = Extract<CellItem, { readonly kind: K }>;

function callText({ call, answer }: ItemOf<'call'>): string {
  const words: string[] = [call.name];
  if (call.name === 'send') {
    words.push(String(call.octets));
    if (call.push) words.push('push');
    if (call.urgent) words.push('urgent');
  }
  if (call.name === 'receive' && call.octets !== undefined) words.push(String(call.octets));
  if ('on' in call) words.push(call.on ? 'on' : 'off');
  if (call.name === 'keepalive' && call.times !== undefined) {
    const { idle, interval, probes } = call.times;
    words.push(durationText(idle), durationText(interval), String(probes));
  }
  if (call.name === 'maxseg' || call.name === 'fast open') words.push(String(call.octets));
  if (call.name === 'user timeout') {
    words.push(call.ms === Infinity ? 'infinite' : durationText(call.ms));
  }
  if (answer?.kind === 'octets') words.push('=', String(answer.octets));
  if (answer?.kind === 'ok') words.push('=', 'ok');
  if (answer?.kind === 'text') words.push('=', `"${answer.text}"`);
  return words.join(' ');
}

function icmpText({ type, code, mtu, seq }: ItemOf<'icmp'>): string {
  const words = ['icmp', type];
  if (code !== 0) words.push(String(code));
  if (mtu !== undefined) words.push(`mtu=${mtu}`);
  if (seq !== undefined) words.push(`seq=${valueText(seq)}`);
  return words.join(' ');
}

/** `<SEQ=100><ACK=301><CTL=SYN,ACK>`, in the RFC's order, then window, text and options. */
export function segmentText(segment: SegmentPattern): string {
  const { ctl, len, sackOk, sack, opt, ecn } = segment;
  return [
    field('SEQ', segment.seq),
    field('ACK', segment.ack),
    ctl && `<CTL=${ctl.length === 0 ? 'none' : ctl.join(',')}>`,
    field('WND', segment.wnd),
    field('UP', segment.up),
    len === 'some' ? '<DATA>' : field('DATA', len),
    field('MSS', segment.mss),
    field('WS', segment.ws),
    sackOk === undefined ? '' : sackOk ? '<SACKOK>' : '<SACKOK=no>',
    sack && `<SACK=${sack.length === 0 ? 'none' : sack.map(blockText).join(',')}>`,
    field('TSVAL', segment.tsval),
    field('TSECR', segment.tsecr),
    opt && `<OPT=${opt.length === 0 ? 'none' : opt.join(',')}>`,
    segment.fo && cookieText(segment.fo),
    utoText(segment.uto),
    ecn === undefined ? '' : `<ECN=${ecn}>`,
    field('ACE', segment.ace),
    accEcnText(segment.accEcn),
  ].join('');
}

function accEcnText(accEcn: SegmentPattern['accEcn']): string {
  if (accEcn === undefined) return '';
  if (accEcn === 'no') return '<ACCECN=no>';
  const counters = accEcn.counters.map(valueText).join(',');
  return `<ACCECN${accEcn.order}=${counters === '' ? 'none' : counters}>`;
}

function cookieText(fo: CookiePattern): string {
  if (fo.kind === 'none') return '<FO=none>';
  const name = fo.experimental ? 'FOEXP' : 'FO';
  switch (fo.kind) {
    case 'request':
      return `<${name}=request>`;
    case 'octets':
      return `<${name}=0x${fo.hex}>`;
    case 'name':
      return `<${name}=${fo.name}>`;
    case 'bind':
      return `<${name}==${fo.name}>`;
  }
}

function utoText(uto: SegmentPattern['uto']): string {
  if (uto === undefined) return '';
  return `<UTO=${uto === 'none' ? uto : durationText(uto)}>`;
}

const field = (name: string, value: Value | undefined): string =>
  value === undefined ? '' : `<${name}=${valueText(value)}>`;

const blockText = ({ left, right }: { readonly left: Value; readonly right: Value }): string =>
  `${valueText(left)}:${valueText(right)}`;
