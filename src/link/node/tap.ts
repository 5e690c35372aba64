/** A TAP device on Linux: packets are Ethernet frames, and the kernel's side is one station of two. */
import type { TunLink, TunOptions } from './tun.ts';
import { openTunTap } from './tuntap.ts';

/** As TunOptions; the default name is `tap%d`. */
export interface TapOptions extends TunOptions {}

export interface TapLink extends TunLink {
  /** The MAC address of the kernel's side, as it is now: `02:00:00:00:00:01`. @throws DeviceError. */
  hardwareAddress(): string;
  /** Plugs the cable in or out, as the kernel's side sees it: it starts plugged in. @throws DeviceError. */
  carrier(on: boolean): void;
}

/**
 * Makes a network interface, or takes one over that `ip tuntap add mode tap` made. It is down and
 * without address: configureTun() serves it as well. It may be made a port of a bridge.
 * @throws DeviceError that names the interface and says what to do; the signal's reason when aborted.
 */
export function openTap(options: TapOptions = {}): Promise<TapLink> {
  const { name = 'tap%d', mtu, signal } = options;
  return openTunTap({ name, medium: 'ethernet', mtu, signal });
}
