import { describe, expect, test } from 'vitest';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import { ACK, RST, SYN } from '../../src/wire/segment.ts';
import { add, toU32 } from '../../src/wire/seq.ts';
import { segment } from './datagram.ts';
import {
  A4,
  A6,
  accepted,
  address,
  B4,
  B6,
  cidr,
  readAll,
  signalsOf,
  text,
  TwoHosts,
  untext,
} from './two-hosts.ts';

const synFrom = (fromPort: number): Uint8Array =>
  segment({ from: A4, to: B4, fromPort, toPort: 80, seq: 1000, ctl: SYN });

describe('a listener', () => {
  test('hands over a socket for each connection, when it is established', () => {
    const net = new TwoHosts({ observed: true });
    const { children } = net.listen(80);
    const clients = [B4, B6, B4].map((remote) =>
      accepted(net.a.host.open(net.now, { remote, remotePort: 80 })),
    );
    net.flush();
    net.deliver(net.b);
    net.flush();
    expect(children).toEqual([]);
    net.settle();
    expect(children.map((child) => child.state)).toEqual(Array(3).fill('ESTABLISHED'));
    expect(children.map((child) => child.remotePort)).toEqual(clients.map((c) => c.localPort));
    expect(children[1]!.remoteAddress).toEqual(A6);
    expect(net.b.host.counters.accepted).toBe(3);
    expect(net.a.host.counters.opened).toBe(3);
  });

  test('gives what came with the handshake to whoever is set in onConnection', () => {
    const net = new TwoHosts();
    const got: string[] = [];
    const onConnection = (socket: TcpSocket): void => {
      socket.onSignal = (signal, now) => {
        got.push(signal);
        if (signal === 'readable') got.push(untext(readAll(now, socket)));
      };
    };
    accepted(net.b.host.listen(net.now, { port: 80, onConnection }));
    const client = accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80 }));
    client.send(net.now, text('early'));
    client.onSignal = (signal, now) => {
      if (signal === 'established') client.close(now);
    };
    net.settle();
    expect(got).toEqual(['readable', 'early', 'end', 'writable']);
  });

  test('without cookies drops SYNs over its backlog, and takes them when there is room again (S7)', () => {
    const net = new TwoHosts();
    const { listener, children } = net.listen(80, 3, { synCookies: 'never' });
    for (let port = 1; port <= 1000; port++) net.inject(net.b, synFrom(port));
    expect(listener.pending).toBe(3);
    expect(net.b.host.counters['tcp-backlog']).toBe(997);
    expect(net.b.host.sockets().length).toBe(4);
    net.flush();
    const answers = net.take(net.a);
    expect(answers.map((seen) => seen.seg.ctl)).toEqual(Array(3).fill(SYN | ACK));

    const { seg } = answers[0]!;
    const ack = { from: A4, to: B4, fromPort: 1, toPort: 80, seq: 1001, ctl: ACK };
    net.inject(net.b, segment({ ...ack, ack: toU32(add(seg.seq, 1)) }));
    net.flush();
    expect(children.length).toBe(1);
    expect(listener.pending).toBe(2);
    net.inject(net.b, synFrom(2000));
    expect(listener.pending).toBe(3);
  });

  test('a child that is reset before it is established vanishes, nobody is told', () => {
    const net = new TwoHosts({ observed: true });
    const { listener, children } = net.listen(80);
    net.inject(net.b, synFrom(5));
    net.flush();
    expect(net.take(net.a).length).toBe(1);
    expect(listener.pending).toBe(1);
    net.inject(net.b, segment({ from: A4, to: B4, fromPort: 5, toPort: 80, seq: 1001, ctl: RST }));
    net.run(300_000);
    expect(children).toEqual([]);
    expect(listener.pending).toBe(0);
    expect(net.b.host.counters['half-open-ended']).toBe(1);
    expect(net.b.host.sockets().map((info) => info.state)).toEqual(['LISTEN']);
    expect(net.b.arrows).toEqual([
      'CLOSED > LISTEN',
      'LISTEN > SYN-RECEIVED',
      'SYN-RECEIVED > LISTEN',
    ]);
  });

  test('a child nobody acknowledges is given up after R2, its place is free (MUST-23)', () => {
    const net = new TwoHosts();
    const { listener, children } = net.listen(80);
    net.inject(net.b, synFrom(5));
    net.flush();
    let sent = 0;
    for (let i = 0; i < 400; i++) {
      net.now += 1000;
      net.b.host.timeout(net.now);
      net.flush();
      sent += net.take(net.a).filter((seen) => seen.seg.ctl & SYN).length;
    }
    expect(sent).toBeGreaterThan(4);
    expect([listener.pending, children.length]).toEqual([0, 0]);
    expect(net.b.host.nextTimeout()).toBe(Infinity);
  });

  test('of an exact local address goes before one of any', () => {
    const other = address('192.0.2.3');
    const net = new TwoHosts({ b: { addresses: ['192.0.2.2/24', '192.0.2.3/24'].map(cidr) } });
    const got: string[] = [];
    const listen = (name: string, local?: typeof other): void => {
      const onConnection = (): unknown => got.push(name);
      accepted(net.b.host.listen(net.now, { port: 80, local, onConnection }));
    };
    listen('any');
    listen('exact', other);
    for (const remote of [B4, other]) {
      accepted(net.a.host.open(net.now, { remote, remotePort: 80 }));
      net.settle();
    }
    expect(got).toEqual(['any', 'exact']);
  });

  test('closed, listens no more and resets what is half open; connections stay', () => {
    const net = new TwoHosts();
    const { listener, children } = net.listen(80);
    const client = accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80 }));
    net.settle();
    net.inject(net.b, synFrom(5));
    net.flush();
    net.take(net.a);
    listener.close(net.now);
    listener.close(net.now);
    net.flush();
    expect(net.take(net.a).map((seen) => seen.seg.ctl)).toEqual([RST]);
    expect(children[0]!.state).toBe('ESTABLISHED');
    expect(client.state).toBe('ESTABLISHED');
    net.inject(net.b, synFrom(6));
    expect(net.b.host.counters['tcp-no-connection']).toBe(1);
    const again = { port: 80, onConnection: () => undefined };
    expect(accepted(net.b.host.listen(net.now, again)).pending).toBe(0);
  });

  test('closed between establishment and the handing over resets that connection', () => {
    const net = new TwoHosts();
    const { listener, children } = net.listen(80);
    const client = accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80 }));
    const signals = signalsOf(client);
    net.flush();
    net.deliver(net.b);
    net.flush();
    net.deliver(net.a);
    net.flush();
    net.deliver(net.b); // established, not told yet
    listener.close(net.now);
    net.settle();
    expect(children).toEqual([]);
    expect(signals).toEqual(['established', 'writable', 'reset', 'closed']);
  });
});

describe('flush', () => {
  test('goes on until all is quiet, whatever users do when they are told', () => {
    const net = new TwoHosts();
    const { client, server } = net.connect(80);
    let rounds = 0;
    const bounce =
      (socket: TcpSocket) =>
      (signal: string, now: number): void => {
        if (signal !== 'readable' || ++rounds > 20) return;
        socket.send(now, readAll(now, socket));
      };
    client.onSignal = bounce(client);
    server.onSignal = bounce(server);
    client.send(net.now, text('ball'));
    net.settle();
    expect(rounds).toBe(21);
  });

  test('called from inside does nothing; what a user throws comes out, the rest is done next', () => {
    const net = new TwoHosts();
    const { client, server } = net.connect(80);
    server.onSignal = (_signal, now) => {
      net.b.host.flush(now, net.b.link);
      throw new Error('user');
    };
    client.send(net.now, text('x'));
    net.flush();
    net.deliver(net.b);
    expect(() => net.b.host.flush(net.now, net.b.link)).toThrow('user');
    server.onSignal = undefined;
    net.run(1000);
    expect(client.status()).toMatchObject({ unacknowledged: 0 });
  });
});

test('sockets() lists listeners, connections and records', () => {
  const net = new TwoHosts();
  const { client, server } = net.connect(80);
  net.listen(81, 5);
  accepted(net.b.host.openPassive(net.now, { localPort: 82, local: B6 }));
  server.send(net.now, text('unsent'));
  expect(
    net.b.host.sockets().map(({ state, localPort, receiveQueue, sendQueue }) => {
      return [state, localPort, receiveQueue, sendQueue];
    }),
  ).toEqual([
    ['LISTEN', 81, 0, 5],
    ['LISTEN', 82, 0, 0],
    ['ESTABLISHED', 80, 0, 6],
  ]);
  net.settle();
  readAll(net.now, client);
  client.close(net.now);
  net.settle();
  server.close(net.now);
  net.settle();
  expect(net.a.host.sockets()).toEqual([
    {
      state: 'TIME-WAIT',
      local: A4,
      localPort: client.localPort,
      remote: B4,
      remotePort: 80,
      receiveQueue: 0,
      sendQueue: 0,
      halfOpen: 0,
      timer: { kind: 'timewait', at: net.now + 60_000, retransmits: 0 },
      socket: undefined,
    },
  ]);
});
