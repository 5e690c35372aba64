/**
 * TUN and TAP devices on Linux (Documentation/networking/tuntap.rst), opened with IFF_NO_PI: a packet
 * is an IP datagram or an Ethernet frame and nothing else. Reads and writes are plain system calls
 * into one reused buffer, about 2 us a packet; waiting is epoll (poller.ts) after a short spell of
 * looking again.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { clearImmediate, setImmediate } from 'node:timers';
import {
  MAX_HEADROOM,
  MAX_MTU,
  MIN_MTU,
  packetLimit,
  type Device,
  type Medium,
  type PacketSink,
} from '../link.ts';
import { explain, InterfaceRequest, writeName } from './interface-request.ts';
import { DeviceError, loadLibc, type Libc } from './libc.ts';
import { Poller } from './poller.ts';

export interface TunTapOptions {
  /** 1 to 15 ASCII characters; one `%d` becomes the lowest free number. */
  readonly name: string;
  readonly medium: Medium;
  readonly mtu: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** @throws DeviceError that names the interface and says what to do; the signal's reason when aborted. */
export async function openTunTap(options: TunTapOptions): Promise<KernelDevice> {
  const { name, medium, mtu, signal } = options;
  checkName(name);
  if (mtu !== undefined) checkMtu(mtu);
  const libc = await loadLibc();
  signal?.throwIfAborted();
  const fd = openCloneDevice();
  try {
    const link = new KernelDevice(libc, fd, attach(libc, fd, name, medium), medium, mtu);
    link.closeOn(signal);
    return link;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** For configureTun(): an open device has a new MTU. */
export function mtuChanged(name: string, mtu: number): void {
  for (const link of openLinks) if (link.name === name) link.mtu = mtu;
}

function checkName(name: string): void {
  const plain = name.replace('%d', '0');
  if (/^[!-~]{1,15}$/.test(plain) && !/[/:%]/.test(plain) && plain !== '.' && plain !== '..')
    return;
  const rule = '1 to 15 ASCII characters without space, slash, colon';
  throw new DeviceError('EINVAL', `'${name}' cannot name an interface: use ${rule}`);
}

function checkMtu(mtu: number): void {
  if (Number.isInteger(mtu) && mtu >= MIN_MTU && mtu <= MAX_MTU) return;
  const message = `mtu is ${mtu}, it must be an integer from ${MIN_MTU} to ${MAX_MTU}`;
  throw new DeviceError('EINVAL', message);
}

const CLONE_DEVICE = '/dev/net/tun';

function openCloneDevice(): number {
  try {
    return openSync(CLONE_DEVICE, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    const code =
      error instanceof Error && 'code' in error && typeof error.code === 'string'
        ? error.code
        : 'EIO';
    throw new DeviceError(
      code,
      `cannot open ${CLONE_DEVICE}: ${OPEN_ADVICE[code] ?? explain(code)}`,
    );
  }
}

const OPEN_ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'ENOENT, it is not there: `modprobe tun`, or give the container --device=/dev/net/tun',
  EACCES:
    'EACCES, not permitted: run as root, or inside `unshare -Urn` once everybody may open it, as ' +
    'udev has it (`chmod 666 /dev/net/tun`)',
  ENODEV: 'ENODEV, the kernel has no TUN driver: `modprobe tun`',
};

/** Makes `fd` the interface `name`; returns the name that it got. */
function attach(libc: Libc, fd: number, name: string, medium: Medium): string {
  const ifreq = new Uint8Array(40);
  writeName(ifreq, name);
  new DataView(ifreq.buffer).setInt16(16, FLAG[medium] | IFF_NO_PI, true);
  if (libc.ioctl(fd, TUNSETIFF, ifreq) < 0) {
    const code = libc.errno();
    const advice = attachAdvice(code, KIND[medium]) ?? explain(code);
    throw new DeviceError(code, `cannot open the ${KIND[medium]} device '${name}': ${advice}`);
  }
  return String.fromCharCode(...ifreq.subarray(0, ifreq.indexOf(0)));
}

const TUNSETIFF = 0x400454ca; // _IOW('T', 202, int), linux/if_tun.h
const TUNSETCARRIER = 0x400454e2; // _IOW('T', 226, int)
const FLAG: Readonly<Record<Medium, number>> = { ip: 0x0001, ethernet: 0x0002 }; // IFF_TUN, IFF_TAP
const KIND: Readonly<Record<Medium, string>> = { ip: 'TUN', ethernet: 'TAP' };
const IFF_NO_PI = 0x1000;

function attachAdvice(code: string, kind: string): string | undefined {
  if (code === 'EBUSY') {
    return 'EBUSY, the name is in use by another process: close it there or choose another name';
  }
  if (code !== 'EINVAL') return undefined;
  return `EINVAL, an interface of this name exists and is no ${kind} device: choose another name`;
}

/** Octets: the largest datagram and its headroom. */
const BUFFER_SIZE = MAX_MTU + MAX_HEADROOM;

/**
 * Turns of the event loop, each about 3 us, that an emptied device is looked at again before epoll
 * is asked to wait, which costs a trip through the thread pool: `ping -f` takes 0.03 ms a round
 * instead of 0.08, and a packet that nothing follows 0.1 ms of processor time more.
 */
const BUSY_TURNS = 32;

const openLinks = new Set<KernelDevice>();
const shared: { poller: Poller | undefined } = { poller: undefined };

export class KernelDevice implements Device {
  readonly name: string;
  readonly ifindex: number;
  readonly medium: Medium;
  readonly checksumOffload = false;
  mtu: number;
  dropped = 0;
  onReadable: (() => void) | undefined = undefined;
  onClose: ((error: Error | undefined) => void) | undefined = undefined;
  readonly bytes: Uint8Array = new Uint8Array(BUFFER_SIZE);
  readonly view: DataView = new DataView(this.bytes.buffer);
  readonly #arrived = new Uint8Array(BUFFER_SIZE);
  readonly #arrivedView = new DataView(this.#arrived.buffer);
  readonly #pollfd = new Uint8Array(8); // struct pollfd
  readonly #libc: Libc;
  readonly #poller: Poller;
  readonly #lookAgain = (): void => this.#look();
  #fd: number; // -1 when closed
  #draining = false;
  #turns = 0; // of BUSY_TURNS, left
  #immediate: NodeJS.Immediate | undefined = undefined;
  #armed = false; // has epoll been asked to wait?
  #closed: Promise<void> | undefined = undefined;
  #signal: AbortSignal | undefined = undefined;
  readonly #abort = (): void => void this.close();

  constructor(libc: Libc, fd: number, name: string, medium: Medium, mtu: number | undefined) {
    this.#libc = libc;
    this.#fd = fd;
    this.name = name;
    this.medium = medium;
    const request = new InterfaceRequest(libc, name);
    try {
      if (mtu !== undefined) request.setMtu(mtu);
      this.mtu = request.mtu();
      this.ifindex = request.index();
    } finally {
      request.close();
    }
    const view = new DataView(this.#pollfd.buffer);
    view.setInt32(0, fd, true);
    view.setInt16(4, POLLIN, true);
    if (shared.poller === undefined || shared.poller.idle) shared.poller = new Poller(libc);
    this.#poller = shared.poller;
    this.#poller.join(fd, () => this.#wake());
    openLinks.add(this);
  }

  closeOn(signal: AbortSignal | undefined): void {
    this.#signal = signal;
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  claim(length: number): number {
    if (length <= this.mtu + MAX_HEADROOM) return 0;
    throw new RangeError(`claim of ${length} octets on a link with an MTU of ${this.mtu}`);
  }

  transmit(start: number, end: number): void {
    const length = end - start;
    if (length > packetLimit(this.medium, this.mtu)) {
      throw new RangeError(`packet of ${length} octets on a link with an MTU of ${this.mtu}`);
    }
    // Without headroom, the usual case, no subarray is made.
    const from = start === 0 ? this.bytes : this.bytes.subarray(start);
    // EAGAIN, EIO (the interface is down), EINVAL (no IP datagram): lost, as on any network.
    if (this.#fd < 0 || this.#libc.write(this.#fd, from, length) !== length) this.dropped += 1;
    else this.#turns = BUSY_TURNS;
  }

  drain(max: number, sink: PacketSink): number {
    if (this.#draining) return 0;
    this.#draining = true;
    let count = 0;
    try {
      while (count < max && this.#fd >= 0) {
        const length = this.#libc.read(this.#fd, this.#arrived, BUFFER_SIZE);
        if (length <= 0) {
          this.#checkAlive(length);
          break;
        }
        count += 1;
        sink(this.#arrived, this.#arrivedView, 0, length);
      }
    } finally {
      this.#draining = false;
    }
    if (count > 0) this.#turns = BUSY_TURNS;
    if (count < max) this.#await();
    return count;
  }

  close(): Promise<void> {
    return this.#down(undefined);
  }

  /** Plugs the cable in or out, as the kernel's side sees it. @throws DeviceError. */
  carrier(on: boolean): void {
    const argument = new Uint8Array(8);
    argument[0] = on ? 1 : 0;
    if (this.#libc.ioctl(this.#fd, TUNSETCARRIER, argument) >= 0) return;
    const code = this.#libc.errno();
    throw new DeviceError(
      code,
      `interface '${this.name}': cannot set its carrier: ${explain(code)}`,
    );
  }

  /** The hardware address of the kernel's side: `02:00:00:00:00:01`. @throws DeviceError. */
  hardwareAddress(): string {
    const request = new InterfaceRequest(this.#libc, this.name);
    try {
      return request.hardwareAddress();
    } finally {
      request.close();
    }
  }

  /** After a read that gave nothing: has the interface been deleted under us? */
  #checkAlive(length: number): void {
    const code = length < 0 ? this.#libc.errno() : 'EIO';
    if (code === 'EAGAIN' || code === 'EINTR') return;
    void this.#down(
      new DeviceError(
        code,
        `the ${KIND[this.medium]} device '${this.name}' is gone, its interface was deleted: ${code}`,
      ),
    );
  }

  #down(error: DeviceError | undefined): Promise<void> {
    if (this.#closed !== undefined) return this.#closed;
    const fd = this.#fd;
    this.#fd = -1;
    this.onReadable = undefined;
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    this.#signal?.removeEventListener('abort', this.#abort);
    openLinks.delete(this);
    this.#closed = this.#poller.leave(fd);
    closeSync(fd);
    this.onClose?.(error);
    return this.#closed;
  }

  /** The device is empty: have onReadable called when it is no more. */
  #await(): void {
    if (this.#fd < 0 || this.#immediate !== undefined || this.#armed) return;
    if (this.#turns > 0) {
      this.#immediate = setImmediate(this.#lookAgain);
    } else {
      this.#armed = true;
      this.#poller.arm(this.#fd);
    }
  }

  #look(): void {
    this.#immediate = undefined;
    this.#turns -= 1;
    if (this.#libc.poll(this.#pollfd, 1, 0) > 0) this.onReadable?.();
    else this.#await();
  }

  #wake(): void {
    this.#armed = false;
    this.onReadable?.();
  }
}

const POLLIN = 1;
