/**
 * `estab`: what a program needs to be a host of its own, in browsers, workers and Node. The shapes of
 * Node are `estab/net`, `estab/dgram` and `estab/dns`; the layers below, the lab and the captures have
 * entries of their own: `estab/wire`, `/tcp`, `/stack`, `/link`, `/link/node`, `/link/web`, `/lab`, `/pcap`.
 */
export { connect, listen, sockets, type OnStack } from '../socket/default-stack.ts';
export {
  defaultStack,
  Stack,
  useStack,
  type CloseOptions,
  type StackInterface,
  type StackOptions,
} from '../socket/stack.ts';
export type { ConnectOptions } from '../socket/connect.ts';
export type { SocketAddress } from '../socket/endpoint.ts';
export { PlatformLoop, type EventLoop, type Timer } from '../socket/event-loop.ts';
export { Listener, type ListenOptions } from '../socket/listen.ts';
export {
  NameError,
  type Hosts,
  type NameErrorCode,
  type ResolveOptions,
  type Resolver,
} from '../socket/resolver.ts';
export { Socket, type OpenedSocket } from '../socket/socket.ts';
export { SocketError, type SocketErrorCode } from '../socket/socket-error.ts';
export type { Chunk } from '../socket/streams.ts';
export type { Device, Link } from '../link/link.ts';
export { pair, type PairLink, type PairOptions } from '../link/pair.ts';
export type { HostRefusal, HostRefusalReason } from '../stack/host-refusal.ts';
export { Host, type HostObserver, type HostOptions } from '../stack/host.ts';
export type { NetworkInterface } from '../stack/interface.ts';
export type { OpenOptions, PassiveOptions } from '../stack/opening.ts';
export type { SocketInfo } from '../stack/socket-info.ts';
export type { TcpSocket } from '../stack/tcp-socket.ts';
export type {
  AfterIdle,
  ControllerName,
  EcnMode,
  FastOpen,
  MtuProbing,
  Pacing,
  ProfileName,
  Push,
  RecoveryName,
  SynOrder,
  TcpDefaults,
} from '../tcp/options.ts';
export { FREEBSD, LINUX, PROFILES, RFC, TCP_DEFAULTS } from '../tcp/profiles.ts';
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
