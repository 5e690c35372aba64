/** ARP for IPv4 over Ethernet: RFC 826, RFC 5227 §1.1 (probes and announcements). */
import type { ArpDrop } from './drop.ts';
import { EtherType } from './ethernet.ts';
import { isStationMac } from './mac.ts';

export const ARP_LENGTH = 28; // octets

/** `ar$op`, RFC 826. */
export const ArpOperation = { REQUEST: 1, REPLY: 2 } as const;

const HARDWARE_ETHERNET = 1; // ar$hrd, RFC 826

const wire = {
  hardware: 0,
  protocol: 2,
  hardwareLength: 4,
  protocolLength: 5,
  operation: 6,
  senderMac: 8,
  sender: 14,
  targetMac: 18,
  target: 24,
} as const;

export class ArpPacket {
  operation = 0;
  senderHigh = 0;
  senderLow = 0;
  /** An IPv4 address as an int32; 0 in a probe. */
  sender = 0;
  targetHigh = 0;
  targetLow = 0;
  target = 0;
}

/**
 * Reads the packet in [start, end); what follows its 28 octets is padding. A sender whose hardware
 * address names no single station is refused: nobody may be told to send unicast to a group.
 */
export function readArp(
  out: ArpPacket,
  view: DataView,
  start: number,
  end: number,
): ArpDrop | undefined {
  if (end - start < ARP_LENGTH) return 'arp-truncated';
  const known =
    view.getUint16(start + wire.hardware) === HARDWARE_ETHERNET &&
    view.getUint16(start + wire.protocol) === EtherType.IPV4 &&
    view.getUint8(start + wire.hardwareLength) === 6 &&
    view.getUint8(start + wire.protocolLength) === 4;
  if (!known) return 'arp-format';
  const operation = view.getUint16(start + wire.operation);
  if (operation !== ArpOperation.REQUEST && operation !== ArpOperation.REPLY) {
    return 'arp-operation';
  }
  out.operation = operation;
  out.senderHigh = view.getUint16(start + wire.senderMac);
  out.senderLow = view.getInt32(start + wire.senderMac + 2);
  out.sender = view.getInt32(start + wire.sender);
  out.targetHigh = view.getUint16(start + wire.targetMac);
  out.targetLow = view.getInt32(start + wire.targetMac + 2);
  out.target = view.getInt32(start + wire.target);
  return isStationMac(out.senderHigh, out.senderLow) ? undefined : 'arp-sender';
}

/** Writes 28 octets from `start` on. */
export function writeArp(view: DataView, start: number, packet: ArpPacket): void {
  view.setUint16(start + wire.hardware, HARDWARE_ETHERNET);
  view.setUint16(start + wire.protocol, EtherType.IPV4);
  view.setUint8(start + wire.hardwareLength, 6);
  view.setUint8(start + wire.protocolLength, 4);
  view.setUint16(start + wire.operation, packet.operation);
  view.setUint16(start + wire.senderMac, packet.senderHigh);
  view.setInt32(start + wire.senderMac + 2, packet.senderLow);
  view.setInt32(start + wire.sender, packet.sender);
  view.setUint16(start + wire.targetMac, packet.targetHigh);
  view.setInt32(start + wire.targetMac + 2, packet.targetLow);
  view.setInt32(start + wire.target, packet.target);
}
