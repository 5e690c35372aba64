/** What a host's sockets are doing, as `ss -tin` lists them. */
import { IpAddress } from '../wire/address.ts';
import type { State } from '../tcp/state.ts';
import type { Tcb } from '../tcp/tcb.ts';
import { Timer } from '../tcp/timers.ts';
import { FourTuple } from './four-tuple.ts';
import type { Sockets } from './sockets.ts';
import type { TcpSocket } from './tcp-socket.ts';

/** What a connection waits for, under the names of `ss -o`: retransmission is `on`. */
export interface SocketTimer {
  readonly kind: 'on' | 'persist' | 'keepalive' | 'timewait' | 'finwait2';
  /** ms, when it expires. */
  readonly at: number;
  /** How often in a row it has expired. */
  readonly retransmits: number;
}

export interface SocketInfo {
  readonly state: State;
  /** Undefined: any of ours. */
  readonly local: IpAddress | undefined;
  readonly localPort: number;
  /** Undefined: anybody. */
  readonly remote: IpAddress | undefined;
  /** 0: any. */
  readonly remotePort: number;
  /** Octets that await RECEIVE; of a listener, the connections that await accept(). */
  readonly receiveQueue: number;
  /** Octets not acknowledged yet; of a listener, its backlog. */
  readonly sendQueue: number;
  /** Of a listener: its connections in SYN-RECEIVED. */
  readonly halfOpen: number;
  readonly timer: SocketTimer | undefined;
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
      receiveQueue: listener.waiting,
      sendQueue: listener.backlog,
      halfOpen: listener.pending,
      timer: undefined,
      socket: undefined,
    });
  }
  for (const socket of listeners.sockets()) list.push(infoOf(socket));
  for (const socket of table.all()) list.push(infoOf(socket));
  for (const slot of table.records.slots()) list.push(infoOfRecord(sockets, slot));
  return list;
}

function infoOf(socket: TcpSocket): SocketInfo {
  const { tcb } = socket.connection;
  return {
    state: socket.state,
    local: socket.localAddress,
    localPort: socket.localPort,
    remote: socket.remoteAddress,
    remotePort: socket.remotePort,
    receiveQueue: socket.unread,
    sendQueue: tcb.sendBuffer.length,
    halfOpen: 0,
    timer: timerOf(tcb),
    socket,
  };
}

function timerOf(tcb: Tcb): SocketTimer | undefined {
  const { timers } = tcb;
  const { retransmissions, persistBackoffs, keepAliveUnanswered } = tcb;
  return (
    timer('on', timers.at(Timer.Retransmit), retransmissions) ??
    timer('persist', timers.at(Timer.Persist), persistBackoffs) ??
    timer('timewait', timers.at(Timer.TimeWait), 0) ??
    timer('finwait2', timers.at(Timer.FinWait2), 0) ??
    timer('keepalive', timers.at(Timer.KeepAlive), keepAliveUnanswered)
  );
}

function timer(
  kind: SocketTimer['kind'],
  at: number,
  retransmits: number,
): SocketTimer | undefined {
  return at === Infinity ? undefined : { kind, at, retransmits };
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
    halfOpen: 0,
    timer: { kind: 'timewait', at: records.expiry(slot), retransmits: 0 },
    socket: records.holder(slot),
  };
}
