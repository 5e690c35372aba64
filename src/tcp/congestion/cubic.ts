/**
 * CUBIC: RFC 9438 §4, step by step, under its names. Windows are octets here and segments in the RFC,
 * so W is divided by SMSS where its formulas stand; times are seconds in the formulas, ms elsewhere.
 */
import { CubicCurve, type CubicMemory } from './cubic-curve.ts';
import { INFINITE_SSTHRESH, type AckSample, type CongestionControl } from './control.ts';
import { restartWindow } from './restart-window.ts';
import type { LossBasedOptions } from './reno.ts';
import { SlowStart } from './slow-start.ts';

const BETA_CUBIC = 0.7; // §4.6
const BETA_ECN = 0.85; //  RFC 8511 §3
const SRTT_GAIN = 1 / 8; // RFC 6298 §2.3

export class Cubic implements CongestionControl {
  cwnd = 0;
  ssthresh: number = INFINITE_SSTHRESH;
  why = '';
  readonly #options: LossBasedOptions;
  readonly #slowStart: SlowStart;
  readonly #curve = new CubicCurve();
  #undo: CubicMemory | undefined = undefined;
  #smss = 0;
  #initialWindow = 0;
  #rtt = 0; //       ms, smoothed
  #lastAck = 0; //   ms
  #fraction = 0; //  of an octet that cwnd has grown

  constructor(options: LossBasedOptions) {
    this.#options = options;
    this.#slowStart = new SlowStart(options);
  }

  get name(): 'cubic' {
    return 'cubic'; // no field: there is one of these for each connection that sends
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

  established(smss: number, initialWindow: number, now: number): void {
    this.#smss = smss;
    this.#initialWindow = initialWindow;
    this.cwnd = initialWindow;
    this.#lastAck = now;
  }

  smssChanged(smss: number): void {
    this.#smss = smss;
    this.cwnd = Math.max(this.cwnd, smss);
  }

  acknowledged(sample: AckSample): void {
    this.#measure(sample.rtt);
    const elapsed = sample.now - this.#lastAck;
    this.#lastAck = sample.now;
    if (sample.inRecovery) return;
    if (!sample.cwndLimited) {
      this.#curve.pause(elapsed); // §4.2: t MUST NOT include application-limited periods (§5.8)
      return;
    }
    // Between two ACKs of a full window no more than a round trip passes: the rest was idle.
    this.#curve.pause(Math.max(0, elapsed - Math.max(this.#rtt, sample.rtt)));
    if (this.cwnd < this.ssthresh) this.#inSlowStart(sample);
    else this.#inCongestionAvoidance(sample);
  }

  // §4.10
  #inSlowStart(sample: AckSample): void {
    const grown = this.cwnd + this.#slowStart.growth(sample, this.#smss);
    if (this.#slowStart.over) {
      this.ssthresh = this.cwnd;
      this.#slowStart.left();
      this.#curve.forget(this.cwnd / this.#smss);
      this.why = 'RFC 9406 §4.2: round trips grew for CSS_ROUNDS, congestion avoidance';
      return;
    }
    this.cwnd = grown < this.ssthresh ? grown : Math.max(this.cwnd, this.ssthresh);
    this.why = this.#slowStart.conservative
      ? 'RFC 9406 §4.2: conservative slow start'
      : 'RFC 5681 §3.1: slow start';
  }

  #inCongestionAvoidance(sample: AckSample): void {
    this.#slowStart.left();
    const cwnd = (this.cwnd + this.#fraction) / this.#smss;
    const segmentsAcked = Math.min(sample.acked, this.cwnd) / this.#smss;
    const curve = this.#curve;
    if (!curve.running) curve.begin(cwnd, sample.now);
    const grown = curve.grown(cwnd, segmentsAcked, sample.now, this.#rtt) * this.#smss;
    if (grown <= this.cwnd + this.#fraction) return;
    this.cwnd = Math.floor(grown);
    this.#fraction = grown - this.cwnd;
    this.why = curve.because;
  }

  congestionDetected(cause: 'loss' | 'ece', flightSize: number, _now: number): void {
    this.#remember();
    // RFC 8511 §3 is about congestion avoidance
    const mild = cause === 'ece' && this.#options.abe && this.cwnd >= this.ssthresh;
    this.#decrease(flightSize, mild ? BETA_ECN : BETA_CUBIC);
    this.#slowStart.congested();
    this.why = mild ? 'RFC 8511 §3: a mark, beta_ecn' : 'RFC 9438 §4.6: multiplicative decrease';
  }

  recoveryEnded(_now: number): void {
    this.why = 'RFC 9438 §4.6: recovery is over';
  }

  // §4.8
  timedOut(flightSize: number, firstTime: boolean, _now: number): void {
    if (firstTime) {
      this.#remember();
      this.#decrease(flightSize, BETA_CUBIC);
    }
    this.cwnd = this.#smss;
    this.#curve.afterTimeout();
    this.#slowStart.timedOut();
    this.why = 'RFC 9438 §4.8: timeout';
  }

  // §4.9
  undo(_now: number): void {
    const undo = this.#undo;
    this.#undo = undefined;
    if (undo === undefined || this.cwnd >= this.#curve.cwndPrior * this.#smss) return;
    this.cwnd = Math.max(this.cwnd, undo.cwnd);
    this.ssthresh = Math.max(this.ssthresh, undo.ssthresh);
    this.#curve.restore(undo);
    this.#fraction = 0;
    this.why = 'RFC 9438 §4.9: spurious congestion event';
  }

  restartedAfterIdle(idle: number, rto: number, _now: number): void {
    const restarted = restartWindow(this.cwnd, this.#initialWindow, idle, rto, this.#options);
    if (restarted === this.cwnd) return;
    if (this.#options.halving) this.ssthresh = Math.max(this.ssthresh, (this.cwnd * 3) >> 2);
    else this.ssthresh = Math.max(this.ssthresh, this.cwnd); // slow start back to where it was
    this.cwnd = restarted;
    this.#curve.stop();
    this.#fraction = 0;
    this.why = 'RFC 5681 §4.1: restarted after an idle time';
  }

  #remember(): void {
    this.#undo = this.#curve.remember(this.cwnd, this.ssthresh);
  }

  // §4.6, after §4.7
  #decrease(flightSize: number, beta: number): void {
    this.#curve.congestion(this.cwnd / this.#smss, BETA_CUBIC);
    this.ssthresh = Math.max(Math.floor(flightSize * beta), 2 * this.#smss);
    this.#fraction = 0;
  }

  #measure(rtt: number): void {
    if (rtt < 0) return;
    this.#rtt = this.#rtt === 0 ? rtt : this.#rtt + (rtt - this.#rtt) * SRTT_GAIN;
  }
}
