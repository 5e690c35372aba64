/** Several observers of one host as one. */
import type { HostObserver } from '../../stack/host.ts';

export function together(observers: readonly HostObserver[]): HostObserver {
  const tracing = observers.filter(({ trace }) => trace !== undefined);
  const both: HostObserver = {
    packet(event) {
      for (const observer of observers) observer.packet?.(event);
    },
    transition(now, socket, from, to) {
      for (const observer of observers) observer.transition?.(now, socket, from, to);
    },
  };
  if (tracing.length === 0) return both;
  return {
    ...both,
    trace(now, socket, event) {
      for (const observer of tracing) observer.trace?.(now, socket, event);
    },
  };
}
