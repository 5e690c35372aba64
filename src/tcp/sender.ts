/**
 * What only a connection that sends text needs: its retransmission queue, how losses are found and
 * repaired, and its congestion controller. Made when the first text or FIN leaves, so that an idle
 * connection holds none of it.
 */
import { diff, lt, toI32, type Seq, ZERO } from '../wire/seq.ts';
import type { AckSample, CongestionControl } from './congestion/control.ts';
import { AckSample as Sample, INFINITE_SSTHRESH } from './congestion/control.ts';
import type { Beginning } from './congestion/controllers.ts';
import { initialWindow } from './initial-window.ts';
import { NewReno } from './recovery/new-reno.ts';
import { RetransmissionQueue } from './retransmission-queue.ts';
import { synRepeated, type SendSpace, type Tcb } from './tcb.ts';
import { effectiveSendMss } from './windows.ts';

export class Sender {
  readonly queue: RetransmissionQueue = new RetransmissionQueue(); // SND.UNA..SND.NXT
  readonly recovery: NewReno = new NewReno(); //                      RFC 6582
  congestion: CongestionControl; //                                   RFC 5681
  /** The oldest lost part goes out whatever cwnd says (RFC 5681 §3.2). */
  retransmitNow = false;
  /** Was cwnd full, at some time since SND.NXT was usedUntil? */
  #full = false;
  #maxFlight = 0; // octets in flight then
  #usedUntil: Seq = ZERO;
  /** Why cwnd, ssthresh or the recovery state changed last, for traces. */
  why = '';

  constructor(congestion: CongestionControl) {
    this.congestion = congestion;
  }

  /** A segment left: was it the last that cwnd let through? Looked at once per window. */
  departed(snd: SendSpace, smss: number): void {
    const inFlight = diff(snd.nxt, snd.una) - this.queue.lostOctets;
    const full = inFlight + smss > this.congestion.cwnd;
    const known = lt(snd.una, this.#usedUntil);
    if (known && !full && (this.#full || inFlight <= this.#maxFlight)) return;
    this.#full = full;
    this.#maxFlight = inFlight;
    this.#usedUntil = snd.nxt;
  }

  /** cwnd was what held text back; in slow start half of it in use is enough, as Linux has it. */
  get cwndLimited(): boolean {
    const { cwnd, ssthresh } = this.congestion;
    return this.#full || (cwnd < ssthresh && cwnd < 2 * this.#maxFlight);
  }
}

/** The connection's sender, made when it is needed for the first time. */
export function senderOf(tcb: Tcb, now: number): Sender {
  return tcb.sender ?? begin(tcb, now);
}

function begin(tcb: Tcb, now: number): Sender {
  const sender = new Sender(tcb.options.congestion(beginningOf(tcb)));
  tcb.sender = sender;
  sender.recovery.begin(tcb.snd.iss);
  sender.congestion.established(effectiveSendMss(tcb), firstWindow(tcb), now);
  return sender;
}

/** What a controller is told of the connection it is made for. */
export function beginningOf(tcb: Tcb): Beginning {
  return { iss: toI32(tcb.snd.iss), srtt: tcb.rto.srtt, selectiveAcks: tcb.sackOn };
}

/** cwnd of the first flight: RFC 5681 §3.1, one segment when the SYN had to be sent again. */
function firstWindow(tcb: Tcb): number {
  const smss = effectiveSendMss(tcb);
  const marked = tcb.ecn?.accurate?.marked === true; // RFC 9768 §3.2.2.2: as if it had been lost
  return synRepeated(tcb) || marked ? smss : initialWindow(tcb.options, smss);
}

/** Octets. Of a connection that never sent anything: its initial window. */
export function cwndOf(tcb: Tcb): number {
  return tcb.sender === undefined ? firstWindow(tcb) : tcb.sender.congestion.cwnd;
}

/** Octets, INFINITE_SSTHRESH before the first loss. */
export function ssthreshOf(tcb: Tcb): number {
  return tcb.sender === undefined ? INFINITE_SSTHRESH : tcb.sender.congestion.ssthresh;
}

// One for all connections: it is valid during one call.
const SAMPLE: AckSample = new Sample();

/** The sample of an ACK that acknowledged `cumulative` octets of text; the rest is to be filled in. */
export function beginSample(tcb: Tcb, sender: Sender, cumulative: number, now: number): AckSample {
  const { snd } = tcb;
  SAMPLE.now = now;
  SAMPLE.acked = cumulative;
  SAMPLE.cumulative = cumulative;
  SAMPLE.lost = 0;
  SAMPLE.inFlight = diff(snd.nxt, snd.una) - sender.queue.lostOctets;
  SAMPLE.priorInFlight = SAMPLE.inFlight + cumulative;
  SAMPLE.rtt = -1;
  SAMPLE.cwndLimited = sender.cwndLimited;
  SAMPLE.inRecovery = sender.recovery.inRecovery || tcb.ecn?.reduced === true;
  SAMPLE.ceOctets = tcb.ecn === undefined ? 0 : tcb.ecn.ceOctets;
  SAMPLE.una = snd.una;
  SAMPLE.nxt = snd.nxt;
  SAMPLE.rate = undefined;
  return SAMPLE;
}
