/** What a host's sockets are doing, as `ss` lists them. */
import { IpAddress } from '../wire/address.ts';
import type { State } from '../tcp/state.ts';
import { FourTuple } from './four-tuple.ts';
import type { Sockets } from './sockets.ts';
import type { TcpSocket } from './tcp-socket.ts';

export interface SocketInfo {
  readonly state: State;
  /** Undefined: any of ours. */
  readonly local: IpAddress | undefined;
  readonly localPort: number;
  /** Undefined: anybody. */
  readonly remote: IpAddress | undefined;
  /** 0: any. */
  readonly remotePort: number;
  /** Octets that await RECEIVE; of a listener, its connections in SYN-RECEIVED. */
  readonly receiveQueue: number;
  /** Octets not acknowledged yet; of a listener, its backlog. */
  readonly sendQueue: number;
  /** Undefined: a listener, or a TIME-WAIT record. */
  readonly socket: TcpSocket | undefined;
}

export function socketList(sockets: Sockets): SocketInfo[] {
  const { listeners, table } = sockets;
  const list: SocketInfo[] = [];
  for (const listener of listeners.listeners()) {
    list.push({
      state: 'LISTEN',
      local: listener.local,
      localPort: listener.port,
      remote: undefined,
      remotePort: 0,
      receiveQueue: listener.pending,
      sendQueue: listener.backlog,
      socket: undefined,
    });
  }
  for (const socket of listeners.sockets()) list.push(infoOf(socket));
  for (const socket of table.all()) list.push(infoOf(socket));
  for (const slot of table.records.slots()) list.push(infoOfRecord(sockets, slot));
  return list;
}

function infoOf(socket: TcpSocket): SocketInfo {
  return {
    state: socket.state,
    local: socket.localAddress,
    localPort: socket.localPort,
    remote: socket.remoteAddress,
    remotePort: socket.remotePort,
    receiveQueue: socket.unread,
    sendQueue: socket.connection.tcb.sendBuffer.length,
    socket,
  };
}

function infoOfRecord(sockets: Sockets, slot: number): SocketInfo {
  const { records } = sockets.table;
  const t = new FourTuple();
  records.tuple(slot, t);
  return {
    state: 'TIME-WAIT',
    local: new IpAddress(t.family, t.local0, t.local1, t.local2, t.local3),
    localPort: t.localPort,
    remote: new IpAddress(t.family, t.remote0, t.remote1, t.remote2, t.remote3),
    remotePort: t.remotePort,
    receiveQueue: 0,
    sendQueue: 0,
    socket: records.holder(slot),
  };
}
