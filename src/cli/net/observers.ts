/** Several observers of one host as one. */
import type { HostObserver } from '../../stack/host.ts';

export function together(observers: readonly HostObserver[]): HostObserver {
  return {
    packet(event) {
      for (const observer of observers) observer.packet?.(event);
    },
    transition(now, socket, from, to) {
      for (const observer of observers) observer.transition?.(now, socket, from, to);
    },
  };
}
