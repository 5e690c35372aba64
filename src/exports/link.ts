/** `estab/link`: what packets travel over. Devices of the machine are in `estab/link/node`. */
export type { LinkLoop } from '../link/event-loop.ts';
export { Hub, type HubOptions, type HubPort } from '../link/hub.ts';
export { join, type Joint } from '../link/join.ts';
export {
  MAX_HEADROOM,
  MAX_MTU,
  MIN_MTU,
  packetLimit,
  type Device,
  type Link,
  type Medium,
  type PacketSink,
} from '../link/link.ts';
export { MessageLink, type MessageLinkOptions } from '../link/message-link.ts';
export { netem, type NetemDirection, type NetemLink, type NetemOptions } from '../link/netem.ts';
export type { CodelSettings } from '../link/netem/codel.ts';
export type { NetemCounters } from '../link/netem/counters.ts';
export type { Distribution } from '../link/netem/delay.ts';
export type { GilbertElliott } from '../link/netem/loss.ts';
export { CODEL_DEFAULTS, type NetemSettings } from '../link/netem/settings.ts';
export { observe, type PacketObserver } from '../link/observe.ts';
export { pair, type PairLink, type PairOptions } from '../link/pair.ts';
export { pcapTap, type PacketWriter, type PcapTapOptions } from '../link/pcap-tap.ts';
