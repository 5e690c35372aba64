/** A TUN device on Linux: packets are IP datagrams. */
import type { Device } from '../link.ts';
import { openTunTap } from './tuntap.ts';

export interface TunOptions {
  /** 1 to 15 ASCII characters; one `%d` becomes the lowest free number. Default `tun%d`. */
  readonly name?: string | undefined;
  /** Octets, 68 to 65535. Default: as the kernel makes it, 1500. */
  readonly mtu?: number | undefined;
  /** Closes the device. */
  readonly signal?: AbortSignal | undefined;
}

/** Open, it keeps the process alive. The kernel removes the interface when it is closed. */
export interface TunLink extends Device {
  /** The name that the kernel gave it. */
  readonly name: string;
  readonly ifindex: number;
}

/**
 * Makes a network interface, or takes one over that `ip tuntap add` made. It is down and without
 * address: see configureTun().
 * @throws DeviceError that names the interface and says what to do; the signal's reason when aborted.
 */
export function openTun(options: TunOptions = {}): Promise<TunLink> {
  const { name = 'tun%d', mtu, signal } = options;
  return openTunTap({ name, medium: 'ip', mtu, signal });
}
