/**
 * CUBIC: RFC 9438 §4, step by step, under its names. Windows are octets here and segments in the RFC,
 * so W is divided by SMSS where its formulas stand; times are seconds in the formulas, ms elsewhere.
 */
import { CubicCurve, type CubicMemory } from './cubic-curve.ts';
import type { AckSample } from './control.ts';
import { LossBased } from './loss-based.ts';

const BETA_CUBIC = 0.7; // §4.6
const BETA_ECN = 0.85; //  RFC 8511 §3
const SRTT_GAIN = 1 / 8; // RFC 6298 §2.3

export class Cubic extends LossBased {
  readonly #curve = new CubicCurve();
  #undo: CubicMemory | undefined = undefined;
  #rtt = 0; //       ms, smoothed
  #lastAck = 0; //   ms
  #fraction = 0; //  of an octet that cwnd has grown

  override get name(): 'cubic' {
    return 'cubic'; // no field: there is one of these for each connection that sends
  }

  override established(smss: number, initialWindow: number, now: number): void {
    super.established(smss, initialWindow, now);
    this.#lastAck = now;
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
    if (this.cwnd >= this.ssthresh) this.#inCongestionAvoidance(sample);
    else if (this.inSlowStart(sample)) this.#curve.forget(this.cwnd / this.smss); // §4.10
  }

  #inCongestionAvoidance(sample: AckSample): void {
    this.slowStart.left();
    const cwnd = (this.cwnd + this.#fraction) / this.smss;
    const segmentsAcked = Math.min(sample.acked, this.cwnd) / this.smss;
    const curve = this.#curve;
    if (!curve.running) curve.begin(cwnd, sample.now);
    const grown = curve.grown(cwnd, segmentsAcked, sample.now, this.#rtt) * this.smss;
    if (grown <= this.cwnd + this.#fraction) return;
    this.cwnd = Math.floor(grown);
    this.#fraction = grown - this.cwnd;
    this.why = curve.because;
  }

  congestionDetected(cause: 'loss' | 'ece', flightSize: number, _now: number): void {
    this.#remember();
    const mild = this.isMild(cause);
    this.#decrease(flightSize, mild ? BETA_ECN : BETA_CUBIC);
    this.slowStart.congested();
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
    this.cwnd = this.smss;
    this.#curve.afterTimeout();
    this.slowStart.timedOut();
    this.why = 'RFC 9438 §4.8: timeout';
  }

  // §4.9. ssthresh in any case: cwnd may not have been reduced yet, and slow start would be over.
  undo(_now: number): void {
    const undo = this.#undo;
    this.#undo = undefined;
    if (undo === undefined) return;
    this.ssthresh = Math.max(this.ssthresh, undo.ssthresh);
    if (this.cwnd > this.#curve.cwndPrior * this.smss) return; // grown since: keep the newer curve
    this.cwnd = Math.max(this.cwnd, undo.cwnd);
    this.#curve.restore(undo);
    this.#fraction = 0;
    this.why = 'RFC 9438 §4.9: spurious congestion event';
  }

  restartedAfterIdle(idle: number, rto: number, _now: number): void {
    const before = this.cwnd;
    if (!this.restarts(idle, rto)) return;
    if (!this.options.halving) this.ssthresh = Math.max(this.ssthresh, before); // slow start back to it
    this.#curve.stop();
    this.#fraction = 0;
  }

  #remember(): void {
    this.#undo = this.#curve.remember(this.cwnd, this.ssthresh);
  }

  // §4.6, after §4.7
  #decrease(flightSize: number, beta: number): void {
    this.#curve.congestion(this.cwnd / this.smss, BETA_CUBIC);
    this.ssthresh = this.decreased(flightSize, beta);
    this.#fraction = 0;
  }

  #measure(rtt: number): void {
    if (rtt < 0) return;
    this.#rtt = this.#rtt === 0 ? rtt : this.#rtt + (rtt - this.#rtt) * SRTT_GAIN;
  }
}
