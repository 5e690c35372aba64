/** Users hear what happened to their connections: RFC 9293 §3.9.1, from inside the host's flush(). */
import type { Connection } from '../tcp/connection.ts';
import type { Parent, TcpSocket } from './tcp-socket.ts';

/** Tells the user what happened; a listener's child is handed over when it is established. */
export function tell(now: number, socket: TcpSocket): void {
  const connection = socket.tcbHeld;
  if (connection === undefined) {
    if (socket.dirty !== 2) return;
    socket.dirty = 1;
    socket.onSignal?.('closed', now);
    return;
  }
  if (socket.parent !== undefined && !handOver(now, socket, connection, socket.parent)) return;
  let signal = connection.nextSignal();
  while (signal !== undefined) {
    socket.onSignal?.(signal, now);
    signal = connection.nextSignal();
  }
}

/** A listener's child: true once somebody has it who can be told. */
function handOver(now: number, socket: TcpSocket, connection: Connection, parent: Parent): boolean {
  if (parent.keeps) return false; // what it signals is told when it is taken from the queue
  let signal = connection.nextSignal();
  const established = signal === 'established'; // always the first
  while (!established && signal !== undefined) signal = connection.nextSignal();
  if (!established) return false;
  if (parent.closed) {
    socket.parent = undefined;
    socket.abort(now);
  } else parent.handOver(socket);
  return socket.parent === undefined;
}
