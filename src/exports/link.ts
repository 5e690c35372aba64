/** `estab/link`: what packets travel over. Devices of the machine are in `estab/link/node`. */
export {
  MAX_HEADROOM,
  MAX_MTU,
  MIN_MTU,
  type Device,
  type Link,
  type PacketSink,
} from '../link/link.ts';
export { pair, type PairLink, type PairOptions } from '../link/pair.ts';
export { pcapTap, type PacketWriter, type PcapTapOptions } from '../link/pcap-tap.ts';
