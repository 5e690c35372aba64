import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { FourTuple } from '../../src/stack/four-tuple.ts';
import { Keys } from '../../src/stack/keys.ts';
import { SynCookies } from '../../src/stack/syn-cookies.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import { printSegment } from '../../src/wire/print.ts';
import { ACK, FIN, RST, Segment, SYN } from '../../src/wire/segment.ts';
import { add, diff, seq, toU32, type Seq } from '../../src/wire/seq.ts';
import { segment, type Fields } from './datagram.ts';
import {
  A4,
  A6,
  accepted,
  B4,
  B6,
  readAll,
  secret,
  signalsOf,
  text,
  TwoHosts,
  untext,
} from './two-hosts.ts';

const PERIOD = 64_000; // ms

const cookiesOf = (n: number): SynCookies => {
  const keys = new Keys(secret(n));
  return new SynCookies(keys.sipHash(), keys.sipHash());
};

function tupleOf(family: 4 | 6, remotePort = 5000): FourTuple {
  const tuple = new FourTuple();
  if (family === 4) tuple.ofAddresses(A4, 80, B4, remotePort);
  else tuple.ofAddresses(A6, 80, B6, remotePort);
  return tuple;
}

function synOf(n: number): Segment {
  const syn = new Segment();
  syn.seq = seq(n);
  syn.ctl = SYN;
  return syn;
}

/** The ACK of a cookie. */
function ackOf(syn: Segment, cookie: Seq): Segment {
  const ack = new Segment();
  ack.seq = add(syn.seq, 1);
  ack.ack = add(cookie, 1);
  ack.ctl = ACK;
  return ack;
}

describe('a SYN cookie (S8, RFC 4987 §3.6)', () => {
  const anyCase = fc.record({
    family: fc.constantFrom(4 as const, 6 as const),
    port: fc.integer({ min: 1, max: 65_535 }),
    irs: fc.integer({ min: 0, max: 0xffff_ffff }),
    now: fc.double({ min: 0, max: 2e12, noNaN: true }),
    mss: fc.integer({ min: 1, max: 65_535 }),
  });

  test('gives the MSS back, never more of it than was asked for', () => {
    const cookies = cookiesOf(1);
    fc.assert(
      fc.property(anyCase, fc.double({ min: 0, max: PERIOD, noNaN: true }), (is, later) => {
        const t = tupleOf(is.family, is.port);
        const syn = synOf(is.irs);
        const ack = ackOf(syn, cookies.make(is.now, t, syn, is.mss));
        const mss = cookies.check(is.now + later, t, ack)!;
        expect(mss).toBeLessThanOrEqual(Math.max(is.mss, 48));
        expect(mss).toBeGreaterThanOrEqual(is.mss >= 1460 ? 1440 : is.mss >= 536 ? 536 : 48);
      }),
    );
  });

  test('is one of 536, 1460 and more over IPv4, of 1220 and 1440 over IPv6', () => {
    const cookies = cookiesOf(1);
    const back = (family: 4 | 6, mss: number): number | undefined => {
      const t = tupleOf(family);
      return cookies.check(0, t, ackOf(synOf(7), cookies.make(0, t, synOf(7), mss)));
    };
    for (const mss of [48, 536, 1460, 8960]) expect(back(4, mss)).toBe(mss);
    for (const mss of [48, 536, 1220, 1440, 8940]) expect(back(6, mss)).toBe(mss);
    expect([back(4, 1459), back(6, 1000)]).toEqual([1440, 536]);
  });

  test('is good in its period of 64 s and the next, and then never again', () => {
    const cookies = cookiesOf(1);
    const t = tupleOf(4);
    const syn = synOf(99);
    for (const made of [0, 10 * PERIOD, 10 * PERIOD + 63_999]) {
      const ack = ackOf(syn, cookies.make(made, t, syn, 1460));
      const until = cookies.validUntil(made);
      expect(until - made).toBeGreaterThan(PERIOD);
      expect(until - made).toBeLessThanOrEqual(2 * PERIOD);
      expect(cookies.check(until - 1, t, ack)).toBe(1460);
      for (let later = until; later < until + 1000 * PERIOD; later += PERIOD) {
        expect(cookies.check(later, t, ack)).toBeUndefined();
      }
    }
  });

  test('is of one pair of sockets, one SYN and one secret', () => {
    const cookies = cookiesOf(1);
    const t = tupleOf(4);
    const syn = synOf(99);
    const ack = ackOf(syn, cookies.make(0, t, syn, 1460));
    expect(cookies.check(0, tupleOf(4, 5001), ack)).toBeUndefined();
    expect(cookiesOf(2).check(0, t, ack)).toBeUndefined();
    for (let i = 1; i < 1000; i++) {
      ack.seq = add(syn.seq, 1 + i); // text behind lost text must not begin a connection
      expect(cookies.check(0, t, ack)).toBeUndefined();
    }
  });

  test('is hit by a guess about as often as 16 of 2^32 say', () => {
    const cookies = cookiesOf(3);
    const t = tupleOf(6);
    const ack = ackOf(synOf(5), seq(0));
    let hits = 0;
    for (let i = 0; i < 200_000; i++) {
      ack.ack = seq(Math.imul(i, 0x9e37_79b1));
      if (cookies.check(5 * PERIOD, t, ack) !== undefined) hits++;
    }
    expect(hits).toBeLessThanOrEqual(1);
  });

  test('looks random, and advances like an ISS: about 2^24 in 64 s', () => {
    const cookies = cookiesOf(4);
    const seen = new Set<number>();
    const low = new Array<number>(256).fill(0);
    for (let port = 1; port <= 60_000; port++) {
      const value = toU32(cookies.make(0, tupleOf(4, port), synOf(0), 1460));
      seen.add(value);
      low[value & 0xff]!++;
    }
    expect(seen.size).toBeGreaterThan(59_990);
    const expected = 60_000 / 256;
    const chi = low.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(chi).toBeLessThan(350); // 255 +- 4 sigma
    const t = tupleOf(4);
    for (let period = 0; period < 300; period++) {
      const now = period * PERIOD;
      const step = diff(
        cookies.make(now + PERIOD, t, synOf(0), 1460),
        cookies.make(now, t, synOf(0), 1460),
      );
      expect(step).toBeGreaterThan(0);
      expect(step).toBeLessThan(2 ** 25);
    }
  });
});

const PEER = { from: A4, to: B4, fromPort: 9000, toPort: 80 };

/** B answers every SYN with a cookie; what it answered to this one. */
function asked(options: { readonly mss?: number } = {}): {
  net: TwoHosts;
  children: TcpSocket[];
  synAck: Segment;
  ack: Fields;
} {
  const net = new TwoHosts({ observed: true });
  const { children } = net.listen(80, 16, { synCookies: 'always' });
  net.inject(net.b, segment({ ...PEER, seq: 1000, ctl: SYN, wnd: 5000, ...options }));
  net.flush();
  const [seen] = net.take(net.a);
  const { seg: synAck } = seen!;
  const ack = { ...PEER, seq: 1001, ack: toU32(synAck.seq) + 1, ctl: ACK, wnd: 4000 };
  return { net, children, synAck, ack };
}

describe('a listener that answers with cookies (S7)', () => {
  test('says what it would say without them, but for the ISS, and keeps nothing', () => {
    const { net, synAck } = asked({ mss: 1400 });
    const plain = new TwoHosts();
    plain.listen(80, 16, { synCookies: 'never' });
    plain.inject(plain.b, segment({ ...PEER, seq: 1000, ctl: SYN, wnd: 5000, mss: 1400 }));
    plain.flush();
    const [seen] = plain.take(plain.a);
    const iss = seen!.seg.seq;
    seen!.seg.seq = synAck.seq;
    const all = { wnd: true, options: true };
    expect(printSegment(synAck, all)).toBe(printSegment(seen!.seg, all));
    expect(synAck.seq).not.toBe(iss);
    expect(net.b.host.sockets().map(({ state }) => state)).toEqual(['LISTEN']);
    expect(net.b.host.nextTimeout()).toBe(Infinity);
    expect(net.b.host.counters['syn-cookies-sent']).toBe(1);
    expect(net.b.notes.at(-1)!.because).toContain('RFC 4987');
  });

  test('makes the connection of the ACK, as the handshake would have', () => {
    const { net, children, ack } = asked({ mss: 1400 });
    net.inject(net.b, segment(ack));
    net.flush();
    const [child] = children;
    expect(child!.state).toBe('ESTABLISHED');
    expect(child!.status()).toMatchObject({
      snd: { wnd: 4000, mss: 1400, iss: (ack.ack! - 1) >>> 0, una: ack.ack! >>> 0 },
      rcv: { nxt: 1001, irs: 1000, wnd: 65535 },
      srtt: -1, // nothing was measured
      unacknowledged: 0,
    });
    expect(net.take(net.a)).toEqual([]);
    expect(net.b.host.counters).toMatchObject({ 'syn-cookies-accepted': 1, accepted: 1 });
    expect(net.b.arrows).toEqual([
      'CLOSED > LISTEN',
      'LISTEN > SYN-RECEIVED',
      'SYN-RECEIVED > ESTABLISHED',
    ]);
    expect(child!.send(net.now, new Uint8Array(3000))).toBe(3000);
    net.flush();
    expect(net.take(net.a).map((seen) => seen.text.length)).toEqual([1400, 1400]);
  });

  test('takes text and FIN that come with that ACK', () => {
    const { net, children, ack } = asked();
    net.inject(net.b, segment({ ...ack, ctl: ACK | FIN, text: text('early') }));
    net.flush();
    const [child] = children;
    expect(child!.state).toBe('CLOSE-WAIT');
    expect(untext(readAll(net.now, child!))).toBe('early');
    const [answer] = net.take(net.a);
    expect(printSegment(answer!.seg)).toContain('<ACK=1007><CTL=ACK>');
    expect(child!.connection.tcb.snd.mss).toBe(536); // no MSS option: the default (MUST-15)
  });

  test('takes text that comes before the bare ACK, when that was lost', () => {
    const { net, children, ack } = asked();
    net.inject(net.b, segment({ ...ack, text: text('first') }));
    net.inject(net.b, segment(ack));
    net.flush();
    expect(children.map((child) => untext(readAll(net.now, child)))).toEqual(['first']);
  });

  test.each<[string, Partial<Fields>]>([
    ['another acknowledgment number', { ack: 77 }],
    ['another sequence number', { seq: 1002 }],
    ['another port', { fromPort: 9001 }],
    ['a FIN and a wrong cookie', { ack: 77, ctl: ACK | FIN }],
  ])('resets an ACK with %s, and nothing comes of it', (_, wrong) => {
    const { net, children, ack } = asked();
    net.inject(net.b, segment({ ...ack, ...wrong }));
    net.flush();
    const [reset] = net.take(net.a);
    expect(printSegment(reset!.seg)).toBe(`<SEQ=${(wrong.ack ?? ack.ack!) >>> 0}><CTL=RST>`);
    expect(children).toEqual([]);
    expect(net.b.host.sockets().length).toBe(1);
    expect(net.b.host.counters['syn-cookies-invalid']).toBe(1);
  });

  test('resets a SYN,ACK and ignores a reset, cookie or not (§3.10.7.2)', () => {
    const { net, children, ack } = asked();
    net.inject(net.b, segment({ ...ack, ctl: SYN | ACK }));
    net.inject(net.b, segment({ ...ack, ctl: RST | ACK }));
    net.inject(net.b, segment({ ...ack, ctl: RST }));
    net.flush();
    expect(net.take(net.a).map(({ seg }) => seg.ctl)).toEqual([RST]);
    expect(children).toEqual([]);
    expect(net.b.host.counters['syn-cookies-invalid']).toBe(0);
  });

  test('rejects the ACK after two periods', () => {
    const { net, children, ack } = asked();
    net.now += 2 * PERIOD;
    net.inject(net.b, segment(ack));
    net.flush();
    expect(net.take(net.a).map(({ seg }) => seg.ctl)).toEqual([RST]);
    expect(children).toEqual([]);
    // Not even looked at when no cookie can be out
    expect(net.b.host.counters['syn-cookies-invalid']).toBe(0);
  });

  test('that sent none looks at no ACK', () => {
    const net = new TwoHosts();
    const { children } = net.listen(80);
    net.inject(net.b, segment({ ...PEER, seq: 1001, ack: 5, ctl: ACK }));
    net.flush();
    expect(net.take(net.a).map(({ seg }) => seg.ctl)).toEqual([RST]);
    expect(children).toEqual([]);
    expect(net.b.host.counters['syn-cookies-invalid']).toBe(0);
  });

  test.each([A4, A6])('serves a whole conversation over %o', (address) => {
    const net = new TwoHosts();
    const { children } = net.listen(80, 16, { synCookies: 'always' });
    const remote = address.family === 4 ? B4 : B6;
    const client = accepted(net.a.host.open(net.now, { remote, remotePort: 80 }));
    const signals = signalsOf(client);
    client.send(net.now, new Uint8Array(20_000).fill(1));
    net.run(100);
    const [server] = children;
    expect(readAll(net.now, server!).length).toBe(20_000);
    client.close(net.now);
    net.settle();
    server!.close(net.now);
    net.settle();
    expect([client.state, server!.state]).toEqual(['TIME-WAIT', 'CLOSED']);
    expect(signals.at(-1)).toBe('end');
    expect(net.b.host.counters['syn-cookies-accepted']).toBe(1);
  });

  test('only on overflow, unless it is told otherwise', () => {
    const net = new TwoHosts();
    const { listener } = net.listen(80, 2);
    for (let fromPort = 1; fromPort <= 5; fromPort++) {
      net.inject(net.b, segment({ ...PEER, fromPort, seq: 1, ctl: SYN }));
    }
    expect(listener.pending).toBe(2);
    expect(net.b.host.counters).toMatchObject({ 'syn-cookies-sent': 3, 'tcp-backlog': 0 });
    net.flush();
    const synAck = net.take(net.a).find(({ seg, ip }) => ip.dst3 === A4.w3 && seg.ctl & SYN)!;
    expect(synAck.seg.ctl).toBe(SYN | ACK);
  });

  test('whatever comes, it never throws and holds no more than its backlog', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            fromPort: fc.integer({ min: 1, max: 4 }),
            ctl: fc.constantFrom(SYN, ACK, ACK | FIN, SYN | ACK, RST, RST | ACK, SYN | FIN, 0),
            seq: fc.constantFrom(1000, 1001, 1002, 0xffff_ffff),
            guess: fc.boolean(),
            text: fc.constantFrom(0, 1, 700),
            wait: fc.constantFrom(0, 0, 1, PERIOD),
          }),
          { maxLength: 60 },
        ),
        (steps) => {
          const net = new TwoHosts();
          const { listener } = net.listen(80, 1);
          const known = new Map<number, number>();
          for (const { fromPort, guess, wait, text: length, ...fields } of steps) {
            const ack = guess ? 12_345 : (known.get(fromPort) ?? 0) + 1;
            const bytes = new Uint8Array(length);
            net.inject(net.b, segment({ ...PEER, ...fields, fromPort, ack, text: bytes }));
            net.flush();
            for (const { seg } of net.take(net.a)) {
              if (seg.ctl === (SYN | ACK)) known.set(fromPort, toU32(seg.seq));
            }
            net.run(wait);
            expect(listener.pending).toBeLessThanOrEqual(1);
            expect(net.b.host.sockets().length).toBeLessThanOrEqual(1 + 4);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
