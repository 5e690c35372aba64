/**
 * Congestion controllers by name: RFC 5681, RFC 9438 and BBR version 3. What the options of a
 * connection mean for them is here; the controllers know only their own.
 */
import type { AfterIdle, ControllerName, Pacing, ProfileName } from '../options.ts';
import { Bbr } from './bbr.ts';
import type { CongestionControl } from './control.ts';
import { Cubic } from './cubic.ts';
import type { LossBasedOptions } from './loss-based.ts';
import { Reno } from './reno.ts';
import { Validated } from './validated.ts';

/** What of a connection's options a controller is made with. */
export interface ControllerOptions {
  readonly hystart: boolean;
  readonly afterIdle: AfterIdle;
  readonly pacing: Pacing;
  readonly profile: ProfileName;
}

/** What is known of a connection when it gets its controller. */
export interface Beginning {
  /** ISS, which nobody can guess (RFC 6528): the core has no other randomness. */
  readonly iss: number;
  /** ms; -1: nothing was measured. */
  readonly srtt: number;
  /** RFC 2018 was agreed upon. */
  readonly selectiveAcks: boolean;
}

/** A new controller of that name; each connection that sends has one. */
export function controllerFor(
  name: ControllerName,
  options: ControllerOptions,
  { iss, srtt, selectiveAcks }: Beginning,
): CongestionControl {
  switch (name) {
    case 'reno':
      return validated(new Reno(lossBased(options)), options);
    case 'cubic':
      return validated(new Cubic(lossBased(options)), options);
    case 'bbr':
      return new Bbr({ seed: iss, srtt, selectiveAcks });
  }
}

/** RFC 7661 §1: BBR has a better idea of the path than cwnd. */
function validated(
  control: CongestionControl,
  { afterIdle }: ControllerOptions,
): CongestionControl {
  return afterIdle === 'validate' ? new Validated(control) : control;
}

function lossBased({ hystart, pacing, profile }: ControllerOptions): LossBasedOptions {
  return {
    hystart,
    paced: pacing === 'on', // `auto` is for controllers with a rate of their own
    ackLimit: profile === 'rfc' ? 1 : 2,
    halving: profile === 'linux',
    abe: true,
  };
}
