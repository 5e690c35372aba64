/**
 * The contract between a host and a device. Packets stay where they lie and are named by
 * `bytes, start, end`: a sender writes into the device's own memory, a receiver reads from it
 * (ADR-0010). No call allocates per packet.
 */
import { ETHERNET_HEADER } from '../wire/ethernet.ts';

/**
 * Takes one arriving packet, `bytes[start..end)`; `view` is over the same octets as `bytes`. The
 * packet may be read and written until the sink returns; afterwards its memory belongs to the link
 * again. A sink may transmit on any link, the one being drained included. It must not drain the
 * link it is called from: such a drain() delivers nothing and returns 0.
 */
export type PacketSink = (bytes: Uint8Array, view: DataView, start: number, end: number) => void;

/**
 * What a packet begins with. `ip`: the IP header. `ethernet`: an Ethernet header; a packet is a
 * frame without preamble and without frame check sequence, and may be shorter than 60 octets.
 */
export type Medium = 'ip' | 'ethernet';

export interface Link {
  readonly name: string;
  readonly medium: Medium;
  /** The largest IP datagram, octets, at most 65535. A frame may be longer: see packetLimit(). */
  readonly mtu: number;
  /** True: nobody needs to compute or to verify transport checksums on this link. */
  readonly checksumOffload: boolean;

  /** Where claim() makes room. May be another array after a claim: read both again. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /**
   * Room in `bytes` for one outgoing packet of up to `length` octets, headroom for the headers that
   * are written last included; at most `mtu + MAX_HEADROOM`. Returns where it starts. The room is
   * the caller's until the next claim() or transmit(); what is in it at first is undefined.
   * @throws RangeError when `length` is larger than that.
   */
  claim(length: number): number;
  /**
   * Sends `bytes[start..end)`, which lies inside the room claimed last and is handed over with it.
   * A link that cannot take the packet now drops it, as IP may, and counts it in `dropped`.
   * @throws RangeError when it is longer than packetLimit(): a host must not do that.
   */
  transmit(start: number, end: number): void;
  /** Packets that transmit() could not send. */
  readonly dropped: number;

  /** Hands up to `max` waiting packets to `sink`, in order, and returns how many. */
  drain(max: number, sink: PacketSink): number;
  /**
   * Called when a packet waits after a drain() that returned less than its `max`, so once per
   * silence and not once per packet; now and then for nothing. Set it, drain until less than `max`
   * comes back, wait for the call. It may come from inside another link's transmit(): only make a
   * note to drain, do not drain in it.
   */
  onReadable: (() => void) | undefined;
}

/** A link that holds something to give back. */
export interface Device extends Link {
  /**
   * Takes the device down: transmit() drops, drain() returns 0, onReadable is not called again.
   * Resolves when nothing of it is left in the process. May be called more than once.
   */
  close(): Promise<void>;
  /**
   * Called once when the device is closed: with nothing after close(), with an error when its other
   * end went away, the machine took it back, or what carries it broke. The device is down by then.
   */
  onClose: ((error: Error | undefined) => void) | undefined;
}

/** Octets of a VLAN tag (IEEE 802.1Q), which only passes through here. */
const VLAN_TAG = 4;

/** Octets of the largest packet that a link of that kind carries; a host's frame is up to mtu + 14. */
export function packetLimit(medium: Medium, mtu: number): number {
  return medium === 'ip' ? mtu : mtu + ETHERNET_HEADER + VLAN_TAG;
}

/** Octets that a claim may ask for beyond the MTU: 40 of IPv6, 8 of fragment, 14 of Ethernet. */
export const MAX_HEADROOM = 64;

/** The least MTU of IPv4 (RFC 791 §3.2); IPv6 wants 1280 (RFC 8200 §5). */
export const MIN_MTU = 68; // octets

/** The largest IP datagram without jumbograms: RFC 791 §3.1, RFC 8200 §4.2 less its header. */
export const MAX_MTU = 65_535; // octets
