/**
 * Slow start and congestion avoidance: RFC 5681 §3.1, counting octets (RFC 3465), so that splitting
 * an acknowledgment gains nothing (S14). cwnd in recovery is written by PRR or NewReno.
 */
import { INFINITE_SSTHRESH, type AckSample, type CongestionControl } from './control.ts';
import { restartWindow, type IdleRestart } from './restart-window.ts';
import { SlowStart, type SlowStartOptions } from './slow-start.ts';

const BETA_LOSS = 0.5; // RFC 5681 §3.1, equation 4
const BETA_ECN = 0.8; //  RFC 8511 §3

/** What Reno and CUBIC can be told. */
export interface LossBasedOptions extends SlowStartOptions, IdleRestart {
  /** Alternative backoff with ECN (RFC 8511): a mark costs less than a loss. */
  readonly abe: boolean;
}

/** RFC 5681 and nothing else. */
const PLAIN: LossBasedOptions = {
  ackLimit: 1,
  hystart: false,
  paced: false,
  halving: false,
  abe: false,
};

export class Reno implements CongestionControl {
  cwnd = 0;
  ssthresh: number = INFINITE_SSTHRESH;
  why = '';
  readonly #options: LossBasedOptions;
  readonly #slowStart: SlowStart;
  #smss = 0;
  #initialWindow = 0;
  #acked = 0; // octets acknowledged since cwnd last grew in congestion avoidance
  #undoCwnd = 0; // RFC 4015 §3: pipe_prev; 0: there is nothing to undo
  #undoSsthresh = 0;

  constructor(options: LossBasedOptions = PLAIN) {
    this.#options = options;
    this.#slowStart = new SlowStart(options);
  }

  get name(): 'reno' {
    return 'reno'; // no field: there is one of these for each connection that sends
  }

  get pacingRate(): number {
    return 0;
  }

  get deliveryRate(): undefined {
    return undefined;
  }

  get ownsRecovery(): boolean {
    return false;
  }

  established(smss: number, initialWindow: number, _now: number): void {
    this.#smss = smss;
    this.#initialWindow = initialWindow;
    this.cwnd = initialWindow;
  }

  smssChanged(smss: number): void {
    this.#smss = smss;
    this.cwnd = Math.max(this.cwnd, smss);
  }

  acknowledged(sample: AckSample): void {
    if (sample.inRecovery || !sample.cwndLimited) return;
    if (this.cwnd < this.ssthresh) this.#inSlowStart(sample);
    else this.#inCongestionAvoidance(sample.acked);
  }

  // RFC 5681 equation 2
  #inSlowStart(sample: AckSample): void {
    const grown = this.cwnd + this.#slowStart.growth(sample, this.#smss);
    if (this.#slowStart.over) {
      this.ssthresh = this.cwnd;
      this.#slowStart.left();
      this.why = 'RFC 9406 §4.2: round trips grew for CSS_ROUNDS, congestion avoidance';
      return;
    }
    this.cwnd = grown < this.ssthresh ? grown : Math.max(this.cwnd, this.ssthresh);
    this.why = this.#slowStart.conservative
      ? 'RFC 9406 §4.2: conservative slow start'
      : 'RFC 5681 §3.1: slow start';
  }

  #inCongestionAvoidance(octets: number): void {
    this.#slowStart.left();
    this.#acked += octets;
    if (this.#acked < this.cwnd) return;
    this.#acked = Math.min(this.#acked - this.cwnd, this.cwnd);
    this.cwnd += this.#smss; // once per window
    this.why = 'RFC 5681 §3.1: congestion avoidance';
  }

  congestionDetected(cause: 'loss' | 'ece', flightSize: number, _now: number): void {
    this.#remember();
    // RFC 8511 §3 is about congestion avoidance; a mark in slow start halves.
    const mild = cause === 'ece' && this.#options.abe && this.cwnd >= this.ssthresh;
    this.ssthresh = this.#decreased(flightSize, mild ? BETA_ECN : BETA_LOSS);
    this.#slowStart.congested();
    this.#acked = 0;
    this.why = mild ? 'RFC 8511 §3: a mark, beta_ecn' : 'RFC 5681 §3.1: equation 4';
  }

  recoveryEnded(_now: number): void {
    this.why = 'RFC 5681 §3.2: recovery is over';
  }

  timedOut(flightSize: number, firstTime: boolean, _now: number): void {
    if (firstTime) {
      this.#remember();
      this.ssthresh = this.#decreased(flightSize, BETA_LOSS);
    }
    this.cwnd = this.#smss; // the loss window
    this.#acked = 0;
    this.#slowStart.timedOut();
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
    const restarted = restartWindow(this.cwnd, this.#initialWindow, idle, rto, this.#options);
    if (restarted === this.cwnd) return;
    if (this.#options.halving) this.ssthresh = Math.max(this.ssthresh, (this.cwnd * 3) >> 2);
    this.cwnd = restarted;
    this.why = 'RFC 5681 §4.1: restarted after an idle time';
  }

  #remember(): void {
    this.#undoCwnd = this.cwnd;
    this.#undoSsthresh = this.ssthresh;
  }

  #decreased(flightSize: number, beta: number): number {
    return Math.max(Math.floor(flightSize * beta), 2 * this.#smss);
  }
}
