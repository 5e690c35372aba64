import { describe, expect, test } from 'vitest';
import type { Listener } from '../../src/stack/listener.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import { MOST_RECORDS } from '../../src/stack/time-wait-table.ts';
import { ACK, FIN, RST, Segment, SYN } from '../../src/wire/segment.ts';
import { toU32 } from '../../src/wire/seq.ts';
import { segment, type Fields } from './datagram.ts';
import {
  A4,
  accepted,
  B4,
  B6,
  readAll,
  refusal,
  signalsOf,
  text,
  TwoHosts,
  type TwoHostsOptions,
} from './two-hosts.ts';

const MSL_2 = 60_000; // ms

/** A closed first and is in TIME-WAIT; `fin` is B's last segment. */
function waiting(
  options: TwoHostsOptions = {},
  hold = true,
): { net: TwoHosts; client: TcpSocket; signals: string[]; fin: Uint8Array; peer: Fields } {
  const net = new TwoHosts(options);
  const { client, server } = net.connect(80);
  const signals = hold ? signalsOf(client) : [];
  client.close(net.now);
  net.settle();
  server.close(net.now);
  net.b.host.flush(net.now, net.b.link);
  const seen = net.take(net.a)[0]!;
  net.inject(net.a, seen.bytes);
  net.settle();
  const peer: Fields = {
    from: B4,
    to: A4,
    fromPort: 80,
    toPort: client.localPort,
    seq: toU32(seen.seg.seq) + 1, // one past its FIN
    ack: toU32(seen.seg.ack),
    ctl: ACK,
  };
  return { net, client, signals, fin: seen.bytes, peer };
}

describe('a connection in TIME-WAIT', () => {
  test('is a record, and its socket still says so', () => {
    const { net, client } = waiting();
    expect(net.a.host.counters['time-wait-kept']).toBe(1);
    expect(client.state).toBe('TIME-WAIT');
    expect(client.status()).toMatchObject({ state: 'TIME-WAIT', unacknowledged: 0, unread: 0 });
    expect(net.a.host.nextTimeout()).toBe(net.now + MSL_2);
    expect([client.unread, client.sendSpace, client.ending]).toEqual([0, 0, undefined]);
  });

  test.each([true, false])('ends after 2 MSL, MUST-13 (somebody listens: %s)', (hold) => {
    const { net, client, signals } = waiting({ observed: hold }, hold);
    net.run(MSL_2 - 1);
    expect(client.state).toBe('TIME-WAIT');
    net.run(1);
    expect(client.state).toBe('CLOSED');
    expect(client.status()).toBe('error: connection does not exist');
    expect(signals).toEqual(hold ? ['end', 'closed'] : []);
    expect(net.a.arrows.slice(-2)).toEqual(
      hold ? ['FIN-WAIT-2 > TIME-WAIT', 'TIME-WAIT > CLOSED'] : [],
    );
    expect(net.a.host.sockets()).toEqual([]);
    expect(net.a.host.nextTimeout()).toBe(Infinity);
  });

  test('tells of its end also who asks to hear of it late', () => {
    const { net, client } = waiting({}, false);
    net.run(30_000);
    const signals = signalsOf(client);
    net.run(30_000);
    expect(signals).toEqual(['closed']);
  });

  test('acknowledges the FIN again and waits 2 MSL from then on', () => {
    const { net, client, fin } = waiting();
    net.run(40_000);
    net.inject(net.a, fin);
    net.flush();
    const [ack] = net.take(net.b);
    expect([ack!.seg.ctl, toU32(ack!.seg.ack)]).toEqual([
      ACK,
      toU32(client.connection.tcb.rcv.nxt),
    ]);
    net.run(MSL_2 - 1);
    expect(client.state).toBe('TIME-WAIT');
    net.run(1);
    expect(client.state).toBe('CLOSED');
  });

  test('is not assassinated by a reset, old text or an old ACK (RFC 1337, S21)', () => {
    const { net, client, peer } = waiting({ observed: true });
    net.inject(net.a, segment({ ...peer, ctl: RST }));
    net.inject(net.a, segment({ ...peer, ctl: RST | ACK }));
    expect(net.a.notes.at(-1)!.because).toContain('RFC 1337');
    net.inject(net.a, segment({ ...peer, seq: peer.seq! - 9, text: text('old text') }));
    net.inject(net.a, segment({ ...peer, ack: peer.ack! - 1 }));
    net.run(MSL_2 - 1);
    expect(client.state).toBe('TIME-WAIT');
    net.run(1);
    expect(client.state).toBe('CLOSED');
  });

  test('answers a SYN with a challenge ACK, ten in a second at most (RFC 5961, S3, S5)', () => {
    const { net, peer } = waiting();
    const syn = segment({ ...peer, seq: peer.seq! + 10, ctl: SYN });
    for (let i = 0; i < 50; i++) net.inject(net.a, syn);
    net.flush();
    expect(net.take(net.b).map((seen) => seen.seg.ctl)).toEqual(Array(10).fill(ACK));
    net.now += 1000;
    net.inject(net.a, syn);
    net.flush();
    expect(net.take(net.b).length).toBe(1);
  });

  test('gives way to a new connection if somebody listens (MAY-2)', () => {
    const { net, client, peer } = waiting();
    const old = client.connection.tcb.snd.nxt;
    const children: TcpSocket[] = [];
    accepted(
      net.a.host.listen(net.now, {
        port: client.localPort,
        onConnection: (socket) => children.push(socket),
      }),
    );
    const syn = { ...peer, ctl: SYN };
    net.inject(net.a, segment({ ...syn, seq: peer.seq! - 5 })); // an old one does not
    expect(client.state).toBe('TIME-WAIT');
    net.inject(net.a, segment({ ...syn, seq: peer.seq! + 1 }));
    expect(client.state).toBe('CLOSED');
    expect(net.a.host.counters['time-wait-reopened']).toBe(1);
    net.flush();
    const synAck = net.take(net.b).at(-1)!.seg;
    expect(synAck.ctl).toBe(SYN | ACK);
    expect((toU32(synAck.seq) - toU32(old)) | 0).toBeGreaterThan(0);
  });

  /** Somebody listens again where A waits, and a SYN ends TIME-WAIT. */
  function reopened(
    backlog = 16,
  ): ReturnType<typeof waiting> & { synAck: Segment; listener: Listener } {
    const all = waiting();
    const { net, client, peer } = all;
    const port = client.localPort;
    const onConnection = (): void => undefined;
    const options = { port, backlog, synCookies: 'always', onConnection } as const;
    const listener = accepted(net.a.host.listen(net.now, options));
    net.inject(net.a, segment({ ...peer, ctl: SYN, seq: peer.seq! + 500 }));
    net.flush();
    return { ...all, listener, synAck: net.take(net.b).at(-1)?.seg ?? new Segment() };
  }

  const states = (net: TwoHosts): string[] => net.a.host.sockets().map(({ state }) => state);

  test('comes back when the new SYN is reset: it was an old duplicate (MAY-2)', () => {
    const { net, peer, fin, synAck, signals } = reopened();
    expect(states(net)).toEqual(['LISTEN', 'SYN-RECEIVED']);
    expect(signals).toEqual(['end', 'closed']); // the old connection is over for its user
    net.run(10_000);
    net.take(net.b);
    const reset = { ...peer, ctl: RST, seq: peer.seq! + 501, ack: toU32(synAck.seq) };
    net.inject(net.a, segment(reset));
    expect(states(net)).toEqual(['LISTEN', 'TIME-WAIT']);
    expect(net.a.host.counters['time-wait-returned']).toBe(1);
    net.inject(net.a, fin);
    net.flush();
    expect(net.take(net.b).map(({ seg }) => [seg.ctl, toU32(seg.ack)])).toEqual([[ACK, peer.seq!]]);
    net.run(MSL_2 - 1);
    expect(states(net)).toEqual(['LISTEN', 'TIME-WAIT']);
    net.run(1);
    expect(states(net)).toEqual(['LISTEN']);
    expect(net.a.host.nextTimeout()).toBe(Infinity);
  });

  test('comes back when nobody answers, or nobody listens any more', () => {
    for (const how of ['silence', 'close'] as const) {
      const { net, listener } = reopened();
      if (how === 'close') listener.close(net.now);
      for (let i = 0; i < 200 && net.a.host.counters['time-wait-returned'] === 0; i++) {
        net.now += 1000;
        net.a.host.timeout(net.now);
        net.flush();
        net.take(net.b);
      }
      expect(states(net).filter((state) => state !== 'LISTEN')).toEqual(['TIME-WAIT']);
    }
  });

  test('does not come back when the new connection is established', () => {
    const { net, peer, synAck } = reopened();
    const ack = { ...peer, seq: peer.seq! + 501, ack: toU32(synAck.seq) + 1 };
    net.inject(net.a, segment(ack));
    net.inject(net.a, segment({ ...ack, ctl: RST }));
    net.flush();
    expect(net.a.host.counters).toMatchObject({ accepted: 1, 'time-wait-returned': 0 });
    expect(states(net)).toEqual(['LISTEN']);
  });

  test('is not lost when the backlog has no room for the new connection', () => {
    const { net, client, fin } = reopened(0);
    expect(client.state).toBe('TIME-WAIT');
    expect(net.a.host.counters).toMatchObject({ 'tcp-backlog': 1, 'syn-cookies-sent': 0 });
    net.inject(net.a, fin);
    net.flush();
    expect(net.take(net.b).map(({ seg }) => seg.ctl)).toEqual([ACK]);
  });

  test('keeps its pair of sockets', () => {
    const { net, client } = waiting();
    const options = { remote: B4, remotePort: 80, localPort: client.localPort };
    expect(refusal(net.a.host.open(net.now, options))).toBe('connection-exists');
    net.run(MSL_2);
    expect(refusal(net.a.host.open(net.now, options))).toBeUndefined();
  });

  test('answers user calls as the RFC does, before and after its end', () => {
    const { net, client } = waiting();
    const into = new Uint8Array(9);
    expect(client.receive(net.now, into)).toBe('error: connection closing');
    expect(client.send(net.now, into)).toBe('error: connection closing');
    expect(client.close(net.now)).toBe('error: connection closing');
    expect(client.release(net.now)).toBe('ok');
    expect(client.open(net.now)).toBe('error: connection already exists');
    client.noDelay(true);
    client.keepAlive(net.now, true);
    client.userTimeout(net.now, 5);
    net.flush();
    expect(client.state).toBe('TIME-WAIT');
    expect(net.a.host.nextTimeout()).toBe(net.now + MSL_2);
    net.run(MSL_2);
    expect(client.receive(net.now, into)).toBe('error: connection closing');
    expect(client.send(net.now, into)).toBe('error: connection does not exist');
    expect(client.close(net.now)).toBe('error: connection does not exist');
    net.flush();
    expect(client.state).toBe('CLOSED');
  });

  test('is ended by ABORT, and its socket says why', () => {
    const { net, client, signals } = waiting();
    expect(client.abort(net.now)).toBe('ok');
    net.flush();
    expect([client.state, client.ending]).toEqual(['CLOSED', 'aborted']);
    expect(signals).toEqual(['end', 'aborted', 'closed']);
    expect(net.take(net.b)).toEqual([]);
    expect(net.a.host.sockets()).toEqual([]);
  });

  test('keeps unread text, and is a record once that is taken', () => {
    const net = new TwoHosts();
    const { client, server } = net.connect(80);
    client.close(net.now);
    server.send(net.now, text('last words'));
    server.close(net.now);
    net.settle();
    expect(client.state).toBe('TIME-WAIT');
    expect(net.a.host.counters['time-wait-kept']).toBe(0);
    net.run(1000);
    expect(readAll(net.now, client)).toEqual(text('last words'));
    net.flush();
    expect(net.a.host.counters['time-wait-kept']).toBe(1);
    net.run(MSL_2 - 1000);
    expect(client.state).toBe('CLOSED');
  });

  test('keeps unread text beyond its end', () => {
    const net = new TwoHosts();
    const { client, server } = net.connect(80);
    client.close(net.now);
    server.send(net.now, text('last words'));
    server.close(net.now);
    net.run(MSL_2);
    expect(client.state).toBe('CLOSED');
    expect(readAll(net.now, client)).toEqual(text('last words'));
  });

  test('lasts as long as its own options say, whatever others do', () => {
    const net = new TwoHosts();
    const { children } = net.listen(80);
    const msls = [30_000, 1000, 30_000, 5000, 1000];
    const clients = msls.map((msl) =>
      accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80, tcp: { msl } })),
    );
    net.settle();
    for (const client of clients) client.close(net.now);
    net.settle();
    for (const child of children) child.close(net.now);
    net.settle();
    const start = net.now;
    const ended = clients.map(() => 0);
    while (net.a.host.nextTimeout() < Infinity) {
      net.run(net.a.host.nextTimeout() - net.now);
      clients.forEach((client, i) => {
        if (client.state === 'CLOSED' && ended[i] === 0) ended[i] = net.now - start;
      });
    }
    expect(ended).toEqual(msls.map((msl) => 2 * msl));
  });

  test('over IPv6 is a record like any other', () => {
    const net = new TwoHosts();
    const { client, server } = net.connect(80, B6);
    client.close(net.now);
    net.settle();
    server.close(net.now);
    net.b.host.flush(net.now, net.b.link);
    const fin = net.take(net.a)[0]!;
    net.inject(net.a, fin.bytes);
    net.flush();
    net.take(net.b);
    net.inject(net.a, fin.bytes);
    net.flush();
    const ack = net.take(net.b)[0]!;
    expect([ack.ip.version, ack.ip.dst3, ack.seg.ctl]).toEqual([6, B6.w3, ACK]);
    expect(toU32(ack.seg.ack)).toBe(toU32(fin.seg.seq) + 1);
    expect(fin.seg.ctl & FIN).toBe(FIN);
  });
});

describe('many in TIME-WAIT (S22)', () => {
  test('100,000 closes leave a bounded number of records, the oldest went first', () => {
    const net = new TwoHosts();
    const server = (socket: TcpSocket): void => {
      socket.onSignal = (signal, now) => {
        if (signal === 'end') socket.close(now);
      };
    };
    for (let port = 1; port <= 4; port++) {
      accepted(net.b.host.listen(net.now, { port, onConnection: server }));
    }
    let first: TcpSocket | undefined;
    for (let i = 0; i < 100_000; i++) {
      const client = accepted(net.a.host.open(net.now, { remote: B4, remotePort: 1 + (i & 3) }));
      first ??= client;
      net.settle();
      client.close(net.now);
      net.settle();
      if (i === MOST_RECORDS - 1) expect(first.state).toBe('TIME-WAIT');
    }
    expect(net.a.host.sockets().length).toBe(MOST_RECORDS);
    expect(net.a.host.counters['time-wait-evicted']).toBe(100_000 - MOST_RECORDS);
    expect(first!.state).toBe('CLOSED');
    net.run(MSL_2);
    expect(net.a.host.sockets()).toEqual([]);
    expect(net.b.host.sockets().length).toBe(4);
  }, 120_000);
});
