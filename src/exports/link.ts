/** `estab/link`: what packets travel over. Devices of the machine are in `estab/link/node`. */
export {
  ETHERNET_HEADER,
  MAX_HEADROOM,
  MAX_MTU,
  MIN_MTU,
  packetLimit,
  type Device,
  type Link,
  type Medium,
  type PacketSink,
} from '../link/link.ts';
export { pair, type PairLink, type PairOptions } from '../link/pair.ts';
export { pcapTap, type PacketWriter, type PcapTapOptions } from '../link/pcap-tap.ts';
