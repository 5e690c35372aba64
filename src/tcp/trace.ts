/**
 * What a connection decides, told as it happens: every change of the variables of RFC 5681 §2, RFC 6298
 * §2 and RFC 6675 §2 with the rule that made it, and the segments between them. The tracer looks at the
 * TCB after each call of Connection and compares; the protocol's code knows nothing of it.
 */
import { printControl } from '../wire/print.ts';
import { ACK, segLen, SYN, type Segment } from '../wire/segment.ts';
import { diff, le, lt, seq, toU32, ZERO, type Seq } from '../wire/seq.ts';
import { INFINITE_SSTHRESH } from './congestion/control.ts';
import { Phase, PHASE_NAMES, type PhaseName } from './recovery/recovery.ts';
import { cwndOf, loneFin, pipe, senderInFlight, ssthreshOf } from './sender.ts';
import type { State } from './state.ts';
import type { Tcb } from './tcb.ts';
import { Timer } from './timers.ts';

/** Numbers that change. */
export type TracedNumber =
  | 'cwnd' //     octets, RFC 5681 §2
  | 'ssthresh' // octets, RFC 5681 §3.1; null: arbitrarily high
  | 'pipe' //     octets held to be in the network, RFC 6675 §4
  | 'srtt' //     ms, RFC 6298 §2; null: nothing was measured
  | 'rttvar' //   ms, RFC 6298 §2
  | 'rto' //      ms, RFC 6298 §2, backed off where it was
  | 'pacing' //   octets per ms; 0: not paced
  | 'wnd'; //     octets, SND.WND, scaled

/** A number took another value. */
export interface TraceNumber {
  readonly event: TracedNumber;
  readonly value: number | null;
  /** null also before the first value. */
  readonly previous: number | null;
  /** The rule, with its section: `RFC 9438 §4.6: multiplicative decrease`. */
  readonly because: string;
}

/** The connection, or its recovery from losses, took another state. */
export interface TraceState {
  /** `state`: RFC 9293 §3.3.2. `recovery`: `open`, `disorder`, `cwr`, `recovery` or `loss`. */
  readonly event: 'state' | 'recovery';
  readonly value: string;
  readonly previous: string | null;
  readonly because: string;
}

/** A segment was made to be sent. */
export interface TraceSent {
  readonly event: 'sent';
  /** Absolute, 0 to 2^32 - 1. */
  readonly seq: number;
  /** SEG.LEN: octets of sequence space; SYN and FIN count 1 each. */
  readonly length: number;
  /** Control bits: `PSH,ACK`. */
  readonly ctl: string;
  /** null: without ACK. */
  readonly ack: number | null;
  /** SEG.WND in octets, scaled. */
  readonly window: number;
  /** Its sequence numbers, or some of them, were sent before. */
  readonly retransmission: boolean;
  readonly because: string;
}

/** A segment arrived, before anything was checked. */
export interface TraceReceived {
  readonly event: 'received';
  readonly seq: number;
  readonly length: number;
  readonly ctl: string;
  readonly ack: number | null;
  readonly window: number;
  /** Left and right edges of the SACK blocks, RFC 2018 §3. */
  readonly sack: readonly (readonly [number, number])[];
  /** The first of them is a D-SACK: RFC 2883 §4. */
  readonly dsack: boolean;
}

/** Octets in flight were given up for lost. */
export interface TraceLost {
  readonly event: 'lost';
  readonly seq: number;
  readonly length: number;
  readonly because: string;
}

/** A round trip was measured, and went into SRTT. */
export interface TraceRtt {
  readonly event: 'rtt';
  /** ms */
  readonly value: number;
}

/** A deadline came. */
export interface TraceTimer {
  readonly event: 'timer';
  /** As in timers.ts, in kebab case, and `reordering`, `probe` of RFC 8985 §8: `delayed-ack`. */
  readonly timer: string;
}

/** Plain objects of numbers and strings: each is JSON. */
export type TraceEvent =
  TraceNumber | TraceState | TraceSent | TraceReceived | TraceLost | TraceRtt | TraceTimer;

/** Gets each event as it happens, with the time in ms; must call nothing of the connection. */
export type TraceSink = (now: number, event: TraceEvent) => void;

const TIMERS = Object.entries(Timer).map(([name, timer]) => [kebab(name), timer] as const);

function kebab(name: string): string {
  let kebab = '';
  for (const letter of name) {
    const small = letter.toLowerCase();
    kebab += letter !== small && kebab !== '' ? `-${small}` : small;
  }
  return kebab;
}

/** What the timer of RFC 8985 §8 is armed for, by Armed. */
const ARMED = ['retransmit', 'reordering', 'probe'] as const;

/** Watches one connection, from when it is put into its `tracer`. */
export class Tracer {
  /** Of the last call that had a time; a stack keeps it right for those that have none. */
  now = 0;
  readonly #tcb: Tcb;
  readonly #sink: TraceSink;
  readonly #numbers: Record<TracedNumber, number | null> = {
    cwnd: null,
    ssthresh: null,
    pipe: null,
    srtt: null,
    rttvar: null,
    rto: null,
    pacing: null,
    wnd: null,
  };
  #state: State | null = null;
  #recovery: string | null = null;
  #nxt: Seq = ZERO; //      SND.NXT of the last comparison
  #syn: Seq | undefined = undefined; // our ISS, once the SYN was sent
  #una: Seq = ZERO; //      SND.UNA then
  #losses = 0; //           how often something was held for lost, by then
  #sacked = 0; //           octets SACKed then
  #rtts = 0; //             round trips measured by then
  #backoffs = 0; //         of the RTO then
  readonly #told = new Map<number, number>(); // lost parts that were told of: start, retransmissions

  constructor(tcb: Tcb, sink: TraceSink) {
    this.#tcb = tcb;
    this.#sink = sink;
  }

  /** `seg` is about to be looked at. */
  arrives(now: number, seg: Segment): void {
    this.now = now;
    const shift = (seg.ctl & SYN) !== 0 ? 0 : this.#tcb.snd.shift; // RFC 7323 §2.2
    const sack: (readonly [number, number])[] = [];
    for (let i = 0; i < seg.sackCount; i++) {
      sack.push([(seg.sack[2 * i] ?? 0) >>> 0, (seg.sack[2 * i + 1] ?? 0) >>> 0]);
    }
    this.#tell({
      event: 'received',
      seq: toU32(seg.seq),
      length: segLen(seg),
      ctl: printControl(seg.ctl),
      ack: (seg.ctl & ACK) === 0 ? null : toU32(seg.ack),
      window: seg.wnd * 2 ** shift,
      sack,
      dsack: isDsack(seg),
    });
  }

  /** The deadlines up to `now` are about to be dealt with. */
  deadlines(now: number): void {
    this.now = now;
    for (const [name, timer] of TIMERS) {
      if (this.#tcb.timers.at(timer) > now) continue;
      const armed = timer === Timer.Retransmit ? senderInFlight(this.#tcb)?.armed : undefined;
      this.#tell({ event: 'timer', timer: armed === undefined ? name : ARMED[armed] });
    }
  }

  /** `seg` was made to be sent. */
  sent(now: number, seg: Segment): void {
    this.now = now;
    const shift = (seg.ctl & SYN) !== 0 ? 0 : this.#tcb.rcv.shift;
    const length = segLen(seg);
    const again = length > 0 && (seg.seq === this.#syn || lt(seg.seq, this.#nxt));
    const first = (seg.ctl & SYN) !== 0 && seg.seq !== this.#syn;
    if (first) this.#syn = seg.seq;
    this.#tell({
      event: 'sent',
      seq: toU32(seg.seq),
      length,
      ctl: printControl(seg.ctl),
      ack: (seg.ctl & ACK) === 0 ? null : toU32(seg.ack),
      window: seg.wnd * 2 ** shift,
      retransmission: again && !first,
      because: again && !first && this.#tcb.snd.wnd > 0 ? this.#why : this.#tcb.because,
    });
    this.changed(now);
  }

  /** A call is over: tells of all that is not as it was after the one before. */
  changed(now: number = this.now): void {
    this.now = now;
    const tcb = this.#tcb;
    const { snd, sender } = tcb;
    this.#states(tcb.state);
    const losses = this.#losses;
    this.#lost();
    this.#roundTrips(tcb);
    this.#number('wnd', snd.wnd, tcb.because);
    const ssthresh = ssthreshOf(tcb);
    const controller = sender?.congestion.why ?? '';
    const why = controller === '' ? tcb.because : controller;
    this.#number('ssthresh', ssthresh >= INFINITE_SSTHRESH ? null : ssthresh, why);
    const cwndWhy = sender?.cwndWhy ?? '';
    this.#number('cwnd', cwndOf(tcb), cwndWhy === '' ? why : cwndWhy);
    this.#number('pacing', sender?.congestion.pacingRate ?? 0, why);
    this.#pipe(tcb, losses !== this.#losses);
    this.#nxt = snd.nxt;
    this.#una = snd.una;
  }

  // RFC 6675 §4
  #pipe(tcb: Tcb, lost: boolean): void {
    const { snd, sender } = tcb;
    const sackedOctets = sender === undefined ? 0 : sender.queue.sackedOctets;
    const why = lost
      ? 'held for lost'
      : snd.una !== this.#una
        ? 'acknowledged'
        : sackedOctets > this.#sacked
          ? 'SACKed'
          : 'sent';
    this.#sacked = sackedOctets;
    const octets = sender === undefined ? Number(loneFin(tcb)) : pipe(snd, sender);
    this.#number('pipe', Math.max(0, octets), `RFC 6675 §4: ${why}`);
  }

  #states(state: State): void {
    if (state !== this.#state) {
      const previous = this.#state;
      this.#state = state;
      this.#tell({ event: 'state', value: state, previous, because: this.#tcb.because });
    }
    const recovery = recoveryOf(this.#tcb);
    if (recovery === this.#recovery) return;
    const previous = this.#recovery;
    this.#recovery = recovery;
    this.#tell({ event: 'recovery', value: recovery, previous, because: this.#why });
  }

  #number(event: TracedNumber, value: number | null, because: string): void {
    const previous = this.#numbers[event];
    if (value === previous) return;
    this.#numbers[event] = value;
    this.#tell({ event, value, previous, because });
  }

  #roundTrips({ rto, sender, timestamps }: Tcb): void {
    const { srtt } = rto;
    const first = this.#numbers.srtt === null;
    const rtts = sender === undefined ? 0 : sender.delivery.rtts;
    if (sender !== undefined && rtts !== this.#rtts) {
      this.#tell({ event: 'rtt', value: sender.delivery.lastRtt });
    } else if (first && srtt >= 0) this.#tell({ event: 'rtt', value: srtt }); // that of the SYN
    this.#rtts = rtts;
    const measured =
      first && srtt >= 0
        ? 'RFC 6298 §2.2: the first measurement'
        : timestamps === undefined
          ? 'RFC 6298 §2.3: a measurement'
          : 'RFC 7323 Appendix G: one of many measurements in a round trip';
    this.#number('rto', rto.rto, this.#rtoWhy(rto.backoffs, srtt, measured));
    this.#number('srtt', srtt < 0 ? null : srtt, measured);
    this.#number('rttvar', srtt < 0 ? null : rto.rttvar, measured);
  }

  #rtoWhy(backoffs: number, srtt: number, measured: string): string {
    const before = this.#backoffs;
    this.#backoffs = backoffs;
    if (this.#numbers.rto === null) return 'RFC 6298 §2.1: nothing was measured yet';
    if (backoffs > before) return 'RFC 6298 §5.5: back off the timer';
    return srtt < 0 ? 'RFC 6298 §5.7: the SYN was sent again' : measured;
  }

  #lost(): void {
    const { sender, snd } = this.#tcb;
    if (sender === undefined || sender.queue.losses === this.#losses) return;
    const { queue } = sender;
    this.#losses = queue.losses;
    for (const start of this.#told.keys()) if (lt(seq(start), snd.una)) this.#told.delete(start);
    const because = this.#why;
    for (let part = queue.firstLost(); part !== undefined; part = part.next) {
      const start = toU32(part.start);
      if (this.#told.get(start) === part.retransmissions) continue;
      this.#told.set(start, part.retransmissions);
      this.#tell({ event: 'lost', seq: start, length: diff(part.end, part.start), because });
    }
  }

  /** Why the recovery state, or what is lost, is another now. */
  get #why(): string {
    const { sender, because } = this.#tcb;
    return sender === undefined || sender.why === '' ? because : sender.why;
  }

  #tell(event: TraceEvent): void {
    this.#sink(this.now, event);
  }
}

const recoveryOf = ({ sender }: Tcb): PhaseName =>
  PHASE_NAMES[sender === undefined ? Phase.open : sender.recovery.phase];

/** RFC 2883 §4: below the acknowledgment, or inside the second block. */
function isDsack({ ack, sack, sackCount }: Segment): boolean {
  if (sackCount === 0) return false;
  const left = seq(sack[0] ?? 0);
  const right = seq(sack[1] ?? 0);
  if (le(right, ack)) return true;
  return sackCount > 1 && le(seq(sack[2] ?? 0), left) && le(right, seq(sack[3] ?? 0));
}
