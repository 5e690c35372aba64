/** The devices that `estab netem` stands between: `tun:NAME`, `tap:NAME`, `qemu:PATH`. */
import type { Device } from '../../link/link.ts';
import { configureTun } from '../../link/node/configure-tun.ts';
import { listenQemu, type QemuLink, type QemuPlace } from '../../link/node/qemu.ts';
import { openTap } from '../../link/node/tap.ts';
import { openTun } from '../../link/node/tun.ts';
import { printCidr, type Cidr } from '../../wire/address.ts';
import { misuse } from './units.ts';

export type DeviceName =
  | { readonly kind: 'tun' | 'tap'; readonly name: string }
  | { readonly kind: 'qemu'; readonly place: QemuPlace; readonly text: string };

/** For commander: what stands behind `option`. */
export const deviceArgument =
  (option: string) =>
  (text: string): DeviceName => {
    const [, kind, rest = ''] = /^(tun|tap|qemu):(.+)$/.exec(text) ?? [];
    if (kind === 'qemu') return { kind, place: placeIn(rest), text: rest };
    const sound = /^[!-~]{1,15}$/.test(rest) && !/[/:%]/.test(rest) && !/^\.{1,2}$/.test(rest);
    if ((kind === 'tun' || kind === 'tap') && sound) return { kind, name: rest };
    throw misuse(option, text, 'give a device such as tun:left, tap:left or qemu:/tmp/left.sock');
  };

function placeIn(text: string): QemuPlace {
  const [, host, port] = /^([^/]*):([0-9]{1,5})$/.exec(text) ?? [];
  if (host === undefined || port === undefined) return { path: text };
  return { host: host === '' ? '127.0.0.1' : host, port: Number(port) };
}

export const printDevice = (device: DeviceName): string =>
  device.kind === 'qemu' ? `qemu:${device.text}` : `${device.kind}:${device.name}`;

/** An opened device, and what has to be closed with it. */
export interface Opened {
  /** Undefined when the verb was ended before a guest came. */
  readonly device: Device | undefined;
  readonly close: () => Promise<void>;
}

export interface OpenOptions {
  readonly mtu: number | undefined;
  /** The kernel's address on it; the interface is brought up. */
  readonly address: Cidr | undefined;
  /** Told while somebody has to be waited for. */
  readonly waiting: (what: string) => void;
  readonly signal: AbortSignal;
}

/** @throws Failure or DeviceError that names the device and says what to do. */
export async function openDevice(name: DeviceName, options: OpenOptions): Promise<Opened> {
  if (name.kind === 'qemu') return openQemu(name.place, name.text, options);
  const open = name.kind === 'tun' ? openTun : openTap;
  const device = await open({ name: name.name, mtu: options.mtu });
  try {
    const { address, mtu } = options;
    if (address !== undefined) {
      await configureTun({ name: device.name, peerAddress: printCidr(address), mtu });
    }
  } catch (error) {
    await device.close();
    throw error;
  }
  return { device, close: () => device.close() };
}

/** Waits for the one guest there is to be. */
async function openQemu(place: QemuPlace, text: string, options: OpenOptions): Promise<Opened> {
  const { mtu, waiting, signal } = options;
  let guest: (link: QemuLink) => void = () => undefined;
  const connected = new Promise<QemuLink>((resolve) => {
    guest = resolve;
  });
  const server = await listenQemu(place, { mtu, guests: 1, name: `qemu:${text} `, onGuest: guest });
  waiting(`waiting for a guest on ${text}`);
  const aborted = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const device = await Promise.race([connected, aborted]);
  return { device, close: () => server.close() };
}
