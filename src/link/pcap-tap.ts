/**
 * An observer that writes what a host sees into a capture: each packet in and out, with a comment
 * that says what became of it. The states are those of the connection it belongs to, the rule is the
 * one that decided: a capture that explains itself in Wireshark's packet comments.
 */
import type { PcapngWriter } from '../pcap/pcapng.ts';
import type { HostObserver } from '../stack/host.ts';
import type { PacketEvent } from '../stack/packet-event.ts';

/** Where packets go: a PcapngWriter, or a file that has one. */
export type PacketWriter = Pick<PcapngWriter, 'packet'>;

export interface PcapTapOptions {
  /** Milliseconds since 1970 of the host's time 0. Default 0: a virtual clock. */
  readonly epoch?: number;
  /** Which interface of the capture's header, default 0. */
  readonly interface?: number;
}

/** Writes every datagram of a host to `writer`, whose header is the caller's to write. */
export function pcapTap(writer: PacketWriter, options: PcapTapOptions = {}): HostObserver {
  const { epoch = 0, interface: id = 0 } = options;
  let said = ''; // the rule in the comment before
  return {
    packet(event) {
      const { now, bytes, start, end, direction, because } = event;
      // What leaves later, a FIN after CLOSE, still names the rule of the last arrival: not again.
      const old = direction === 'out' && because === said;
      const comment = packetComment(event, old ? '' : because);
      said = because;
      writer.packet(epoch + now, bytes, start, end, { direction, comment, interface: id });
    },
  };
}

/** `SYN-SENT → ESTABLISHED; §3.10.7.3 fourth: …`, `dropped: tcp-checksum`; '' when nothing is known. */
function packetComment({ before, after, drop }: PacketEvent, because: string): string {
  const parts = drop === undefined ? [] : [`dropped: ${drop}`];
  if (before !== undefined && after !== undefined) {
    parts.push(before === after ? after : `${before} → ${after}`);
  }
  if (because !== '') parts.push(because);
  return parts.join('; ');
}
