/**
 * A packetdrill script as plain data: what `parse.ts` makes, `run.ts` plays and `print.ts` writes. Times are
 * microseconds, as the language has them.
 */
import type { Place } from '../ladder/ast.ts';

export type { Place };

export interface Script {
  readonly file: string;
  readonly options: readonly ScriptOption[]; // `--name=value` lines
  readonly init: Command | undefined; //        back-quoted, before everything
  readonly events: readonly ScriptEvent[];
  readonly cleanup: Command | undefined;
}

export interface ScriptOption {
  readonly name: string;
  readonly value: string; // '' when there is none
  readonly place: Place;
}

export interface ScriptEvent {
  readonly place: Place;
  /** The lines it takes, as they stand in the script. */
  readonly text: string;
  readonly time: EventTime;
  readonly action: Action;
}

export interface EventTime {
  readonly kind: 'absolute' | 'relative' | 'any';
  readonly at: number;
  /** `a~b`: the latest it may happen. */
  readonly until: number | undefined;
  /** `a...b` of a call that blocks: when it returns. */
  readonly end: number | undefined;
}

export type Action = PacketAction | CallAction | CodeAction | CommandAction;

export interface PacketAction {
  readonly kind: 'packet';
  readonly direction: 'in' | 'out';
  readonly ip: IpInfo;
  readonly body: TcpPacket | IcmpPacket;
}

/** What stands in brackets before a packet; undefined is not looked at. */
export interface IpInfo {
  readonly ecn: EcnSpec | undefined;
  readonly tos: number | undefined;
  readonly ttl: number | undefined;
  readonly flowLabel: number | undefined;
}

export const ECN_SPECS = ['noecn', 'ect0', 'ect1', 'ce', 'ect01'] as const;
export type EcnSpec = (typeof ECN_SPECS)[number];

export interface TcpPacket {
  readonly kind: 'tcp';
  readonly flags: number; //                 control bits as in wire/segment.ts
  readonly seq: number;
  readonly length: number; //                octets of text
  readonly ack: number | undefined;
  readonly win: number | undefined;
  readonly urg: number | undefined;
  /** Undefined: `<...>`, not looked at. */
  readonly options: readonly TcpOption[] | undefined;
}

export type TcpOption =
  | { readonly kind: 'nop' | 'eol' | 'sackOK' }
  | { readonly kind: 'mss' | 'wscale'; readonly value: number }
  | { readonly kind: 'sack'; readonly blocks: readonly (readonly [number, number])[] }
  | { readonly kind: 'TS'; readonly val: number; readonly ecr: number }
  | { readonly kind: 'FO' | 'FOEXP'; readonly cookie: string } // hexadecimal, '' asks for one
  | { readonly kind: 'ECN'; readonly counters: readonly AccEcnCounter[] }
  | { readonly kind: 'unknown'; readonly number: number; readonly hex: string };

export interface AccEcnCounter {
  readonly name: 'e0b' | 'ceb' | 'e1b';
  readonly value: number;
}

export interface IcmpPacket {
  readonly kind: 'icmp';
  readonly type: string; //                  'unreachable'
  readonly code: string | undefined; //      'frag_needed', or a number
  readonly mtu: number | undefined;
  /** Of the segment it quotes. */
  readonly quoted: { readonly seq: number; readonly length: number } | undefined;
}

export interface CallAction {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expression[];
  readonly result: Expression; //            '...' when anything will do
  readonly errno: string | undefined;
  readonly note: string | undefined; //      in parentheses
}

export type Expression =
  | { readonly kind: 'any' } //                                `...`
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'name'; readonly name: string; readonly place: Place }
  | { readonly kind: 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] }
  | { readonly kind: 'apply'; readonly name: string; readonly args: readonly Expression[] };

export interface Field {
  readonly name: string | undefined; // undefined: by its position
  readonly value: Expression;
}

export interface CodeAction {
  readonly kind: 'code';
  readonly source: string; // between %{ and }%
}

export interface CommandAction {
  readonly kind: 'command';
  readonly command: Command;
}

/** Between back-quotes. */
export interface Command {
  readonly text: string;
  readonly place: Place;
}
