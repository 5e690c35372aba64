/**
 * What Reno and CUBIC have in common, who take a loss for congestion: slow start (RFC 5681 §3.1, RFC
 * 9406), the choice of beta with ECN (RFC 8511), the restart after an idle time (RFC 5681 §4.1).
 */
import { INFINITE_SSTHRESH, type AckSample, type CongestionControl } from './control.ts';
import { restartWindow, type IdleRestart } from './restart-window.ts';
import { SlowStart, type SlowStartOptions } from './slow-start.ts';

/** What Reno and CUBIC can be told. */
export interface LossBasedOptions extends SlowStartOptions, IdleRestart {
  /** Alternative backoff with ECN (RFC 8511): a mark costs less than a loss. */
  readonly abe: boolean;
}

export abstract class LossBased implements CongestionControl {
  cwnd = 0;
  ssthresh: number = INFINITE_SSTHRESH;
  why = '';
  protected readonly options: LossBasedOptions;
  protected readonly slowStart: SlowStart;
  protected smss = 0;
  #initialWindow = 0;

  constructor(options: LossBasedOptions) {
    this.options = options;
    this.slowStart = new SlowStart(options);
  }

  abstract get name(): 'reno' | 'cubic';

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
    this.smss = smss;
    this.#initialWindow = initialWindow;
    this.cwnd = initialWindow;
  }

  smssChanged(smss: number): void {
    this.smss = smss;
    this.cwnd = Math.max(this.cwnd, smss);
  }

  abstract acknowledged(sample: AckSample): void;
  abstract congestionDetected(cause: 'loss' | 'ece', flightSize: number, now: number): void;
  abstract recoveryEnded(now: number): void;
  abstract timedOut(flightSize: number, firstTime: boolean, now: number): void;
  abstract undo(now: number): void;
  abstract restartedAfterIdle(idle: number, rto: number, now: number): void;

  /** RFC 5681 equation 2. True when round trips grew, and congestion avoidance begins. */
  protected inSlowStart(sample: AckSample): boolean {
    const grown = this.cwnd + this.slowStart.growth(sample, this.smss);
    if (this.slowStart.over) {
      this.ssthresh = this.cwnd;
      this.slowStart.left();
      this.why = 'RFC 9406 §4.2: round trips grew for CSS_ROUNDS, congestion avoidance';
      return true;
    }
    this.cwnd = grown < this.ssthresh ? grown : Math.max(this.cwnd, this.ssthresh);
    this.why = this.slowStart.conservative
      ? 'RFC 9406 §4.2: conservative slow start'
      : 'RFC 5681 §3.1: slow start';
    return false;
  }

  /** Does beta_ecn apply? RFC 8511 §3 is about congestion avoidance; a mark in slow start costs more. */
  protected isMild(cause: 'loss' | 'ece'): boolean {
    return cause === 'ece' && this.options.abe && this.cwnd >= this.ssthresh;
  }

  /** RFC 5681 equation 4, or with another beta. */
  protected decreased(flightSize: number, beta: number): number {
    return Math.max(Math.floor(flightSize * beta), 2 * this.smss);
  }

  /** RFC 5681 §4.1; where cwnd is halved instead, ssthresh remembers. False when cwnd stays. */
  protected restarts(idle: number, rto: number): boolean {
    const restarted = restartWindow(this.cwnd, this.#initialWindow, idle, rto, this.options);
    if (restarted === this.cwnd) return false;
    if (this.options.halving) this.ssthresh = Math.max(this.ssthresh, (this.cwnd * 3) >> 2);
    this.cwnd = restarted;
    this.why = 'RFC 5681 §4.1: restarted after an idle time';
    return true;
  }
}
