/** Packets in the notation of scripts: `> P. 1:1001(1000) ack 1 <nop,nop,TS val 1 ecr 2>`. */
import { ACE, ACK } from '../../wire/segment.ts';
import type { IcmpPacket, IpInfo, PacketAction, TcpOption, TcpPacket } from './ast.ts';
import { FLAG_LETTERS } from './parse-packet.ts';

export function printAction({ direction, ip, body }: PacketAction): string {
  const sign = direction === 'in' ? '<' : '>';
  const info = ipText(ip);
  const packet = body.kind === 'tcp' ? printTcp(body) : printIcmp(body);
  return `${sign} ${info}${packet}`;
}

function ipText({ ecn, tos, ttl, flowLabel }: IpInfo): string {
  const parts = [
    ecn,
    tos === undefined ? undefined : `tos 0x${tos.toString(16)}`,
    ttl === undefined ? undefined : `ttl ${ttl}`,
    flowLabel === undefined ? undefined : `flowlabel 0x${flowLabel.toString(16)}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : `[${parts.join(', ')}] `;
}

export function printTcp({ flags, seq, length, ack, win, urg, options }: TcpPacket): string {
  const parts = [`${printFlags(flags)} ${seq}:${(seq + length) >>> 0}(${length})`];
  if (ack !== undefined) parts.push(`ack ${ack}`);
  if (win !== undefined) parts.push(`win ${win}`);
  if (urg !== undefined) parts.push(`urg ${urg}`);
  if (options === undefined) parts.push('<...>');
  else if (options.length > 0) parts.push(`<${options.map(printOption).join(',')}>`);
  return parts.join(' ');
}

/** `S.`, `P.`, `-` for none. */
export function printFlags(flags: number): string {
  const letters = FLAG_LETTERS.filter(([, bit]) => (flags & bit) !== 0).map(([letter]) => letter);
  return (flags & (ACE | ACK | 0x3f)) === 0 ? '-' : letters.join('');
}

export function printOption(option: TcpOption): string {
  switch (option.kind) {
    case 'nop':
    case 'eol':
    case 'sackOK':
      return option.kind;
    case 'mss':
    case 'wscale':
      return `${option.kind} ${option.value}`;
    case 'sack':
      return `sack ${option.blocks.map(([left, right]) => `${left}:${right}`).join(' ')}`;
    case 'TS':
      return `TS val ${option.val} ecr ${option.ecr}`;
    case 'FO':
    case 'FOEXP':
      return `${option.kind} ${option.cookie}`.trimEnd();
    case 'ECN':
      return ['ECN', ...option.counters.map(({ name, value }) => `${name} ${value}`)].join(' ');
    case 'unknown':
      return `kind${option.number} ${option.hex}`.trimEnd();
  }
}

function printIcmp({ type, code, mtu, quoted }: IcmpPacket): string {
  const parts = ['icmp', type];
  if (code !== undefined) parts.push(code);
  if (mtu !== undefined) parts.push(`mtu ${mtu}`);
  if (quoted !== undefined) {
    const { seq, length } = quoted;
    parts.push(`[${seq}:${seq + length}(${length})]`);
  }
  return parts.join(' ');
}
