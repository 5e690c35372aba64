/**
 * The curve of CUBIC: W_cubic(t), W_est and the memory of the last congestion. RFC 9438 §4.2 to §4.5,
 * §4.7 and §4.9. Windows are segments and times seconds, as in the RFC; `now` is ms.
 */

const C = 0.4; //                            §4.1, segments / s^3
const BETA_CUBIC = 0.7; //                   §4.6
const ALPHA_CUBIC = (3 * (1 - BETA_CUBIC)) / (1 + BETA_CUBIC); // §4.3

/** What §4.9 restores. */
export interface CubicMemory {
  readonly cwnd: number; //     octets
  readonly ssthresh: number; // octets
  readonly cwndPrior: number;
  readonly wMax: number;
  readonly k: number;
  readonly tEpoch: number;
  readonly wEst: number;
  readonly running: boolean;
}

export class CubicCurve {
  /** A congestion avoidance stage has begun: t_epoch and cwnd_epoch mean something. */
  running = false;
  /** cwnd when ssthresh was last set; segments. */
  cwndPrior = 0;
  /** The region of the last growth, for traces. */
  because = '';
  #wMax = 0; //     W_max; 0: undefined
  #k = 0; //        K, s
  #tEpoch = 0; //   t_epoch, ms
  #wEst = 0; //     W_est
  #flat = false; // K is 0 and W_max is cwnd_epoch: after a timeout, or a slow start without loss

  /** A congestion avoidance stage begins: §4.2. */
  begin(cwnd: number, now: number): void {
    this.running = true;
    this.#tEpoch = now;
    this.#wEst = cwnd; // cwnd_epoch
    if (this.#flat || this.#wMax <= cwnd) {
      this.#k = 0;
      this.#wMax = cwnd;
      this.#flat = false;
      return;
    }
    this.#k = Math.cbrt((this.#wMax - cwnd) / C);
  }

  /** cwnd after an ACK of `segmentsAcked`: §4.3 to §4.5. `rtt`: smoothed, ms. */
  grown(cwnd: number, segmentsAcked: number, now: number, rtt: number): number {
    const alpha = this.#wEst >= this.cwndPrior ? 1 : ALPHA_CUBIC;
    this.#wEst += (alpha * segmentsAcked) / cwnd; // equation 4
    if (this.#wCubic(now) < this.#wEst) {
      this.because = 'RFC 9438 §4.3: Reno-friendly region';
      return Math.max(cwnd, this.#wEst);
    }
    this.because =
      cwnd < this.#wMax ? 'RFC 9438 §4.4: concave region' : 'RFC 9438 §4.5: convex region';
    const target = Math.min(Math.max(this.#wCubic(now + rtt), cwnd), 1.5 * cwnd);
    return cwnd + ((target - cwnd) / cwnd) * segmentsAcked;
  }

  /** Equation 1. */
  #wCubic(at: number): number {
    const t = (at - this.#tEpoch) / 1000;
    return C * (t - this.#k) ** 3 + this.#wMax;
  }

  /** `ms` of application-limited time do not count: §4.2, §5.8. */
  pause(ms: number): void {
    if (this.running) this.#tEpoch += ms;
  }

  /** Congestion at `cwnd`: §4.7, and cwnd_prior of §4.6. The next stage begins later. */
  congestion(cwnd: number, beta: number): void {
    this.cwndPrior = cwnd;
    this.#wMax = cwnd < this.#wMax ? (cwnd * (1 + beta)) / 2 : cwnd; // fast convergence
    this.running = false;
    this.#flat = false;
  }

  /** §4.8: the next stage begins with K = 0 and W_max = cwnd. */
  afterTimeout(): void {
    this.running = false;
    this.#flat = true;
  }

  /** §4.10: slow start was left without congestion. */
  forget(cwnd: number): void {
    this.cwndPrior = cwnd;
    this.afterTimeout();
  }

  /** A new stage begins when slow start is over; W_max stays. */
  stop(): void {
    this.running = false;
  }

  remember(cwnd: number, ssthresh: number): CubicMemory {
    return {
      cwnd,
      ssthresh,
      cwndPrior: this.cwndPrior,
      wMax: this.#wMax,
      k: this.#k,
      tEpoch: this.#tEpoch,
      wEst: this.#wEst,
      running: this.running,
    };
  }

  restore(memory: CubicMemory): void {
    this.cwndPrior = memory.cwndPrior;
    this.#wMax = memory.wMax;
    this.#k = memory.k;
    this.#tEpoch = memory.tEpoch;
    this.#wEst = memory.wEst;
    this.running = memory.running;
    this.#flat = false;
  }
}
