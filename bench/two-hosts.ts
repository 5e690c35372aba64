/** Two hosts in one process, an in-memory link between them, and a clock that the bench moves. */
import { pair, type Link } from 'estab/link';
import { Host, type TcpSocket } from 'estab/stack';
import type { TcpDefaults } from 'estab/tcp';
import { parseAddress, parseCidr, type IpAddress } from 'estab/wire';

const BATCH = 64; // packets processed before anything is sent, as a device delivers them

export const SERVER: IpAddress = known(parseAddress('10.0.0.2'));

export class TwoHosts {
  now = 0; // ms
  readonly client: Host;
  readonly server: Host;
  readonly #near: Link;
  readonly #far: Link;

  constructor(checksums: boolean, tcp: Partial<TcpDefaults> = {}) {
    [this.#near, this.#far] = pair({
      mtu: 1500,
      checksumOffload: !checksums,
      capacity: 65_536,
    });
    const secret = Uint8Array.from({ length: 16 }, (_, i) => i * 7 + 1);
    this.client = host('client', '10.0.0.1/24', secret, tcp);
    this.server = host('server', '10.0.0.2/24', secret, tcp);
  }

  /** Exchanges packets until `done` or until both hosts are silent. */
  run(done: () => boolean): void {
    const { client, server } = this;
    const near = this.#near;
    const far = this.#far;
    const verified = near.checksumOffload;
    for (;;) {
      client.flush(this.now, near);
      const out = far.drain(BATCH, (bytes, view, start, end) => {
        server.packetArrives(this.now, bytes, view, start, end, verified);
      });
      server.flush(this.now, far);
      const back = near.drain(BATCH, (bytes, view, start, end) => {
        client.packetArrives(this.now, bytes, view, start, end, verified);
      });
      if (done() || (out === 0 && back === 0)) return;
    }
  }

  /** Time passes; what is due then happens. */
  advance(ms: number): void {
    this.now += ms;
    this.client.timeout(this.now);
    this.server.timeout(this.now);
    this.run(() => false);
  }

  connect(port: number): TcpSocket {
    const socket = this.client.open(this.now, { remote: SERVER, remotePort: port });
    if ('error' in socket) throw new Error(socket.message);
    return socket;
  }

  listen(port: number, onConnection: (socket: TcpSocket) => void): void {
    const listener = this.server.listen(this.now, { port, backlog: 65_536, onConnection });
    if ('error' in listener) throw new Error(listener.message);
  }
}

function host(name: string, address: string, secret: Uint8Array, tcp: Partial<TcpDefaults>): Host {
  return new Host({ name, addresses: [known(parseCidr(address))], secret, mtu: 1500, tcp });
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a constant of the bench does not parse');
  return value;
}
