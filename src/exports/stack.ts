/** `estab/stack`: a host with its addresses, ports, connections and listeners, on any link. */
export { Counters, type DropReason, type HostDrop, type HostEvent } from '../stack/counters.ts';
export { Host, type HostObserver, type HostOptions } from '../stack/host.ts';
export type { HostRefusal, HostRefusalReason } from '../stack/host-refusal.ts';
export { Listener } from '../stack/listener.ts';
export type { ListenOptions, OpenOptions, PassiveOptions } from '../stack/opening.ts';
export type { Outlet } from '../stack/outlet.ts';
export { PacketEvent } from '../stack/packet-event.ts';
export type { SocketInfo } from '../stack/socket-info.ts';
export { TcpSocket } from '../stack/tcp-socket.ts';
