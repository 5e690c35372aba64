/**
 * The Ethernet II frame: RFC 894, RFC 2464. Frames of IEEE 802.3 with a length in place of a type, and
 * those with a VLAN tag (IEEE 802.1Q), are dropped. What a short frame is padded with is left to the
 * lengths in the headers of what it carries.
 */
import type { EthernetDrop } from './drop.ts';
import { isGroupMac } from './mac.ts';

export const ETHERNET_HEADER = 14; // octets; the frame check sequence is the device's

/** Assigned by IEEE. */
export const EtherType = { IPV4: 0x0800, ARP: 0x0806, IPV6: 0x86dd } as const;

const LEAST_TYPE = 0x0600; // below this it is a length, IEEE 802.3
const VLAN_TAG = 0x8100; // IEEE 802.1Q
const SERVICE_TAG = 0x88a8; // IEEE 802.1ad

const wire = { destination: 0, source: 6, type: 12 } as const;

export class EthernetHeader {
  destinationHigh = 0;
  destinationLow = 0;
  sourceHigh = 0;
  sourceLow = 0;
  type = 0;
}

/**
 * Reads the header of the frame in [start, end); the payload begins `ETHERNET_HEADER` octets after
 * `start`. On a drop `out` is in no particular state.
 */
export function readEthernet(
  out: EthernetHeader,
  view: DataView,
  start: number,
  end: number,
): EthernetDrop | undefined {
  if (end - start < ETHERNET_HEADER) return 'ethernet-truncated';
  const type = view.getUint16(start + wire.type);
  if (type === VLAN_TAG || type === SERVICE_TAG) return 'ethernet-vlan';
  if (type < LEAST_TYPE) return 'ethernet-type';
  out.destinationHigh = view.getUint16(start + wire.destination);
  out.destinationLow = view.getInt32(start + wire.destination + 2);
  out.sourceHigh = view.getUint16(start + wire.source);
  out.sourceLow = view.getInt32(start + wire.source + 2);
  out.type = type;
  return isGroupMac(out.sourceHigh) ? 'ethernet-source' : undefined;
}

/**
 * Writes the 14 octets that end at `payloadStart` and returns where they start, which must not be
 * before the view.
 */
export function writeEthernet(
  view: DataView,
  payloadStart: number,
  destinationHigh: number,
  destinationLow: number,
  sourceHigh: number,
  sourceLow: number,
  type: number,
): number {
  const start = payloadStart - ETHERNET_HEADER;
  view.setUint16(start + wire.destination, destinationHigh);
  view.setInt32(start + wire.destination + 2, destinationLow);
  view.setUint16(start + wire.source, sourceHigh);
  view.setInt32(start + wire.source + 2, sourceLow);
  view.setUint16(start + wire.type, type);
  return start;
}
