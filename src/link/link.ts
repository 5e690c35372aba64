/**
 * The contract between a host and a device. Packets stay where they lie and are named by
 * `bytes, start, end`: a sender writes into the device's own memory, a receiver reads from it
 * (ADR-0010). No call allocates per packet.
 */

/**
 * Takes one arriving packet, `bytes[start..end)`; `view` is over the same octets as `bytes`. The
 * packet may be read and written until the sink returns; afterwards its memory belongs to the link
 * again. A sink may transmit on any link, the one being drained included. It must not drain the
 * link it is called from: such a drain() delivers nothing and returns 0.
 */
export type PacketSink = (bytes: Uint8Array, view: DataView, start: number, end: number) => void;

export interface Link {
  readonly name: string;
  /** What a packet begins with: the IP header. */
  readonly medium: 'ip';
  /** The largest packet, octets of an IP datagram, at most 65535. */
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
   * @throws RangeError when the packet is longer than `mtu`: a host must not do that.
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
}

/** Octets that a claim may ask for beyond the MTU: 40 of IPv6, 8 of fragment, 14 of Ethernet. */
export const MAX_HEADROOM = 64;

/** The least MTU of IPv4 (RFC 791 §3.2); IPv6 wants 1280 (RFC 8200 §5). */
export const MIN_MTU = 68; // octets

/** The largest IP datagram without jumbograms: RFC 791 §3.1, RFC 8200 §4.2 less its header. */
export const MAX_MTU = 65_535; // octets
