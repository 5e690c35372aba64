/**
 * `estab`: what a program needs to put a TCP on a link. The layers below, the lab and the captures
 * have entries of their own: `estab/wire`, `/tcp`, `/stack`, `/link`, `/link/node`, `/lab`, `/pcap`.
 */
export type { Device, Link } from '../link/link.ts';
export { pair, type PairLink, type PairOptions } from '../link/pair.ts';
export type { HostRefusal, HostRefusalReason } from '../stack/host-refusal.ts';
export { Host, type HostObserver, type HostOptions } from '../stack/host.ts';
export type { Listener } from '../stack/listeners.ts';
export type { ListenOptions, OpenOptions, PassiveOptions } from '../stack/opening.ts';
export type { SocketInfo } from '../stack/socket-info.ts';
export type { TcpSocket } from '../stack/tcp-socket.ts';
export { TCP_DEFAULTS, type TcpDefaults } from '../tcp/options.ts';
export type { Answer, Refusal } from '../tcp/refusal.ts';
export type { TcpSignal } from '../tcp/signals.ts';
export { STATES, type State } from '../tcp/state.ts';
export {
  parseAddress,
  parseCidr,
  printAddress,
  printCidr,
  type Cidr,
  type Family,
  type IpAddress,
} from '../wire/address.ts';
