/** Options that nobody means well: S9, S11, S23. Each with its cost in packets and octets. */
import { describe, expect, test } from 'vitest';
import { ACK, PSH, SYN } from '../../src/wire/segment.ts';
import { toU32 } from '../../src/wire/seq.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import { segment, type Fields } from '../stack/datagram.ts';
import { A4, B4, TwoHosts, type Seen } from '../stack/two-hosts.ts';

const PEER = { from: A4, to: B4, fromPort: 9000, toPort: 80 };

interface Attacked {
  readonly net: TwoHosts;
  readonly server: TcpSocket;
  /** What the peer says next. */
  readonly next: Fields & { readonly seq: number; readonly ack: number };
  readonly sent: () => Seen[];
}

/** B, as Linux, has a connection with a peer whose SYN had these options. */
function attacked(offered: Partial<Fields>, tcp: object = {}): Attacked {
  const net = new TwoHosts({ b: { tcp: { profile: 'linux', ...tcp } } });
  const { children } = net.listen(80);
  net.inject(net.b, segment({ ...PEER, seq: 1000, ctl: SYN, ...offered }));
  const sent = (): Seen[] => {
    net.flush();
    return net.take(net.a);
  };
  const [synAck] = sent();
  const stamps = offered.timestamps === undefined ? {} : { timestamps: offered.timestamps };
  const next = { ...PEER, seq: 1001, ack: toU32(synAck!.seg.seq) + 1, ctl: ACK, ...stamps };
  net.inject(net.b, segment(next));
  net.flush();
  return { net, server: children[0]!, next, sent };
}

describe('S9, S11: an MSS that makes every octet a packet (CVE-2019-11477, CVE-2019-11479)', () => {
  test.each<[string, Partial<Fields>, number]>([
    ['1', { mss: 1 }, 48],
    ['47', { mss: 47 }, 48],
    ['1 with timestamps', { mss: 1, timestamps: [1, 0] }, 36],
    ['0, as if it were not there', { mss: 0 }, 536],
    ['missing', {}, 536],
    ['65535', { mss: 65_535 }, 1460],
  ])('MSS %s: segments of %j', (_what, offered, largest) => {
    const { net, server, next, sent } = attacked(offered);
    expect(server.connection.largestText).toBe(largest);
    const octets = 4096;
    let packets = 0;
    let text = 0;
    let ack = next.ack;
    let clock = 1;
    server.send(net.now, new Uint8Array(octets));
    for (let rounds = 0; text < octets && rounds < 200; rounds++) {
      for (const { seg } of sent()) {
        const length = seg.textEnd - seg.textStart;
        packets++;
        text += length;
        ack += length;
        expect(length).toBeLessThanOrEqual(largest);
      }
      const timestamps = offered.timestamps && { timestamps: [++clock, 0] as const };
      net.inject(net.b, segment({ ...next, ack, ...timestamps }));
    }
    expect(text).toBe(octets);
    expect(packets).toBeLessThanOrEqual(Math.ceil(octets / largest) + 1); // per octet bounded
  });

  test('S9: 48 octets and SACK blocks that leave nothing whole: no count overflows', () => {
    const { net, server, next, sent } = attacked({ mss: 1, sackPermitted: true, wscale: 14 });
    net.inject(net.b, segment({ ...next, wnd: 65_535 }));
    server.send(net.now, new Uint8Array(131_072));
    let packets = 0;
    for (let i = 0; i < 200; i++) {
      packets += sent().length;
      const edge = (n: number): number => next.ack + 96 * ((i + n) % 500) + 48;
      const sack = [0, 2, 4, 6].map((n) => [edge(n), edge(n) + 47] as const);
      net.inject(net.b, segment({ ...next, wnd: 65_535, sack }));
      net.now += 10;
      net.b.host.timeout(net.now);
    }
    const { tcb } = server.connection;
    expect(server.state).toBe('ESTABLISHED');
    expect(packets).toBeGreaterThan(0);
    expect(packets).toBeLessThan(1200); // of 200 acknowledgments: six for each at most
    expect(tcb.snd.wnd).toBe(65_535 * 2 ** 14);
    expect(Number.isSafeInteger(tcb.snd.maxWnd)).toBe(true);
  });
});

describe('S23: timestamps', () => {
  const withStamps = (): Attacked => attacked({ mss: 1460, timestamps: [1000, 0] });
  const says = (a: Attacked, fields: Partial<Fields>): Seen[] => {
    a.net.inject(a.net.b, segment({ ...a.next, ...fields }));
    return a.sent();
  };
  const FUTURE = [0x7000_0000, 0] as const;

  test.each<[string, (a: Attacked) => Partial<Fields>]>([
    ['outside the window', ({ next }) => ({ seq: next.seq + 10_000_000 })],
    ['with an ACK of what was not sent', ({ next }) => ({ ack: next.ack + 1000 })],
    ['with a very old ACK', ({ next }) => ({ ack: next.ack - 0x4000_0000 })],
    ['beyond RCV.NXT', ({ next }) => ({ seq: next.seq + 100, text: new Uint8Array(10) })],
    ['with a SYN', () => ({ ctl: SYN | ACK })],
    ['without ACK', () => ({ ctl: PSH })],
  ])('one segment from the far future %s does not freeze a connection', (_what, bend) => {
    const a = withStamps();
    says(a, { timestamps: FUTURE, ...bend(a) });
    expect(a.server.connection.tcb.timestamps?.recent).toBe(1000);
    says(a, { timestamps: [1001, 0], text: new Uint8Array(10) });
    expect(a.server.unread).toBe(10);
  });

  test('a thousand old ones cost ten answers a second, none larger than what it answers', () => {
    const a = withStamps();
    let answers = 0;
    for (let i = 0; i < 1000; i++)
      answers += says(a, { timestamps: [1, 0], text: new Uint8Array(9) }).length;
    expect(answers).toBe(10); // challengeAckLimit
    expect(a.server.unread).toBe(0);
    a.net.run(1000);
    expect(says(a, { timestamps: [1, 0] }).length).toBe(1);
  });

  test('segments that lost their timestamps cost nothing', () => {
    const a = withStamps();
    const { timestamps: _none, ...bare } = a.next;
    for (let i = 0; i < 1000; i++) {
      a.net.inject(a.net.b, segment({ ...bare, text: new Uint8Array(9) }));
      expect(a.sent()).toEqual([]);
    }
    expect(a.server.state).toBe('ESTABLISHED');
    expect(a.server.unread).toBe(0);
  });

  test.each([0, 1, 0x7fff_ffff, -1, -0x8000_0000])(
    'an echo of %i is no round trip of weeks',
    (echo) => {
      const a = withStamps();
      a.server.send(a.net.now, new Uint8Array(100));
      a.sent();
      a.net.now += 20;
      says(a, { ack: a.next.ack + 100, timestamps: [1001, echo] });
      const { rto, srtt } = a.server.connection.tcb.rto;
      expect(rto).toBeLessThanOrEqual(1000);
      expect(srtt).toBeLessThanOrEqual(20);
    },
  );
});
