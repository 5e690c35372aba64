/** `estab/stack`: a host with its interfaces, addresses, routes, ports and connections, on any link. */
export { Counters, type DropReason, type HostDrop, type HostEvent } from '../stack/counters.ts';
export { DhcpClient, type DhcpState } from '../stack/dhcp-client.ts';
export type { DhcpLease, LeaseRoute } from '../stack/dhcp-lease.ts';
export { Host, type HostObserver, type HostOptions } from '../stack/host.ts';
export type { HostRefusal, HostRefusalReason } from '../stack/host-refusal.ts';
export {
  InterfaceAddress,
  type AddressOrigin,
  type AddressState,
} from '../stack/interface-address.ts';
export { NetworkInterface, type InterfaceOptions } from '../stack/interface.ts';
export type { AddressOptions } from '../stack/interfaces.ts';
export type { LinkLayer } from '../stack/link-layer.ts';
export type { LinkLayerHome, LinkLayerMaker } from '../stack/link-layer-home.ts';
export { Listener } from '../stack/listener.ts';
export type { NeighbourInfo, NeighbourState } from '../stack/neighbour.ts';
export type { ListenOptions, OpenOptions, PassiveOptions } from '../stack/opening.ts';
export type { Medium, Outlet } from '../stack/outlet.ts';
export { PacketEvent } from '../stack/packet-event.ts';
export { Ping, type PingError, type PingOptions, type PingReply } from '../stack/pings.ts';
export type { Route, RouteOptions, RouteOrigin } from '../stack/routes.ts';
export { formatSockets } from '../stack/format-sockets.ts';
export { printRecent, type RecentSegment } from '../stack/history.ts';
export type { SocketInfo, SocketTimer } from '../stack/socket-info.ts';
export { sortDestinations } from '../stack/source-selection.ts';
export type { SynCookiePolicy } from '../stack/syn-cookies.ts';
export { TcpSocket } from '../stack/tcp-socket.ts';
export {
  UdpInfo,
  UdpSocket,
  type Membership,
  type UdpError,
  type UdpErrorReason,
  type UdpMessageHandler,
  type UdpSocketInfo,
} from '../stack/udp-socket.ts';
export type { UdpOptions } from '../stack/udp-sockets.ts';
