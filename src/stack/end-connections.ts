/** What becomes of connections whose own address is gone: nothing can be said any more, users hear it. */
import { sameAddress, type IpAddress } from '../wire/address.ts';
import { FourTuple } from './four-tuple.ts';
import type { Sockets } from './sockets.ts';

/** Ends those from `address`, in TIME-WAIT or not. */
export function endConnections(sockets: Sockets, now: number, address: IpAddress): void {
  const { table } = sockets;
  for (const socket of table.all()) {
    const local = socket.localAddress;
    if (local === undefined || !sameAddress(local, address)) continue;
    const connection = sockets.begin(now, socket);
    const before = connection.state;
    connection.networkDown();
    sockets.done(socket, before);
  }
  const t = new FourTuple();
  const { family, w0, w1, w2, w3 } = address;
  for (const slot of table.records.slots()) {
    table.records.tuple(slot, t);
    if (t.local3 !== w3 || t.local2 !== w2 || t.local1 !== w1 || t.local0 !== w0) continue;
    if (t.family === family) sockets.endRecord(now, slot);
  }
}
