/**
 * A packet of a script: `< [ect0] P. 1:1001(1000) ack 1 win 257 <nop,nop,TS val 1 ecr 2>`, or an ICMP error:
 * `< icmp unreachable frag_needed mtu 1200 [1:1461(1460)]`.
 */
import { unknown } from '../ladder/spelling.ts';
import { ACK, AE, aceBits, CWR, ECE, FIN, PSH, RST, SYN, URG } from '../../wire/segment.ts';
import {
  ECN_SPECS,
  type AccEcnCounter,
  type IcmpPacket,
  type IpInfo,
  type PacketAction,
  type TcpOption,
  type TcpPacket,
} from './ast.ts';
import type { Definitions } from './parse.ts';
import { Unsupported, type Scanner } from './scanner.ts';

/** Letters of flags, in the order in which they are printed. */
export const FLAG_LETTERS: readonly (readonly [string, number])[] = [
  ['S', SYN],
  ['F', FIN],
  ['R', RST],
  ['P', PSH],
  ['U', URG],
  ['E', ECE],
  ['W', CWR],
  ['A', AE],
  ['.', ACK],
];

const WORD = /[A-Za-z_][A-Za-z_0-9]*/y;
const INTEGER = /0x[0-9a-fA-F]+|\d+/y;
const FLAGS = /[SFRPUECWA.]+[0-7]?(?=\s)|-(?=\s)/y;
const ENCAPSULATIONS = ['encap', 'udp', 'gre', 'mpls', 'ipv4', 'ipv6', 'ip'];

export function parsePacket(scanner: Scanner, definitions: Definitions): PacketAction {
  const direction = scanner.eat('<') ? 'in' : 'out';
  if (direction === 'out') scanner.expect('>', 'before a packet');
  const ip = ipInfo(scanner);
  const start = scanner.position;
  if (scanner.take(/icmp\b/y) !== undefined) {
    return { kind: 'packet', direction, ip, body: icmp(scanner, definitions) };
  }
  const flags = scanner.take(FLAGS);
  if (flags === undefined) {
    const word = scanner.take(WORD);
    if (word !== undefined && ENCAPSULATIONS.includes(word)) {
      throw new Unsupported(
        word === 'encap' ? `encap ${scanner.take(WORD) ?? ''}`.trim() : `${word} packets`,
        scanner.place(start).line,
      );
    }
    const found = word === undefined ? scanner.next() : `'${word}'`;
    throw scanner.errorAt(
      scanner.position - (word?.length ?? 0),
      word?.length ?? 1,
      `expected the flags of a segment, such as S, S., P. or -, found ${found}`,
    );
  }
  const body = tcp(scanner, flags, definitions);
  if (direction === 'in') mayBeSent(scanner, body);
  return { kind: 'packet', direction, ip, body };
}

function mayBeSent(scanner: Scanner, body: TcpPacket): void {
  if (body.options === undefined) {
    throw scanner.error(
      'a packet that arrives must say its options: <...> is for those that leave',
    );
  }
}

/** `[ect0]`, `(tos 0x10, ttl 64)` */
function ipInfo(scanner: Scanner): IpInfo {
  const info: { -readonly [K in keyof IpInfo]: IpInfo[K] } = {
    ecn: undefined,
    tos: undefined,
    ttl: undefined,
    flowLabel: undefined,
  };
  const close = scanner.eat('[') ? ']' : scanner.eat('(') ? ')' : undefined;
  if (close === undefined) return info;
  do {
    const word = scanner.take(WORD) ?? '';
    const ecn = ECN_SPECS.find((spec) => spec === word);
    if (ecn !== undefined) info.ecn = ecn;
    else if (word === 'tos') info.tos = integer(scanner, 'after tos');
    else if (word === 'ttl') info.ttl = integer(scanner, 'after ttl');
    else if (word === 'flowlabel') info.flowLabel = integer(scanner, 'after flowlabel');
    else {
      const known = [...ECN_SPECS, 'tos', 'ttl', 'flowlabel'];
      throw scanner.errorAt(
        scanner.position - word.length,
        word.length,
        unknown('field of the IP header', word, known),
      );
    }
  } while (scanner.eat(','));
  scanner.expect(close, 'behind the fields of the IP header');
  return info;
}

function tcp(scanner: Scanner, flags: string, definitions: Definitions): TcpPacket {
  const { seq, length } = range(scanner);
  let ack: number | undefined;
  let win: number | undefined;
  let urg: number | undefined;
  if (scanner.take(/ack\b/y) !== undefined) ack = integer(scanner, 'after ack');
  if (scanner.take(/win\b/y) !== undefined) win = integer(scanner, 'after win');
  if (scanner.take(/urg\b/y) !== undefined) urg = integer(scanner, 'after urg');
  const options = optionList(scanner, definitions);
  const bits = flagBits(flags);
  return { kind: 'tcp', flags: bits, seq, length, ack, win, urg, options };
}

function flagBits(flags: string): number {
  let bits = 0;
  for (const letter of flags) {
    if (letter >= '0' && letter <= '7') bits |= aceBits(Number(letter));
    else if (letter === 'C')
      bits |= CWR; // another spelling
    else bits |= FLAG_LETTERS.find(([known]) => known === letter)?.[1] ?? 0;
  }
  return bits;
}

/** `1:1001(1000)`; the three numbers must agree. */
function range(scanner: Scanner): { readonly seq: number; readonly length: number } {
  scanner.skip();
  const from = scanner.position;
  const seq = integer(scanner, 'where the sequence number stands');
  scanner.expect(':', 'between the sequence numbers of a segment');
  const end = integer(scanner, 'where the sequence number behind the text stands');
  scanner.expect('(', 'before the octets of text');
  const length = integer(scanner, 'of octets of text');
  scanner.expect(')', 'behind the octets of text');
  if ((seq + length) >>> 0 !== end >>> 0) {
    const width = scanner.position - from;
    throw scanner.errorAt(
      from,
      width,
      `${seq} and ${length} octets are ${seq + length}, not ${end}`,
    );
  }
  return { seq, length };
}

/** `<mss 1460,nop>`; `<...>` is undefined; none: []. */
function optionList(scanner: Scanner, definitions: Definitions): readonly TcpOption[] | undefined {
  // `<` of an event that follows has its time before it, so this one is ours
  if (!scanner.eat('<')) return [];
  if (scanner.eat('...')) {
    scanner.expect('>', 'behind <...');
    return undefined;
  }
  const options: TcpOption[] = [];
  if (scanner.eat('>')) return options;
  do options.push(option(scanner, definitions));
  while (scanner.eat(','));
  scanner.expect('>', 'behind the options of a segment');
  return options;
}

const OPTION_WORDS = [
  'nop',
  'eol',
  'mss',
  'wscale',
  'sackOK',
  'sack',
  'TS',
  'FO',
  'FOEXP',
  'ECN',
  'md5',
];

function option(scanner: Scanner, definitions: Definitions): TcpOption {
  scanner.skip();
  const from = scanner.position;
  const word = scanner.take(/[A-Za-z]+\d*/y) ?? '';
  switch (word) {
    case 'nop':
    case 'eol':
    case 'sackOK':
      return { kind: word };
    case 'mss':
    case 'wscale':
      return { kind: word, value: numberOrName(scanner, definitions, `after ${word}`) };
    case 'sack':
      return { kind: word, blocks: sackBlocks(scanner) };
    case 'TS': {
      expectWord(scanner, 'val');
      const val = integer(scanner, 'after TS val');
      expectWord(scanner, 'ecr');
      return { kind: word, val, ecr: integer(scanner, 'after ecr') };
    }
    case 'FO':
    case 'FOEXP':
      return { kind: word, cookie: cookie(scanner, definitions) };
    case 'ECN':
      return { kind: word, counters: accEcn(scanner) };
    case 'md':
    case 'md5':
      throw new Unsupported('TCP MD5 signatures (RFC 2385)', scanner.place(from).line);
    default:
  }
  const number = /^(?:opt|unknown|kind)(\d{1,3})$/.exec(word)?.[1];
  if (number !== undefined) {
    const hex = scanner.take(/[0-9a-fA-F]+/y) ?? '';
    return { kind: 'unknown', number: Number(number), hex };
  }
  throw scanner.errorAt(from, word.length, unknown('TCP option', word, OPTION_WORDS));
}

function expectWord(scanner: Scanner, word: string): void {
  if (scanner.take(WORD) !== word) throw scanner.error(`expected '${word}' in a timestamp`);
}

function sackBlocks(scanner: Scanner): (readonly [number, number])[] {
  const blocks: (readonly [number, number])[] = [];
  do {
    const left = integer(scanner, 'where a SACK block begins');
    scanner.expect(':', 'in a SACK block');
    blocks.push([left, integer(scanner, 'where a SACK block ends')]);
    scanner.skip();
  } while (/\d/.test(scanner.text[scanner.position] ?? ''));
  return blocks;
}

function cookie(scanner: Scanner, definitions: Definitions): string {
  const from = scanner.position;
  const word = scanner.take(/[A-Za-z_0-9]+/y) ?? '';
  const hex = definitions[word] ?? word;
  if (/^[0-9a-fA-F]*$/.test(hex)) return hex.toLowerCase();
  throw scanner.errorAt(
    from + 1,
    word.length,
    `'${word}' is no cookie in hexadecimal, and not defined`,
  );
}

function accEcn(scanner: Scanner): AccEcnCounter[] {
  const counters: AccEcnCounter[] = [];
  for (;;) {
    const name = scanner.take(/(?:e0b|ceb|e1b)\b/y);
    if (name !== 'e0b' && name !== 'ceb' && name !== 'e1b') return counters;
    counters.push({ name, value: integer(scanner, `after ${name}`) });
  }
}

const ICMP_TYPES = [
  'unreachable',
  'packet_too_big',
  'time_exceeded',
  'parameter_problem',
  'source_quench',
];

function icmp(scanner: Scanner, definitions: Definitions): IcmpPacket {
  scanner.skip();
  const from = scanner.position;
  const type = scanner.take(WORD) ?? '';
  if (!ICMP_TYPES.includes(type)) {
    throw scanner.errorAt(from, type.length, unknown('ICMP type', type, ICMP_TYPES));
  }
  let code: string | undefined;
  let mtu: number | undefined;
  for (let word = scanner.take(WORD); word !== undefined; word = scanner.take(WORD)) {
    if (word === 'mtu') mtu = integer(scanner, 'after mtu');
    else code = definitions[word] ?? word;
  }
  let quoted: IcmpPacket['quoted'];
  if (scanner.eat('[')) {
    quoted = range(scanner);
    scanner.expect(']', 'behind what the error quotes');
  }
  return { kind: 'icmp', type, code, mtu, quoted };
}

function numberOrName(scanner: Scanner, definitions: Definitions, where: string): number {
  const name = scanner.take(WORD);
  if (name === undefined) return integer(scanner, where);
  const defined = definitions[name];
  if (defined !== undefined) return Number(defined);
  throw new Unsupported(
    `the name ${name}, which -D ${name}=N would define`,
    scanner.place(scanner.position - name.length).line,
  );
}

function integer(scanner: Scanner, where: string): number {
  const digits = scanner.take(INTEGER);
  if (digits === undefined) {
    throw scanner.error(`expected a number ${where}, found ${scanner.next()}`);
  }
  return Number(digits);
}
