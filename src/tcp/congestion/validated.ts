/**
 * Congestion window validation: RFC 7661. Around a loss-based controller: cwnd survives pauses of the
 * application for five minutes, and a loss in that time is judged by what the path was seen to take.
 */
import { ge, diff, ZERO, type Seq } from '../../wire/seq.ts';
import type { ControllerName } from '../options.ts';
import type { AckSample, CongestionControl } from './control.ts';

const NVP = 5 * 60_000; //         ms, §4.4.3: the non-validated period
const LEAST_PERIOD = 1000; //      ms, §4.2: pipeACK Sampling Period, max(3 * RTT, 1 s)
const PERIOD_ROUND_TRIPS = 3;

export class Validated implements CongestionControl {
  readonly #of: CongestionControl;
  #why = '';
  #initialWindow = 0;
  #roundEnd: Seq = ZERO;
  #roundBegin: Seq = ZERO;
  #begun = false;
  #rtt = 0; //              ms, the last there was
  // pipeACK: the largest sample of this sampling period and of the one before; -1: undefined
  #pipeAck = -1;
  #pipeAckBefore = -1;
  #periodBegan = 0; //      ms
  #nonValidatedSince = -1; // ms; -1: validated

  constructor(of: CongestionControl) {
    this.#of = of;
  }

  get name(): ControllerName {
    return this.#of.name;
  }

  get cwnd(): number {
    return this.#of.cwnd;
  }

  set cwnd(octets: number) {
    this.#of.cwnd = octets;
  }

  get ssthresh(): number {
    return this.#of.ssthresh;
  }

  set ssthresh(octets: number) {
    this.#of.ssthresh = octets;
  }

  get pacingRate(): number {
    return this.#of.pacingRate;
  }

  get deliveryRate(): undefined {
    return undefined;
  }

  get ownsRecovery(): boolean {
    return this.#of.ownsRecovery;
  }

  get why(): string {
    return this.#why === '' ? this.#of.why : this.#why;
  }

  /** Octets, §4.2; -1: undefined. */
  get pipeAck(): number {
    return Math.max(this.#pipeAck, this.#pipeAckBefore);
  }

  established(smss: number, initialWindow: number, now: number): void {
    this.#initialWindow = initialWindow;
    this.#periodBegan = now;
    this.#of.established(smss, initialWindow, now);
  }

  smssChanged(smss: number): void {
    this.#of.smssChanged(smss);
  }

  acknowledged(sample: AckSample): void {
    this.#why = '';
    this.#measure(sample);
    this.#judge(sample.now);
    this.#of.acknowledged(sample);
  }

  // §4.4.1: max(pipeACK, LossFlightSize) is what the path was seen to take
  congestionDetected(cause: 'loss' | 'ece', flightSize: number, now: number): void {
    this.#why = '';
    const seen = this.#nonValidatedSince < 0 ? flightSize : Math.max(this.pipeAck, flightSize);
    this.#of.congestionDetected(cause, seen, now);
    this.#forget(now);
  }

  recoveryEnded(now: number): void {
    this.#of.recoveryEnded(now);
  }

  timedOut(flightSize: number, firstTime: boolean, now: number): void {
    this.#why = '';
    this.#of.timedOut(flightSize, firstTime, now);
    this.#forget(now);
  }

  undo(now: number): void {
    this.#of.undo(now);
  }

  /** §4.4: an idle time is a non-validated one; cwnd stays until the period is over. */
  restartedAfterIdle(idle: number, _rto: number, now: number): void {
    if (this.#nonValidatedSince < 0) this.#nonValidatedSince = now - idle;
    this.#mayEnd(now);
    this.#pipeAck = 0;
    this.#pipeAckBefore = 0;
    this.#begun = false;
    this.#periodBegan = now;
  }

  // A sample is what one round trip acknowledges.
  #measure(sample: AckSample): void {
    if (sample.rtt >= 0) this.#rtt = sample.rtt;
    if (!this.#begun) {
      this.#begun = true;
      this.#roundBegin = sample.una;
      this.#roundEnd = sample.nxt;
      return;
    }
    const period = Math.max(PERIOD_ROUND_TRIPS * this.#rtt, LEAST_PERIOD);
    if (sample.now - this.#periodBegan >= period) {
      this.#pipeAckBefore = sample.now - this.#periodBegan < 2 * period ? this.#pipeAck : -1;
      this.#pipeAck = -1;
      this.#periodBegan = sample.now;
    }
    if (!ge(sample.una, this.#roundEnd)) return;
    this.#pipeAck = Math.max(this.#pipeAck, diff(sample.una, this.#roundBegin));
    this.#roundBegin = sample.una;
    this.#roundEnd = sample.nxt;
  }

  // §4.3: validated while pipeACK >= (1/2) * cwnd, or undefined
  #judge(now: number): void {
    const { pipeAck } = this;
    if (pipeAck < 0 || 2 * pipeAck >= this.cwnd) {
      this.#nonValidatedSince = -1;
      return;
    }
    if (this.#nonValidatedSince < 0) this.#nonValidatedSince = now;
    this.#mayEnd(now);
  }

  // §4.4.3
  #mayEnd(now: number): void {
    if (now - this.#nonValidatedSince < NVP) return;
    this.ssthresh = Math.max(this.ssthresh, Math.floor((3 * this.cwnd) / 4));
    this.cwnd = Math.min(this.cwnd, Math.max(Math.floor(this.cwnd / 2), this.#initialWindow));
    this.#nonValidatedSince = now;
    this.#why = 'RFC 7661 §4.4.3: not validated for five minutes, half';
  }

  #forget(now: number): void {
    this.#nonValidatedSince = -1;
    this.#pipeAck = -1;
    this.#pipeAckBefore = -1;
    this.#begun = false;
    this.#periodBegan = now;
  }
}
