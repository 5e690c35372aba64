/**
 * Congestion controllers by name: RFC 5681, RFC 9438 and BBR version 3. What the options of a
 * connection mean for them is here; the controllers know only their own.
 */
import type { ControllerName, Pacing, ProfileName } from '../options.ts';
import type { CongestionControl } from './control.ts';
import { Cubic } from './cubic.ts';
import { Reno, type LossBasedOptions } from './reno.ts';

/** What of a connection's options a controller is made with. */
export interface ControllerOptions {
  readonly hystart: boolean;
  readonly pacing: Pacing;
  readonly profile: ProfileName;
}

/** A new controller of that name; each connection that sends has one. */
export function controllerFor(name: ControllerName, options: ControllerOptions): CongestionControl {
  switch (name) {
    case 'reno':
      return new Reno(lossBased(options));
    case 'cubic':
    case 'bbr':
      return new Cubic(lossBased(options));
  }
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
