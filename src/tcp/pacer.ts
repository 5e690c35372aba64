/**
 * Pacing: when the next segment may leave. draft-ietf-ccwg-bbr §5.6.2 and §5.6.3; for controllers without
 * a rate of their own, a multiple of cwnd / SRTT as Linux has it. Timers are late by up to a millisecond
 * in most places this runs: a quantum leaves together, and lateness is made up for.
 */
import type { CongestionControl } from './congestion/control.ts';

const QUANTUM_TIME = 1; //           ms: what a timer can do
const LARGEST_QUANTUM = 65536; //    octets, draft §5.6.3
const LEAST_SEGMENTS = 2; //         of a quantum, draft §5.6.3
const SLOW_START_RATIO = 2; //       Linux: tcp_pacing_ss_ratio 200 %
const AVOIDANCE_RATIO = 1.2; //      Linux: tcp_pacing_ca_ratio 120 %

export class Pacer {
  /** When the next quantum may leave, ms. */
  nextTime: number = -Infinity;
  #left = 0; // octets of the quantum that is leaving

  /** May a segment leave now? */
  mayGo(now: number): boolean {
    return this.#left > 0 || now >= this.nextTime;
  }

  /** `octets` left at a pace of `rate` octets per ms (0: as fast as they can). */
  sent(octets: number, now: number, rate: number, smss: number): void {
    if (rate <= 0) {
      this.nextTime = now;
      this.#left = 0;
      return;
    }
    if (now >= this.nextTime) {
      const quantum = quantumOf(rate, smss);
      this.#left = quantum;
      // C.next_send_time = max(Now(), C.next_send_time), but for what a late timer cost
      this.nextTime = Math.max(this.nextTime, now - quantum / rate);
      if (this.nextTime + QUANTUM_TIME < now) this.nextTime = now; // it was no timer, it was idle
    }
    this.#left -= octets;
    this.nextTime += octets / rate;
  }
}

/** C.send_quantum: SetSendQuantum of the draft, octets. */
export function quantumOf(rate: number, smss: number): number {
  return Math.max(Math.min(rate * QUANTUM_TIME, LARGEST_QUANTUM), LEAST_SEGMENTS * smss);
}

/** Octets per ms; 0 when there is nothing to derive it from. `srtt` in ms, -1: not measured. */
export function pacingRateOf(
  congestion: CongestionControl,
  inFlight: number,
  srtt: number,
): number {
  if (congestion.pacingRate > 0) return congestion.pacingRate;
  if (srtt <= 0) return 0;
  const { cwnd, ssthresh } = congestion;
  const ratio = cwnd < ssthresh / 2 ? SLOW_START_RATIO : AVOIDANCE_RATIO;
  return (ratio * Math.max(cwnd, inFlight)) / srtt;
}
