import { describe, expect, test } from 'vitest';
import { formatSockets } from '../../src/stack/format-sockets.ts';
import { printRecent, SegmentHistory } from '../../src/stack/history.ts';
import { ACK, Segment, SYN } from '../../src/wire/segment.ts';
import { seq } from '../../src/wire/seq.ts';
import { segment } from './datagram.ts';
import { A4, accepted, B4, B6, readAll, secret, text, TwoHosts } from './two-hosts.ts';

const ISS = { nextIss: () => seq(100), nextPort: () => 40_000 };

describe('info() under the names of TCP_INFO', () => {
  test('counts what went over a connection, at both ends', () => {
    const net = new TwoHosts();
    const { client, server } = net.connect(80);
    client.send(net.now, new Uint8Array(10_000));
    net.run(1000);
    readAll(net.now, server);
    net.run(1000);
    const a = client.info(net.now);
    const b = server.info(net.now);
    expect(a).toMatchObject({
      state: 'ESTABLISHED',
      bytesAcked: 10_000,
      bytesReceived: 0,
      unacked: 0,
      lost: 0,
      retrans: 0,
      totalRetrans: 0,
      sndMss: 1448, // 12 octets of timestamps
      advmss: 1460,
      pmtu: 1500,
      rto: 200,
      ato: 40,
      rcvSpace: 131_072,
      lastDataRecv: -1,
      notsentBytes: 0,
      retransmits: 0,
      probes: 0,
      backoff: 0,
    });
    expect(b).toMatchObject({ bytesReceived: 10_000, bytesAcked: 0, lastDataSent: -1 });
    expect([a.segsOut, a.segsIn]).toEqual([b.segsIn, b.segsOut]);
    expect([a.sndNxt, a.sndUna, b.sndNxt]).toEqual([b.rcvNxt, b.rcvNxt, a.rcvNxt]);
    expect(a.lastDataSent).toBeGreaterThanOrEqual(1000);
    expect(b.lastDataRecv).toBeLessThanOrEqual(a.lastDataSent);
    expect(a.rtt).toBeGreaterThanOrEqual(0);
    expect(Object.values(a)).not.toContain(NaN);
  });

  test('over IPv6 knows the larger header', () => {
    const net = new TwoHosts();
    expect(net.connect(80, B6).client.info(net.now)).toMatchObject({ pmtu: 1500, sndMss: 1428 });
  });

  test('tells of losses: how often, what is out, how long the next wait is', () => {
    const net = new TwoHosts({ a: { tcp: { profile: 'rfc' } } });
    const { client } = net.connect(80);
    client.send(net.now, new Uint8Array(3000));
    net.a.host.flush(net.now, net.a.link);
    net.take(net.b); // all lost
    expect(client.info(net.now)).toMatchObject({ unacked: 2, lost: 0, notsentBytes: 80 });
    for (let i = 0; i < 2; i++) {
      net.now = net.a.host.nextTimeout();
      net.a.host.timeout(net.now);
      net.a.host.flush(net.now, net.a.link);
      net.take(net.b);
    }
    const info = client.info(net.now);
    expect(info).toMatchObject({ retransmits: 2, totalRetrans: 2, backoff: 2, rto: 4000 });
    expect([info.unacked, info.retrans, info.lost]).toEqual([2, 1, 1]);
    expect(info.sndSsthresh).toBeLessThan(Infinity);
    net.settle();
    net.run(10_000);
    expect(client.info(net.now)).toMatchObject({ unacked: 0, bytesAcked: 3000, retransmits: 0 });
  });

  test('of a SYN that is repeated, of a record and of what is CLOSED', () => {
    const net = new TwoHosts();
    const lonely = accepted(net.a.host.open(net.now, { remote: B4, remotePort: 9 }));
    net.a.host.flush(net.now, net.a.link);
    net.take(net.b);
    net.now += 1000;
    net.a.host.timeout(net.now);
    net.a.host.flush(net.now, net.a.link);
    expect(lonely.info(net.now)).toMatchObject({
      state: 'SYN-SENT',
      totalRetrans: 1,
      segsOut: 2,
      lastAckRecv: -1,
    });
    lonely.abort(net.now);
    const { client, server } = net.connect(80);
    client.close(net.now);
    net.settle();
    server.close(net.now);
    net.settle();
    expect(client.info(net.now)).toMatchObject({ state: 'TIME-WAIT', unacked: 0 });
    expect(server.info(net.now).state).toBe('CLOSED');
  });
});

describe('recentSegments()', () => {
  test('tells what a connection sent and got, in the notation of the RFC', () => {
    const tcp = { profile: 'rfc' } as const;
    const net = new TwoHosts({ a: { ...ISS, tcp }, b: { nextIss: () => seq(300), tcp } });
    const { client, server } = net.connect(80);
    client.send(net.now, text('hello'));
    net.run(100);
    expect(printRecent(client.recentSegments())).toBe(
      [
        '      1000.000 --> <SEQ=100><CTL=SYN><WND=65535><MSS=1460>',
        '      1000.000 <-- <SEQ=300><ACK=101><CTL=SYN,ACK><WND=65535><MSS=1460>',
        '      1000.000 --> <SEQ=101><ACK=301><CTL=ACK><WND=65535>',
        '      1000.000 --> <SEQ=101><ACK=301><CTL=PSH,ACK><WND=65535><DATA=5>',
        '      1040.000 <-- <SEQ=301><ACK=106><CTL=ACK><WND=65530>',
        '',
      ].join('\n'),
    );
    const mirrored = server.recentSegments().map(({ direction }) => direction);
    expect(mirrored).toEqual(['in', 'out', 'in', 'in', 'out']);
  });

  test('goes on in TIME-WAIT, and knows one connection from another', () => {
    const net = new TwoHosts();
    const { client, server } = net.connect(80);
    const other = net.connect(81);
    client.close(net.now);
    net.settle();
    server.close(net.now);
    net.settle();
    expect(client.state).toBe('TIME-WAIT');
    expect(client.recentSegments().length).toBe(3 + 4);
    expect(other.client.recentSegments().length).toBe(3);
  });

  test('forgets the oldest, and everything when the host has no history', () => {
    const net = new TwoHosts({ a: { history: 10 }, b: { history: 0 } });
    const { client, server } = net.connect(80);
    for (let i = 0; i < 50; i++) {
      client.send(net.now, text('x'));
      net.run(100);
    }
    const recent = client.recentSegments();
    expect(recent.length).toBe(10);
    expect(recent.map(({ now }) => now)).toEqual(
      [...recent.map(({ now }) => now)].sort((x, y) => x - y),
    );
    expect(recent.at(-1)!.now).toBeGreaterThan(net.now - 200);
    expect(server.recentSegments()).toEqual([]);
    for (const history of [-1, 0.5, NaN]) {
      expect(() => new TwoHosts({ a: { history } })).toThrow(/history/);
    }
  });

  test('keeps every option', () => {
    const history = new SegmentHistory(4);
    const seg = new Segment();
    seg.ctl = SYN | ACK;
    seg.seq = seq(0xffff_ffff);
    seg.ack = seq(7);
    seg.mss = 65_535;
    seg.wscale = 14;
    seg.sackPermitted = true;
    seg.timestamps = true;
    seg.tsval = -1;
    seg.tsecr = 5;
    seg.sackCount = 4;
    seg.sack.set([1, 2, 3, 4, 5, 6, 7, 8]);
    history.add(0, true, 1, new Segment());
    history.add(1.5, false, 1, seg);
    seg.clear();
    history.add(2, true, 1, seg);
    expect(printRecent(history.of(1)).split('\n')).toEqual([
      '         0.000 --> <SEQ=0><CTL=none><WND=0>',
      '         1.500 <-- <SEQ=4294967295><ACK=7><CTL=SYN,ACK><WND=0><MSS=65535><WS=14><SACKOK>' +
        '<SACK=1:2,3:4,5:6,7:8><TSVAL=4294967295><TSECR=5>',
      '         2.000 --> <SEQ=0><CTL=none><WND=0>',
      '',
    ]);
    expect(history.of(2)).toEqual([]);
  });
});

describe('formatSockets() as ss -tino', () => {
  test('lists listeners, connections and records', () => {
    const net = new TwoHosts({ a: ISS, b: { nextIss: () => seq(300), secret: secret(2) } });
    const { client, server } = net.connect(80);
    net.listen(81, 5);
    net.inject(net.b, segment({ from: A4, to: B4, fromPort: 9, toPort: 81, seq: 1, ctl: SYN }));
    net.b.host.listen(net.now, { port: 82, local: B6 });
    server.send(net.now, text('not read yet'));
    net.b.host.flush(net.now, net.b.link);
    net.take(net.a);
    net.now += 10;
    expect(formatSockets(net.b.host.sockets(), net.now)).toBe(
      `State         Recv-Q  Send-Q  Local Address:Port  Peer Address:Port
LISTEN        0       5       *:81                *:*                half-open:1
LISTEN        0       511     [2001:db8::2]:82    *:*
ESTABLISHED   0       12      192.0.2.2:80        192.0.2.1:40000    timer:(on,190ms,0)
\t rto:200 rtt:0/0 ato:40 mss:1448 pmtu:1500 rcvmss:1448 advmss:1460 cwnd:10 segs_out:2 segs_in:2 lastsnd:10 lastack:10 unacked:1 rcv_space:131072 snd_wnd:131072 rcv_wnd:131072
SYN-RECEIVED  0       0       192.0.2.2:81        192.0.2.1:9        timer:(on,990ms,0)
\t rto:1000 ato:40 mss:536 pmtu:1500 rcvmss:536 advmss:1460 cwnd:10 segs_out:1 segs_in:1 rcv_space:131072 snd_wnd:65535 rcv_wnd:65535
`,
    );
    net.run(1000);
    readAll(net.now, client);
    client.close(net.now);
    net.settle();
    server.close(net.now);
    net.settle();
    expect(formatSockets(net.a.host.sockets(), net.now)).toBe(
      `State      Recv-Q  Send-Q  Local Address:Port  Peer Address:Port
TIME-WAIT  0       0       192.0.2.1:40000     192.0.2.2:80       timer:(timewait,1min,0)
`,
    );
  });

  test('says which timer runs', () => {
    const net = new TwoHosts({ b: { tcp: { receiveBuffer: 65_535 } } });
    const { client, server } = net.connect(80);
    const kinds = (): (string | undefined)[] =>
      net.a.host.sockets().map(({ timer }) => timer && `${timer.kind} ${timer.at - net.now}`);
    expect(kinds()).toEqual([undefined]);
    client.keepAlive(net.now, true);
    expect(kinds()).toEqual(['keepalive 7200000']);
    client.keepAlive(net.now, false);
    client.send(net.now, new Uint8Array(100_000));
    net.run(2000);
    expect(server.unread).toBe(65_535); // the window is closed
    expect(kinds()[0]).toMatch(/^persist /);
  });
});
