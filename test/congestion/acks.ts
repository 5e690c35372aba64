/** Acknowledgments made by hand, and controllers as connections would have them. */
import { AckSample, type CongestionControl } from '../../src/tcp/congestion/control.ts';
import { controllerFor, type ControllerOptions } from '../../src/tcp/congestion/controllers.ts';
import type { ControllerName } from '../../src/tcp/options.ts';
import { add, seq, type Seq } from '../../src/wire/seq.ts';

export const SMSS = 1000; // octets

export const MODERN: ControllerOptions = {
  hystart: false,
  afterIdle: 'restart',
  pacing: 'off',
  profile: 'freebsd',
};

export function made(
  name: ControllerName,
  options: ControllerOptions = MODERN,
  initialWindow: number = 10 * SMSS,
  smss: number = SMSS,
): CongestionControl {
  const controller = controllerFor(name, options, { iss: 4711, srtt: 40, selectiveAcks: true });
  controller.established(smss, initialWindow, 0);
  return controller;
}

/** A receiver that acknowledges; every ACK is cwnd-limited unless said otherwise. */
export class Acks {
  readonly sample: AckSample = new AckSample();
  una: Seq = seq(0);
  readonly #control: CongestionControl;

  constructor(control: CongestionControl) {
    this.#control = control;
    this.sample.cwndLimited = true;
  }

  /** `octets` are acknowledged at `now`, a full window is in flight. */
  take(octets: number, now: number, rtt: number): void {
    const { sample } = this;
    this.una = add(this.una, octets);
    sample.now = now;
    sample.acked = sample.cumulative = octets;
    sample.rtt = rtt;
    sample.una = this.una;
    sample.nxt = add(this.una, Math.floor(this.#control.cwnd));
    sample.inFlight = this.#control.cwnd;
    this.#control.acknowledged(sample);
  }

  /** A window of text is acknowledged segment by segment in the `rtt` ms from `now` on. */
  round(now: number, rtt: number, smss: number = SMSS): void {
    const acks = Math.floor(this.#control.cwnd / smss);
    for (let i = 1; i <= acks; i++) this.take(smss, now + (i * rtt) / acks, rtt);
  }
}
