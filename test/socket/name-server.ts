/** A name server as a test wants it: two stacks on a cable, and what the second one says. */
import { encode, decode, type Answer, type Packet } from 'dns-packet';
import { pair } from '../../src/link/pair.ts';
import { Stack } from '../../src/socket/stack.ts';
import type { UdpSocket } from '../../src/stack/udp-socket.ts';
import { printAddress } from '../../src/wire/address.ts';

export interface Asked {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly fromPort: number;
  readonly over: 'udp' | 'tcp';
}

/** Octets to be sent; a list: one datagram after the other; undefined: silence. */
export type Says = (asked: Asked, octets: Buffer) => Buffer | Buffer[] | undefined;

export class NameServer {
  readonly asked: Asked[] = [];
  readonly client: Stack;
  readonly stack: Stack;
  says: Says;

  constructor(says: Says) {
    this.says = says;
    const [a, b] = pair({});
    this.client = new Stack({
      name: 'client',
      interfaces: [{ link: a, addresses: ['192.0.2.1/24', '2001:db8::1/64'] }],
    });
    this.stack = new Stack({
      name: 'server',
      interfaces: [{ link: b, addresses: ['192.0.2.53/24', '2001:db8::53/64', '192.0.2.54/24'] }],
    });
    this.#listen(53);
    this.#listenTcp();
  }

  /** In the order they were asked. */
  get names(): string[] {
    return this.asked.map(
      ({ type, name, over }) => `${type} ${name}${over === 'tcp' ? ' tcp' : ''}`,
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.client.close(), this.stack.close()]);
  }

  #listen(port: number): UdpSocket {
    const { stack } = this;
    const socket = stack.act((now) => stack.host.openUdp(now, { localPort: port }));
    if ('error' in socket) throw new Error(socket.message);
    socket.onMessage = (now, bytes, start, end, from, fromPort) => {
      const octets = Buffer.from(bytes.slice(start, end));
      const said = this.says(this.#note(octets, fromPort, 'udp'), octets);
      const replies = said === undefined ? [] : Array.isArray(said) ? said : [said];
      for (const reply of replies) socket.send(now, reply, 0, reply.length, from, fromPort);
    };
    return socket;
  }

  #listenTcp(): void {
    const { stack } = this;
    stack.act((now) =>
      stack.host.listen(now, {
        port: 53,
        onConnection: (socket) => {
          socket.onSignal = (signal, at) => {
            if (signal === 'end') socket.close(at);
            if (signal !== 'readable' || socket.unread < 14) return;
            const framed = Buffer.alloc(socket.unread);
            socket.receive(at, framed);
            const octets = framed.subarray(2);
            const said = this.says(this.#note(octets, 0, 'tcp'), octets);
            if (said === undefined || Array.isArray(said)) return;
            const length = Buffer.alloc(2);
            length.writeUInt16BE(said.length);
            socket.send(at, Buffer.concat([length, said]));
          };
        },
      }),
    );
  }

  #note(octets: Buffer, fromPort: number, over: 'udp' | 'tcp'): Asked {
    const { id = 0, questions: [first] = [] } = decode(octets);
    const asked = { id, name: first?.name ?? '', type: first?.type ?? '', fromPort, over };
    this.asked.push(asked);
    return asked;
  }
}

export interface Wish extends Packet {
  readonly rcode?: number;
  readonly truncated?: boolean;
}

/** An answer to what was asked. */
export function reply(asked: Asked, wish: Wish = {}): Buffer {
  const octets = encode({
    type: 'response',
    id: asked.id,
    flags: 0x8180 | (wish.rcode ?? 0) | (wish.truncated ? 0x0200 : 0),
    questions: [{ type: asked.type as 'A', class: 'IN', name: asked.name }],
    ...wish,
  });
  return octets.subarray(0, encode.bytes);
}

export const a = (name: string, data: string, ttl = 60): Answer => ({ type: 'A', name, ttl, data });
export const aaaa = (name: string, data: string, ttl = 60): Answer => ({
  type: 'AAAA',
  name,
  ttl,
  data,
});
export const cname = (name: string, data: string, ttl = 60): Answer => ({
  type: 'CNAME',
  name,
  ttl,
  data,
});
export const soa = (name: string, minimum: number): Answer => ({
  type: 'SOA',
  name,
  ttl: 3600,
  data: { mname: 'ns', rname: 'admin', serial: 1, refresh: 1, retry: 1, expire: 1, minimum },
});

export const texts = (list: readonly Parameters<typeof printAddress>[0][]): string[] =>
  list.map(printAddress);
