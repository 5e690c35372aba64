/**
 * Makes one link of two devices: what arrives at one is transmitted through the other, unchanged.
 * With netem() around one of them it is a network between two machines.
 */
import type { LinkLoop } from './event-loop.ts';
import { packetLimit, type Device, type PacketSink } from './link.ts';

/** Packets in a turn from one side, so that the other is heard as well. */
const BATCH = 64;

export interface Joint {
  /** Packets that were longer than the other side takes, and were dropped. */
  readonly tooLong: number;
  /** Takes both devices down. May be called more than once. */
  close(): Promise<void>;
  /** Called once: with nothing after close(), with the error of the device that went away first. */
  onClose: ((error: Error | undefined) => void) | undefined;
}

/**
 * From now on both devices, their onReadable and onClose, belong to the joint. When one of them
 * closes, so does the other.
 * @throws RangeError when one carries IP datagrams and the other Ethernet frames.
 */
export function join(left: Device, right: Device, loop: LinkLoop): Joint {
  if (left.medium !== right.medium) {
    throw new RangeError(
      `${left.name} carries ${left.medium} and ${right.name} ${right.medium}: they cannot be joined`,
    );
  }
  return new JoinedDevices(left, right, loop);
}

class JoinedDevices implements Joint {
  tooLong = 0;
  onClose: ((error: Error | undefined) => void) | undefined = undefined;
  readonly #left: Device;
  readonly #right: Device;
  #closed: Promise<void> | undefined = undefined;

  constructor(left: Device, right: Device, loop: LinkLoop) {
    this.#left = left;
    this.#right = right;
    this.#carry(left, right, loop);
    this.#carry(right, left, loop);
  }

  close(): Promise<void> {
    return this.#down(undefined);
  }

  #carry(from: Device, to: Device, loop: LinkLoop): void {
    const sink: PacketSink = (bytes, _view, start, end) => this.#pass(to, bytes, start, end);
    let awaited = false;
    const turn = (): void => {
      awaited = false;
      if (from.drain(BATCH, sink) === BATCH) soon();
    };
    const soon = (): void => {
      if (awaited || this.#closed !== undefined) return;
      awaited = true;
      loop.soon(turn);
    };
    from.onReadable = soon;
    from.onClose = (error) => {
      void this.#down(error ?? new Error(`${from.name} was closed`));
    };
    soon();
  }

  #pass(to: Device, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length > packetLimit(to.medium, to.mtu)) {
      this.tooLong += 1;
      return;
    }
    const at = to.claim(length);
    to.bytes.set(bytes.subarray(start, end), at);
    to.transmit(at, at + length);
  }

  #down(error: Error | undefined): Promise<void> {
    if (this.#closed !== undefined) return this.#closed;
    this.#closed = Promise.resolve();
    this.#closed = Promise.all([this.#left.close(), this.#right.close()]).then(() => undefined);
    this.onClose?.(error);
    return this.#closed;
  }
}
