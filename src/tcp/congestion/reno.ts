/**
 * Slow start, congestion avoidance, and the windows of fast retransmit and fast recovery: RFC 5681
 * §3.1 and §3.2, with RFC 6582's deflation. Congestion avoidance counts acknowledged octets
 * (RFC 3465 with L = 1), so that splitting an acknowledgment gains nothing.
 */
import { INFINITE_SSTHRESH, type CongestionControl } from './control.ts';

export class Reno implements CongestionControl {
  cwnd: number;
  ssthresh: number = INFINITE_SSTHRESH;
  #smss: number;
  #acked = 0; // octets acknowledged since cwnd last grew in congestion avoidance

  constructor(smss: number) {
    this.#smss = smss;
    this.cwnd = initialWindow(smss);
  }

  get name(): string {
    return 'reno'; // no field: there is one of these for each connection
  }

  established(smss: number, synLost: boolean): void {
    this.#smss = smss;
    this.cwnd = synLost ? smss : initialWindow(smss);
  }

  smssChanged(smss: number): void {
    this.#smss = smss;
    this.cwnd = Math.max(this.cwnd, smss);
  }

  acknowledged(octets: number, _now: number): void {
    if (this.cwnd < this.ssthresh) {
      this.cwnd += Math.min(octets, this.#smss); // RFC 5681 equation 2
      return;
    }
    this.#acked += octets;
    if (this.#acked < this.cwnd) return;
    this.#acked -= this.cwnd;
    this.cwnd += this.#smss; // once per window: RFC 5681 §3.1, appropriate byte counting
  }

  recoveryStarted(flightSize: number, _now: number): void {
    this.ssthresh = this.#halved(flightSize);
    this.cwnd = this.ssthresh + 3 * this.#smss;
    this.#acked = 0;
  }

  inflated(): void {
    this.cwnd += this.#smss;
  }

  deflated(octets: number): void {
    this.cwnd = Math.max(this.cwnd - octets, 0);
    if (octets >= this.#smss || this.cwnd < this.#smss) this.cwnd += this.#smss;
  }

  recoveryEnded(flightSize: number): void {
    this.cwnd = Math.min(this.ssthresh, Math.max(flightSize, this.#smss) + this.#smss);
  }

  timedOut(flightSize: number, firstTime: boolean, _now: number): void {
    if (firstTime) this.ssthresh = this.#halved(flightSize);
    this.cwnd = this.#smss; // the loss window, RFC 5681 §3.1
    this.#acked = 0;
  }

  restartedAfterIdle(): void {
    this.cwnd = Math.min(this.cwnd, initialWindow(this.#smss));
  }

  // RFC 5681 equation 4
  #halved(flightSize: number): number {
    return Math.max(Math.floor(flightSize / 2), 2 * this.#smss);
  }
}

/** IW: RFC 5681 §3.1. */
export function initialWindow(smss: number): number {
  if (smss > 2190) return 2 * smss;
  if (smss > 1095) return 3 * smss;
  return 4 * smss;
}
