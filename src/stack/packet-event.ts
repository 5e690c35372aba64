/** What an observer of a host sees of one datagram. */
import type { State } from '../tcp/state.ts';
import type { DropReason } from './counters.ts';
import type { NetworkInterface } from './interface.ts';
import type { TcpSocket } from './tcp-socket.ts';

const NOTHING = new Uint8Array(0);

/** One object per host, valid during the call it is handed to. */
export class PacketEvent {
  /** Milliseconds. */
  now = 0;
  direction: 'in' | 'out' = 'in';
  /** The interface it came or goes over. */
  iface: NetworkInterface | undefined = undefined;
  /** The IP datagram is `bytes[start..end)`, `view` is over the same octets. */
  bytes: Uint8Array = NOTHING;
  view: DataView = new DataView(NOTHING.buffer);
  start = 0;
  end = 0;
  /** Whose it is. */
  socket: TcpSocket | undefined = undefined;
  /** The state of that connection before the datagram was processed or written, and after. */
  before: State | undefined = undefined;
  after: State | undefined = undefined;
  /** Why it was dropped, if it was. */
  drop: DropReason | undefined = undefined;
  /** The rule that decided about it, in words; '' when none did. */
  because = '';
}
