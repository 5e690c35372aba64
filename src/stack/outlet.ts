/**
 * What a host needs of a device to send: the sending half of a `Link`, which this layer does not
 * know. The room that claim() makes lies in `bytes` until transmit() hands it over (ADR-0010).
 */
export interface Outlet {
  /** Octets of the largest IP datagram. */
  readonly mtu: number;
  /** True: nobody needs transport checksums. */
  readonly checksumOffload: boolean;
  /** Where claim() makes room; read both again after a claim. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Room for `length` octets; says where it starts. */
  claim(length: number): number;
  transmit(start: number, end: number): void;
}
