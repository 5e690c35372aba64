/**
 * What a ladder says, as plain data: the notation of RFC 9293 §3.5 and §3.6, Figures 6 to 13.
 * `parse.ts` and `markdown.ts` make these, `print.ts` writes them back, the runner plays them.
 * Lines and columns count from 1. Times are milliseconds, sizes octets.
 */

/** Where something stands in its file; line and column from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Left is A, right is B. */
export type Side = 'A' | 'B';

/** RFC 9293 §3.3.2, in its order. */
export const STATE_NAMES = [
  'LISTEN',
  'SYN-SENT',
  'SYN-RECEIVED',
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
  'CLOSED',
] as const;
export type StateName = (typeof STATE_NAMES)[number];

/** In the order of `<CTL=SYN,ACK>`: RFC 9293 §3.1. */
export const CONTROL_BITS = ['SYN', 'FIN', 'RST', 'PSH', 'URG', 'ACK', 'ECE', 'CWR', 'AE'] as const;
export type ControlBit = (typeof CONTROL_BITS)[number];

/** One ladder: a header and rows. */
export interface Ladder {
  /** As `use:` names it: `rfc9293/figure-06-basic-handshake`, or a Markdown heading. */
  readonly name: string;
  readonly file: string;
  readonly title: string; //                    '' when none is given
  readonly cite: string | undefined; //         'RFC 9293 §3.5, Figure 6'
  readonly notes: readonly string[]; //         what to look for
  readonly requirements: readonly string[]; //  'MUST-10'
  /** Successive ISSs of a side, unsigned; empty: the runner infers them. */
  readonly iss: { readonly A: readonly number[]; readonly B: readonly number[] };
  readonly lets: readonly Let[];
  readonly use: { readonly name: string; readonly place: Place } | undefined;
  readonly scripted: Side | undefined; //       `peer: B scripted`; A never is
  readonly options: readonly (Setting & { readonly side: Side })[];
  readonly network: readonly Setting[];
  readonly strict: boolean; //                  options and PSH that a row does not name are not there
  readonly family: 4 | 6 | 'both'; //           'both' unless the file says otherwise
  readonly shiftOff: string | undefined; //     why it is not rerun with shifted sequence numbers
  /** Labels of the rows that are known to differ: `<!-- differs: 3, 5 -->` under a table. */
  readonly known: readonly string[];
  readonly markdown: boolean; //                read from a table: notes may be on the rows
  readonly rows: readonly Row[];
  readonly place: Place; //                     of the first line, or of the table
}

/** `let: Z=100` */
export interface Let {
  readonly name: string;
  readonly value: number;
  readonly place: Place;
}

/** `mss=1000`, `delay=10ms`, `noDelay=true`, `receiveBuffer=infinite`, `congestion=reno`. */
export interface Setting {
  readonly key: string;
  /** A time is in milliseconds; `infinite` is Infinity; any other word is itself. */
  readonly value: number | boolean | string;
  readonly text: string; // the value as written: `10ms`
  readonly place: Place;
}

export interface Row {
  readonly label: string | undefined; //   '2', '2a'
  readonly at: RowTime | undefined;
  readonly left: Cell;
  readonly right: Cell; //                 empty when the peer is scripted
  readonly movement: Movement | undefined;
  readonly comment: string | undefined;
  readonly notes: readonly string[]; //    the Markdown reader's: 'SYN_SENT is read as SYN-SENT'
  readonly source: string; //              the line as written, tabs expanded
  readonly place: Place;
}

/** `@1s`: since the ladder began. `@+200ms`: since the row before. */
export interface RowTime {
  readonly kind: 'absolute' | 'relative';
  readonly ms: number;
  readonly place: Place;
}

/**
 * What a segment does in one row.
 *
 * | notation          | from | departs | arrives | lost  |
 * | ----------------- | ---- | ------- | ------- | ----- |
 * | `--> seg -->`     | A    | true    | true    | false |
 * | `--> seg ...`     | A    | true    | false   | false |
 * | `... seg -->`     | A    | false   | true    | false |
 * | `--> seg X`       | A    | true    | false   | true  |
 * | `... seg --X`     | A    | false   | false   | true  |
 *
 * and the mirror image from B. The last one loses a segment that an earlier row left in the network.
 */
export interface Passage {
  readonly from: Side;
  readonly departs: boolean;
  readonly arrives: boolean;
  readonly lost: boolean;
}

export interface Movement extends Passage {
  /** The script makes this segment: from B under `peer: B scripted`. */
  readonly scripted: boolean;
  readonly segment: SegmentPattern;
  readonly place: Place; // of the first arrow
}

/** `<SEQ=100><ACK=301><CTL=SYN,ACK>`; a field that is not named is undefined. */
export interface SegmentPattern {
  readonly seq: Value | undefined;
  readonly ack: Value | undefined;
  readonly ctl: readonly ControlBit[] | undefined; // [] for `CTL=none`
  readonly wnd: Value | undefined; //  as in the header, 0 to 65535
  readonly up: Value | undefined; //   as in the header
  /** Octets of text: `<DATA=10>` or `<LEN=10>`; 'some' for `<DATA>`, one or more. */
  readonly len: Value | 'some' | undefined;
  readonly mss: Value | undefined;
  readonly ws: Value | undefined; //     Window Scale shift count
  readonly sackOk: boolean | undefined; // `<SACKOK>` true, `<SACKOK=no>` false
  readonly sack: readonly SackBlock[] | undefined; // `<SACK=100:200,300:400>`, [] for `SACK=none`
  readonly tsval: Value | undefined;
  readonly tsecr: Value | undefined;
  /** `<OPT=mss,sackok,ts,nop,ws>`: kinds as they stand in the header, fillers too; [] for `none`. */
  readonly opt: readonly string[] | undefined;
  /** The Fast Open option: `<FO=request>`, `<FO=none>`, `<FO=0x0123456789abcdef>`, `<FO==c>`. */
  readonly fo: CookiePattern | undefined;
  readonly uto: number | 'none' | undefined; // the User Timeout option: `<UTO=100s>`, ms
  readonly ecn: 'none' | 'ECT0' | 'ECT1' | 'CE' | undefined; // of the IP header, RFC 3168 §5
  /** RFC 9768 §3.2.2: AE, CWR and ECE as one number; CTL then says nothing of them. */
  readonly ace: Value | undefined;
  readonly accEcn: AccEcnPattern | 'no' | undefined;
  readonly text: string; //  as written
  readonly place: Place;
}

/** `<ACCECN0=1,0,1>`, `<ACCECN1=none>`; `<ACCECN=no>`: the option is not there. */
export interface AccEcnPattern {
  readonly order: 0 | 1;
  readonly counters: readonly Value[];
}

/** `=c` binds the name to whatever stands there; `FOEXP` is the form of RFC 7413, appendix B. */
export type CookiePattern =
  | { readonly kind: 'none' }
  | { readonly kind: 'request'; readonly experimental: boolean }
  | { readonly kind: 'octets'; readonly hex: string; readonly experimental: boolean }
  | { readonly kind: 'name' | 'bind'; readonly name: string; readonly experimental: boolean };

export interface SackBlock {
  readonly left: Value;
  readonly right: Value;
}

/** `100` or `0x64`; `Z`, `Z+1`; `=ts1` binds the name to whatever stands there. */
export type Value =
  | { readonly kind: 'number'; readonly value: number; readonly place: Place }
  | { readonly kind: 'name'; readonly name: string; readonly plus: number; readonly place: Place }
  | { readonly kind: 'bind'; readonly name: string; readonly place: Place };

/** One side of a row, in the order written: a state is the one after everything left of it. */
export type Cell = readonly CellItem[];

export type CellItem =
  | StateItem
  | CallItem
  | IcmpItem
  | ExpectItem
  | StatusItem
  | PassItem
  | SilenceItem
  | PositionItem
  | RemarkItem;

export interface StateItem {
  readonly kind: 'state';
  readonly state: StateName;
  readonly place: Place;
}

/** `(close)`, `(close = "error: connection closing")`, `(receive = 2000)`. */
export interface CallItem {
  readonly kind: 'call';
  readonly call: Call;
  readonly answer: Answer | undefined; // what the call must answer
  readonly place: Place;
}

export type Call =
  | { readonly name: 'open' } //     active OPEN
  | { readonly name: 'listen' } //   passive OPEN
  | { readonly name: 'close' }
  | { readonly name: 'abort' }
  | {
      readonly name: 'send';
      readonly octets: number;
      readonly push: boolean;
      readonly urgent: boolean;
    }
  | { readonly name: 'receive'; readonly octets: number | undefined } // undefined: all there is
  | { readonly name: 'status' }
  | { readonly name: 'reboot' } //   `(reboot)` and `(crash)`: all memory of connections is gone
  | { readonly name: 'release' } //  the application goes away
  | { readonly name: 'nodelay'; readonly on: boolean }
  | { readonly name: 'keepalive'; readonly on: boolean; readonly times?: KeepAliveTimes }
  | { readonly name: 'cork'; readonly on: boolean }
  | { readonly name: 'quickack'; readonly on: boolean }
  | { readonly name: 'maxseg'; readonly octets: number }
  | { readonly name: 'fast open'; readonly octets: number } // active OPEN with text
  | { readonly name: 'user timeout'; readonly ms: number }; // Infinity for none

/** `(keepalive on 10s 5s 3)`: idle time and interval in ms, probes. */
export interface KeepAliveTimes {
  readonly idle: number;
  readonly interval: number;
  readonly probes: number;
}

/** `= 2000` octets taken or delivered; `= ok`; `= "error: …"` the RFC's sentence. */
export type Answer =
  | { readonly kind: 'octets'; readonly octets: number; readonly place: Place }
  | { readonly kind: 'ok'; readonly place: Place }
  | { readonly kind: 'text'; readonly text: string; readonly place: Place };

export const ICMP_TYPES = [
  'unreachable',
  'source-quench',
  'time-exceeded',
  'parameter-problem',
  'too-big',
] as const;

/** `(icmp unreachable 4 mtu=1200)`: an ICMP error about the last segment this side sent arrives. */
export interface IcmpItem {
  readonly kind: 'icmp';
  readonly type: (typeof ICMP_TYPES)[number];
  readonly code: number; //                  0 when not given
  readonly mtu: number | undefined;
  readonly seq: Value | undefined; //        `seq=N`: quotes this sequence number instead
  readonly place: Place;
}

export const EVENT_NAMES = [
  'established',
  'readable',
  'writable',
  'urgent',
  'end',
  'r1',
  'reset',
  'refused',
  'timeout',
  'aborted',
  'closed',
  'unreachable',
  'nothing',
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

/** `(expect reset)`: the user of this side has been told. `(expect nothing)`: told nothing more. */
export interface ExpectItem {
  readonly kind: 'expect';
  readonly event: EventName;
  readonly text: string | undefined; // `(expect reset "error: connection reset")`
  readonly place: Place;
}

export const STATUS_NAMES = [
  'snd.una',
  'snd.nxt',
  'snd.wnd',
  'rcv.nxt',
  'rcv.wnd',
  'cwnd',
  'ssthresh',
  'rto',
  'srtt',
  'unread',
  'urgent',
] as const;
export type StatusName = (typeof STATUS_NAMES)[number];

/** `(snd.una = 101)`, `(cwnd >= 4380)`, `(rto = 1s)` in milliseconds. */
export interface StatusItem {
  readonly kind: 'status';
  readonly name: StatusName;
  readonly relation: '=' | '<' | '<=' | '>' | '>=';
  readonly value: Value;
  readonly place: Place;
}

/**
 * Time passes: `(advance 200ms)`, `(after 1s)`, `(2 MSL)`. In both cells of a row it is the same
 * time that passes.
 */
export interface PassItem {
  readonly kind: 'pass';
  readonly unit: 'ms' | 'MSL';
  readonly amount: number;
  readonly place: Place;
}

/** `(silence 10s)`: so much time passes and nobody sends anything. */
export interface SilenceItem {
  readonly kind: 'silence';
  readonly ms: number;
  readonly place: Place;
}

/** `(send 300, receive 100)`: SND.NXT is 300 and RCV.NXT 100 here. A fact, not a call. */
export interface PositionItem {
  readonly kind: 'position';
  readonly sndNxt: Value;
  readonly rcvNxt: Value;
  readonly place: Place;
}

/**
 * `(??)` unknown, `(!!)` surprise, `(ABORT!!)`, `(return to LISTEN!)`, `(duplicate)` and `(forged)`
 * (the segment of this row need not have been sent in this ladder), `("anything else")` other.
 */
export interface RemarkItem {
  readonly kind: 'remark';
  readonly meaning:
    'unknown' | 'surprise' | 'abort' | 'return-to-listen' | 'duplicate' | 'forged' | 'other';
  readonly text: string; // without the parentheses
  readonly place: Place;
}
