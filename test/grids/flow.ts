/** A bulk transfer: a user on the left that always has text to send, one on the right that takes it. */
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { TcpDefaults } from '../../src/tcp/options.ts';
import type { Dumbbell } from './dumbbell.ts';

const CHUNK = 65_536; // octets of one SEND and one RECEIVE
const SOURCE = new Uint8Array(CHUNK);
const SINK = new Uint8Array(CHUNK);

export class Flow {
  /** Octets that the user on the right has taken. */
  taken = 0;
  readonly socket: TcpSocket;

  /** Opens a connection now. */
  constructor(world: Dumbbell, port: number, tcp: Partial<TcpDefaults>) {
    const { left, right, now, rightAddress: remote } = world;
    const listener = right.listen(now, { port, onConnection: (socket) => this.#takesFrom(socket) });
    if ('error' in listener) throw new Error(listener.message);
    const socket = left.open(now, { remote, remotePort: port, tcp });
    if ('error' in socket) throw new Error(socket.message);
    socket.onSignal = (signal, at) => {
      if (signal !== 'writable') return;
      while (socket.send(at, SOURCE) === CHUNK);
    };
    this.socket = socket;
  }

  #takesFrom(socket: TcpSocket): void {
    const take = (now: number): void => {
      for (;;) {
        const taken = socket.receive(now, SINK);
        if (typeof taken !== 'number' || taken === 0) return;
        this.taken += taken;
      }
    };
    socket.onSignal = (signal, now) => {
      if (signal === 'readable') take(now);
    };
  }
}
