/**
 * What only a connection that sends text needs: its retransmission queue, how losses are found and
 * repaired, and its congestion controller. Made when the first text leaves, so that an idle connection
 * holds none of it (ADR-0031); one that only says goodbye makes none either, unless its FIN gets lost.
 */
import { diff, lt, toI32, type Seq, ZERO } from '../wire/seq.ts';
import { INFINITE_SSTHRESH, type CongestionControl } from './congestion/control.ts';
import { controllerFor, type Beginning } from './congestion/controllers.ts';
import type { DeliveryRate } from './delivery-rate.ts';
import { initialWindow } from './initial-window.ts';
import { Pacer } from './pacer.ts';
import { Delivery } from './recovery/delivery.ts';
import { NewReno } from './recovery/new-reno.ts';
import { Prr } from './recovery/prr.ts';
import { Rack } from './recovery/rack.ts';
import { Recovery } from './recovery/recovery.ts';
import { TailLossProbe } from './recovery/probe.ts';
import type { RecordPool, SentRecord } from './record-pool.ts';
import { RetransmissionQueue, type LossObserver } from './retransmission-queue.ts';
import { effectiveSendMss } from './smss.ts';
import { synLost, type SendSpace, type Tcb } from './tcb.ts';
import { Timer } from './timers.ts';

/** What Timer.Retransmit stands for: RFC 6298, RFC 8985 §6.2 step 5, RFC 8985 §7.2. */
export const Armed = { rto: 0, reo: 1, pto: 2 } as const;
export type Armed = (typeof Armed)[keyof typeof Armed];

export class Sender implements LossObserver {
  readonly queue: RetransmissionQueue; //                SND.UNA..SND.NXT
  congestion: CongestionControl; //                      RFC 5681
  readonly recovery: Recovery = new Recovery();
  readonly delivery: Delivery = new Delivery();
  readonly prr: Prr = new Prr(); //                      RFC 9937
  newReno: NewReno | undefined = undefined; //           RFC 6582, without SACK
  rack: Rack | undefined = undefined; //                 RFC 8985 §6; without, and with SACK: RFC 6675
  tlp: TailLossProbe | undefined = undefined; //         RFC 8985 §7
  pacer: Pacer | undefined = undefined;
  /** The first of what is lost goes out whatever cwnd says (RFC 5681 §3.2). */
  retransmitNow = false;
  /** What the timer is armed for, and when the RTO would be over, ms. */
  armed: Armed = Armed.rto;
  rtoAt: number = Infinity;
  /** Segments of new text that F-RTO lets out (RFC 5682 §2.1 step 2b). */
  frtoSegments = 0;
  /** Segments of new text that left in a row, without a pause in between. */
  burst = 0;
  /** Octets per ms that arrived lately, 0: unknown. */
  deliveryRate = 0;
  /** For traces: why the recovery state changed last, or something was held for lost. */
  why = '';
  /** Why cwnd is another, when it was not the controller that set it; else ''. */
  cwndWhy = '';
  #full = false; //       was cwnd full, at some time since SND.NXT was usedUntil?
  #maxFlight = 0; //      octets in flight then
  #usedUntil: Seq = ZERO;

  constructor(congestion: CongestionControl, records: RecordPool) {
    this.congestion = congestion;
    this.queue = new RetransmissionQueue(records);
    this.queue.observer = this;
  }

  /** What measures the delivery rate, when the controller asks for it. */
  get rate(): DeliveryRate | undefined {
    return this.congestion.deliveryRate;
  }

  /** A part is held for lost. */
  held(record: SentRecord, octets: number, now: number): void {
    this.rate?.gone(record, octets, now);
  }

  /** A segment left: was it the last that cwnd let through? Looked at once per window. */
  departed(snd: SendSpace, smss: number, inFlight: number): void {
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

/** pipe of RFC 6675 §4: octets in flight, as far as is known. */
export function pipe(snd: SendSpace, { queue }: Sender): number {
  return diff(snd.nxt, snd.una) - queue.sackedOctets - queue.lostOctets;
}

/** The connection's sender, made when it is needed for the first time. */
export function senderOf(tcb: Tcb, now: number): Sender {
  return senderInFlight(tcb) ?? begin(tcb, now);
}

/** The sender of what is in flight, if there is one or is to be one. */
export function senderInFlight(tcb: Tcb): Sender | undefined {
  return tcb.sender ?? (loneFin(tcb) ? adoptFin(tcb) : undefined);
}

/**
 * A FIN is all that was ever sent, and is not acknowledged. A sender for it made opening and closing
 * connections a fifth slower (docs/performance.md).
 */
export const loneFin = (tcb: Tcb): boolean =>
  tcb.sender === undefined && tcb.finSent && tcb.snd.una !== tcb.snd.nxt;

/** The sender as it would be if it had been there when the FIN left. */
function adoptFin(tcb: Tcb): Sender {
  const { snd, rto } = tcb;
  const left = tcb.lastDeparture;
  const sender = begin(tcb, left);
  const record = sender.queue.sent(snd.una, snd.nxt, left);
  sender.rate?.sent(record, left, 1, false);
  sender.departed(snd, effectiveSendMss(tcb), 1);
  sender.rtoAt = left + rto.rto;
  if (sender.tlp === undefined || rto.backoffs > 0) return sender;
  sender.armed = Armed.pto;
  sender.tlp.scheduledAt = left;
  return sender;
}

function begin(tcb: Tcb, now: number): Sender {
  const congestion = controllerOf(tcb);
  const sender = new Sender(congestion, tcb.options.records);
  tcb.sender = sender;
  sender.recovery.point = tcb.snd.una;
  chooseRecovery(tcb, sender);
  choosePacer(tcb, sender);
  congestion.established(effectiveSendMss(tcb), firstWindow(tcb), now);
  return sender;
}

/** By the options, or by the name that the user has chosen since. */
function controllerOf(tcb: Tcb): CongestionControl {
  const { options, knobs } = tcb;
  const name = knobs?.congestionControl;
  if (name === undefined) return options.congestion(beginningOf(tcb));
  return controllerFor(name, options, beginningOf(tcb));
}

/** Does pacing fit the controller: is there to be some? */
export function choosePacer({ options }: Tcb, sender: Sender): void {
  const asked = options.pacing === 'auto' && sender.rate !== undefined;
  if (options.pacing !== 'on' && !asked) sender.pacer = undefined;
  else sender.pacer ??= new Pacer();
}

/** What a controller is told of the connection it is made for. */
export function beginningOf(tcb: Tcb): Beginning {
  return { iss: toI32(tcb.snd.iss), srtt: tcb.rto.srtt, selectiveAcks: tcb.sackOn };
}

/** How losses are found. Without SACK that is RFC 6582, whatever was asked for. */
export function chooseRecovery(tcb: Tcb, sender: Sender): void {
  const { options, snd } = tcb;
  sender.newReno = sender.rack = sender.tlp = undefined;
  if (!tcb.sackOn || options.recovery === 'new-reno') {
    sender.newReno = new NewReno();
    sender.newReno.begin(snd.iss);
  } else if (options.recovery === 'rack') {
    sender.rack = new Rack(snd.una);
    if (!probesTail(tcb)) return;
    sender.tlp = new TailLossProbe();
    sender.tlp.sampled = tcb.rto.srtt >= 0;
  }
}

/** RFC 8985 §7: tail loss probes are RACK's, and RACK needs SACK. */
export function probesTail({ sackOn, options }: Tcb): boolean {
  return sackOn && options.recovery === 'rack' && options.tailLossProbe;
}

/** cwnd of the first flight: RFC 5681 §3.1, one segment when the SYN was lost. */
function firstWindow(tcb: Tcb): number {
  const smss = effectiveSendMss(tcb);
  const marked = tcb.ecn?.accurate?.marked === true; // RFC 9768 §3.2.2.2: as if it had been lost
  return synLost(tcb) || marked ? smss : initialWindow(tcb.options, smss);
}

/** The SYN is acknowledged after text left with it (RFC 7413): now it is known what both ends can. */
export function senderEstablished(tcb: Tcb, sender: Sender, now: number): void {
  chooseRecovery(tcb, sender);
  sender.congestion = controllerOf(tcb);
  sender.congestion.established(effectiveSendMss(tcb), firstWindow(tcb), now);
  sender.rate?.beginMidway(now);
}

/** Octets. Of a connection that never sent anything: its initial window. */
export function cwndOf(tcb: Tcb): number {
  return tcb.sender === undefined ? firstWindow(tcb) : tcb.sender.congestion.cwnd;
}

/** Octets, INFINITE_SSTHRESH before the first loss. */
export function ssthreshOf(tcb: Tcb): number {
  return tcb.sender === undefined ? INFINITE_SSTHRESH : tcb.sender.congestion.ssthresh;
}

/** RFC 6298 §5.1, §5.3: the retransmission timer runs for one RTO from now. */
export function restartRto(tcb: Tcb, now: number): void {
  const at = now + tcb.rto.rto;
  tcb.timers.set(Timer.Retransmit, at);
  if (tcb.sender === undefined) return;
  tcb.sender.rtoAt = at;
  tcb.sender.armed = Armed.rto;
}
