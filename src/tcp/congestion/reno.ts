/**
 * Slow start and congestion avoidance: RFC 5681 §3.1, counting octets (RFC 3465), so that splitting
 * an acknowledgment gains nothing (S14). cwnd in recovery is written by PRR or NewReno.
 */
import type { AckSample } from './control.ts';
import { LossBased, type LossBasedOptions } from './loss-based.ts';

const BETA_LOSS = 0.5; // RFC 5681 §3.1, equation 4
const BETA_ECN = 0.8; //  RFC 8511 §3

/** RFC 5681 and nothing else. */
const PLAIN: LossBasedOptions = {
  ackLimit: 1,
  hystart: false,
  paced: false,
  halving: false,
  abe: false,
};

export class Reno extends LossBased {
  #acked = 0; // octets acknowledged since cwnd last grew in congestion avoidance
  #undoCwnd = 0; // RFC 4015 §3: pipe_prev; 0: there is nothing to undo
  #undoSsthresh = 0;

  constructor(options: LossBasedOptions = PLAIN) {
    super(options);
  }

  override get name(): 'reno' {
    return 'reno'; // no field: there is one of these for each connection that sends
  }

  acknowledged(sample: AckSample): void {
    if (sample.inRecovery || !sample.cwndLimited) return;
    if (this.cwnd < this.ssthresh) this.inSlowStart(sample);
    else this.#inCongestionAvoidance(sample.acked);
  }

  #inCongestionAvoidance(octets: number): void {
    this.slowStart.left();
    this.#acked += octets;
    if (this.#acked < this.cwnd) return;
    this.#acked = Math.min(this.#acked - this.cwnd, this.cwnd);
    this.cwnd += this.smss; // once per window
    this.why = 'RFC 5681 §3.1: congestion avoidance';
  }

  congestionDetected(cause: 'loss' | 'ece', flightSize: number, _now: number): void {
    this.#remember();
    const mild = this.isMild(cause);
    this.ssthresh = this.decreased(flightSize, mild ? BETA_ECN : BETA_LOSS);
    this.slowStart.congested();
    this.#acked = 0;
    this.why = mild ? 'RFC 8511 §3: a mark, beta_ecn' : 'RFC 5681 §3.1: equation 4';
  }

  recoveryEnded(_now: number): void {
    this.why = 'RFC 5681 §3.2: recovery is over';
  }

  timedOut(flightSize: number, firstTime: boolean, _now: number): void {
    if (firstTime) {
      this.#remember();
      this.ssthresh = this.decreased(flightSize, BETA_LOSS);
    }
    this.cwnd = this.smss; // the loss window
    this.#acked = 0;
    this.slowStart.timedOut();
    this.why = 'RFC 5681 §3.1: the loss window after a timeout';
  }

  undo(_now: number): void {
    if (this.#undoCwnd === 0) return;
    this.cwnd = Math.max(this.cwnd, this.#undoCwnd);
    this.ssthresh = Math.max(this.ssthresh, this.#undoSsthresh);
    this.#undoCwnd = 0;
    this.why = 'RFC 4015 §3: it was spurious';
  }

  restartedAfterIdle(idle: number, rto: number, _now: number): void {
    this.restarts(idle, rto);
  }

  #remember(): void {
    this.#undoCwnd = this.cwnd;
    this.#undoSsthresh = this.ssthresh;
  }
}
