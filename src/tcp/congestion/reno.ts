/**
 * Slow start and congestion avoidance: RFC 5681 §3.1. Congestion avoidance counts acknowledged octets
 * (RFC 3465 with L = 1), so that splitting an acknowledgment gains nothing.
 */
import { INFINITE_SSTHRESH, type AckSample, type CongestionControl } from './control.ts';

export class Reno implements CongestionControl {
  cwnd = 0;
  ssthresh: number = INFINITE_SSTHRESH;
  #smss = 0;
  #initialWindow = 0;
  #acked = 0; // octets acknowledged since cwnd last grew in congestion avoidance
  #priorCwnd = 0; //     for undo
  #priorSsthresh = 0;

  get name(): 'reno' {
    return 'reno'; // no field: there is one of these for each connection
  }

  get pacingRate(): number {
    return 0;
  }

  get wantsRate(): boolean {
    return false;
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
    if (this.cwnd < this.ssthresh) {
      this.cwnd += Math.min(sample.cumulative, this.#smss); // RFC 5681 equation 2
      return;
    }
    this.#acked += sample.cumulative;
    if (this.#acked < this.cwnd) return;
    this.#acked -= this.cwnd;
    this.cwnd += this.#smss; // once per window: RFC 5681 §3.1, appropriate byte counting
  }

  congestionDetected(_cause: 'loss' | 'ece', flightSize: number, _now: number): void {
    this.#remember();
    this.ssthresh = this.#halved(flightSize);
    this.#acked = 0;
  }

  recoveryEnded(_now: number): void {
    this.#acked = 0;
  }

  timedOut(flightSize: number, firstTime: boolean, _now: number): void {
    if (firstTime) {
      this.#remember();
      this.ssthresh = this.#halved(flightSize);
    }
    this.cwnd = this.#smss; // the loss window, RFC 5681 §3.1
    this.#acked = 0;
  }

  undo(_now: number): void {
    this.cwnd = Math.max(this.cwnd, this.#priorCwnd);
    this.ssthresh = Math.max(this.ssthresh, this.#priorSsthresh);
  }

  restartedAfterIdle(_idle: number, _rto: number, _now: number): void {
    this.cwnd = Math.min(this.cwnd, this.#initialWindow);
  }

  #remember(): void {
    this.#priorCwnd = this.cwnd;
    this.#priorSsthresh = this.ssthresh;
  }

  // RFC 5681 equation 4
  #halved(flightSize: number): number {
    return Math.max(Math.floor(flightSize / 2), 2 * this.#smss);
  }
}
