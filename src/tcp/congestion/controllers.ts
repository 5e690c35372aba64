/** Congestion controllers by name: RFC 5681, RFC 9438 and BBR version 3. */
import type { ControllerName } from '../options.ts';
import type { CongestionControl } from './control.ts';
import { Reno } from './reno.ts';

/** What of a connection's options a controller is made with. */
export interface ControllerOptions {
  readonly hystart: boolean;
}

/** A new controller of that name; each connection that sends has one. */
export function controllerFor(
  _name: ControllerName,
  _options: ControllerOptions,
): CongestionControl {
  return new Reno();
}
