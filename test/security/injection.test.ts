/** Somebody off the path guesses: RFC 5961, and what its answers may cost. */
import { describe, expect, test } from 'vitest';
import { ACK, PSH, RST, SYN } from '../../src/wire/segment.ts';
import { B4, A4, accepted, TwoHosts } from '../stack/two-hosts.ts';
import { ends, tcp } from './forge.ts';
import { PEER_PORT, reach, Target, TARGET_PORT } from './target.ts';

const WINDOW = 65_535; // octets
const BUDGET = 10; // challenge ACKs in a second of one connection, tcp/options.ts

describe('S2: a blind reset (RFC 5961 §3, CVE-2004-0230)', () => {
  test('65,534 resets all over the window end nothing and get ten answers', () => {
    const { target, socket, seq } = reach('ESTABLISHED', 4);
    let answers = 0;
    for (let i = 1; i < WINDOW; i++) answers += target.gets({ seq: seq + i, ctl: RST }).length;
    expect([socket.state, answers]).toEqual(['ESTABLISHED', BUDGET]);
    expect(target.gets({ seq, ctl: RST })).toEqual([]);
    expect(socket.state).toBe('CLOSED');
  });

  test('outside of the window they get none', () => {
    const { target, socket, seq } = reach('ESTABLISHED', 4);
    for (let i = 1; i < 1000; i++) {
      expect(target.gets({ seq: seq - i, ctl: RST })).toEqual([]);
      expect(target.gets({ seq: seq + WINDOW - 1 + i, ctl: RST })).toEqual([]);
    }
    expect(socket.state).toBe('ESTABLISHED');
  });
});

describe('S3: a blind SYN (RFC 5961 §4)', () => {
  test('ten thousand in ten seconds end nothing and get ten answers a second', () => {
    const { target, socket, seq, ack } = reach('ESTABLISHED', 4);
    const answers: string[] = [];
    for (let i = 0; i < 10_000; i++) {
      answers.push(...target.gets({ seq: seq - 30_000 + 7 * i, ctl: SYN }));
      target.waits(1);
    }
    expect(socket.state).toBe('ESTABLISHED');
    expect(new Set(answers)).toEqual(new Set([`<SEQ=${ack}><ACK=${seq}><CTL=ACK>`]));
    expect(answers.length).toBeLessThanOrEqual(11 * BUDGET);
  });
});

describe.each([true, false])('S4: blind text (RFC 5961 §5), header prediction %s', (fastPath) => {
  test('with any ACK outside of what we sent is not taken', () => {
    const { target, socket, seq, ack } = reach('ESTABLISHED', 4, { tcp: { fastPath } });
    target.gets({ seq, ack, ctl: ACK });
    let answers = 0;
    for (let i = 1; i <= 5000; i++) {
      const far = i * 400_000; // up to 2^31
      for (const wrong of [ack + i, ack + far, ack - WINDOW - i, ack - WINDOW - far]) {
        answers += target.gets({ seq, ack: wrong, ctl: ACK | PSH, text: 100 }).length;
      }
    }
    expect(socket.unread).toBe(0);
    expect(answers).toBe(BUDGET);
    target.gets({ seq, ack, ctl: ACK | PSH, text: 100 });
    expect(socket.unread).toBe(100);
  });
});

describe('S5: the budget of challenge ACKs tells nothing (CVE-2016-5696)', () => {
  test('what one connection spends another has still', () => {
    const { target, seq } = reach('ESTABLISHED', 4);
    const other = ends(4, PEER_PORT + 1, TARGET_PORT + 1);
    accepted(
      target.host.open(target.now, {
        remote: other.source,
        remotePort: PEER_PORT + 1,
        localPort: TARGET_PORT + 1,
      }),
    );
    target.flush();
    target.arrives(tcp(other, { seq, ack: 101, ctl: SYN | ACK }));
    for (let i = 0; i < 1000; i++) target.gets({ seq: seq + 5, ctl: RST });
    let answers = 0;
    for (let i = 0; i < 1000; i++) {
      answers += target.arrives(tcp(other, { seq: seq + 5, ctl: RST })).length;
    }
    expect(answers).toBe(BUDGET);
  });
});

describe('S6: two ends that do not agree where they are', () => {
  /** Each has its own idea of the other's sequence numbers, far from each other's windows. */
  function apart(): { net: TwoHosts; segments: () => number } {
    const net = new TwoHosts();
    const open = (from: 'a' | 'b'): void => {
      const remote = from === 'a' ? B4 : A4;
      const [localPort, remotePort] = from === 'a' ? [80, 4000] : [4000, 80];
      accepted(net[from].host.open(net.now, { remote, remotePort, localPort }));
      net.flush();
      const syn = net.take(from === 'a' ? net.b : net.a)[0]!.seg;
      const there = ends(4, remotePort, localPort);
      const back = { ...there, source: remote, destination: from === 'a' ? A4 : B4 };
      const answer = { seq: from === 'a' ? 1e9 : 3e9, ack: Number(syn.seq) + 1, ctl: SYN | ACK };
      net.inject(net[from], tcp(back, answer));
      net.flush();
      net.take(from === 'a' ? net.b : net.a);
    };
    open('a');
    open('b');
    const { a, b } = net;
    const segments = (): number =>
      a.host.counters['segments-out'] + b.host.counters['segments-out'];
    expect([...a.host.sockets(), ...b.host.sockets()].map(({ state }) => state)).toEqual([
      'ESTABLISHED',
      'ESTABLISHED',
    ]);
    return { net, segments };
  }

  test('stop talking, and time does not stand still for it', () => {
    const { net, segments } = apart();
    const before = segments();
    for (const { host } of [net.a, net.b]) {
      host.sockets()[0]!.socket!.send(net.now, new Uint8Array(100));
    }
    net.settle();
    expect(segments() - before).toBeLessThanOrEqual(2 * (2 + BUDGET));
    const spent = segments();
    net.run(60_000); // both retransmit until R2
    expect(segments() - spent).toBeLessThanOrEqual(60 * 2 * BUDGET);
    net.run(600_000);
    expect([net.a.host.sockets(), net.b.host.sockets()]).toEqual([[], []]);
  });
});

describe('S26: how much a forged segment makes us send', () => {
  test('a SYN: one SYN,ACK, repeated as often as R2 for a SYN allows, and nothing after', () => {
    const target = new Target(4);
    accepted(target.host.listen(target.now, { port: TARGET_PORT, onConnection: () => undefined }));
    expect(target.gets({ seq: 1, ctl: SYN }).length).toBe(1);
    expect(target.waits(3_600_000).length).toBeLessThanOrEqual(8);
    expect(target.octetsOut).toBeLessThanOrEqual(9 * 44);
    expect(target.host.sockets().map(({ state }) => state)).toEqual(['LISTEN']);
  });

  test('ten thousand SYNs from everywhere: the backlog bounds what is held and what is sent', () => {
    const target = new Target(4);
    const backlog = 100;
    const onConnection = (): void => undefined;
    const options = { port: TARGET_PORT, backlog, synCookies: 'never', onConnection } as const;
    accepted(target.host.listen(target.now, options));
    for (let i = 0; i < 10_000; i++) {
      target.arrives(tcp({ ...target.ends, sourcePort: 1 + (i % 65_535) }, { seq: i, ctl: SYN }));
    }
    expect(target.host.sockets().length).toBe(backlog + 1);
    expect(target.host.counters['tcp-backlog']).toBe(10_000 - backlog);
    target.waits(3_600_000);
    expect(target.octetsOut).toBeLessThanOrEqual(9 * 44 * backlog);
    expect(target.host.sockets().length).toBe(1);
  });
});
