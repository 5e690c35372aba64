/**
 * What is seen on the wire of each profile: a host, and a peer that is a script. The numbers are those
 * of `src/tcp/profiles.ts` and of what follows from them, written down a second time.
 */
import { describe, expect, test } from 'vitest';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { ProfileName } from '../../src/tcp/options.ts';
import { ACK, CWR, ECE, FIN, PSH, RST, SYN } from '../../src/wire/segment.ts';
import { toU32 } from '../../src/wire/seq.ts';
import { segment, type Fields } from './datagram.ts';
import { A4, accepted, B4, TwoHosts, type Seen } from './two-hosts.ts';

const OFFERS = { mss: 1460, wscale: 7, sackPermitted: true, timestamps: [1000, 0] } as const;
const ROUND_TRIP = 100; // ms
const PEER_ISS = 300;

interface Left {
  readonly at: number;
  readonly ctl: number;
  readonly seq: number; // from our ISS
  readonly ack: number; // from the ISS of the peer
  readonly length: number;
}

/** Host A has the profile; B is a script. */
class Wire {
  readonly net: TwoHosts;
  readonly seen: Seen[] = [];
  #iss = 0;
  #tsval = 0;
  #port = 0;
  #timestamps = false;
  #nxt = PEER_ISS + 1;

  constructor(profile: ProfileName) {
    this.net = new TwoHosts({ a: { tcp: { profile } } });
  }

  open(): TcpSocket {
    return accepted(this.net.a.host.open(this.net.now, { remote: B4, remotePort: 80 }));
  }

  /** An OPEN, and its answer after a round trip. */
  established(offers: Partial<Fields> = OFFERS): TcpSocket {
    const socket = this.open();
    const [syn] = this.left();
    expect(syn!.ctl & SYN).toBe(SYN);
    this.wait(ROUND_TRIP);
    this.#timestamps = this.#tsval !== 0 && offers.timestamps !== undefined;
    this.give({ ctl: SYN | ACK, seq: PEER_ISS, ack: 1, ...offers });
    expect(this.left().map(({ ctl }) => ctl)).toEqual([ACK]);
    return socket;
  }

  /** A segment of the peer; `ack` counts from our ISS. */
  give(fields: Partial<Fields>): void {
    const { ack = 1, ctl = ACK, ...others } = fields;
    const timestamps = this.#timestamps ? ([2000, this.#tsval] as const) : undefined;
    const given = {
      seq: this.#nxt,
      ctl,
      wnd: 60_000,
      ...(timestamps && { timestamps }),
      ...others,
    };
    const ports = { from: B4, to: A4, fromPort: 80, toPort: this.#port };
    this.net.inject(this.net.a, segment({ ...ports, ...given, ack: (this.#iss + ack) >>> 0 }));
  }

  /** Text of the peer, the next in order. */
  text(octets: number, ctl = ACK): void {
    this.give({ ctl, text: new Uint8Array(octets) });
    this.#nxt += octets;
  }

  /** What leaves now. */
  left(): Left[] {
    this.net.flush();
    const all = this.net.take(this.net.b);
    this.seen.push(...all);
    return all.map(({ seg, text, bytes }) => {
      if (seg.ctl & SYN) this.#iss = toU32(seg.seq);
      if (seg.timestamps) this.#tsval = seg.tsval;
      this.#port = (bytes[20]! << 8) | bytes[21]!;
      const seq = (toU32(seg.seq) - this.#iss) >>> 0;
      const ack = toU32(seg.ack) - PEER_ISS;
      return { at: this.net.now, ctl: seg.ctl, seq, ack, length: text.length };
    });
  }

  /** What leaves within `ms`. */
  wait(ms: number): Left[] {
    const until = this.net.now + ms;
    const all = this.left();
    const { host } = this.net.a;
    for (let next = host.nextTimeout(); next <= until; next = host.nextTimeout()) {
      this.net.now = Math.max(this.net.now, next);
      host.timeout(this.net.now);
      all.push(...this.left());
    }
    this.net.now = until;
    return all;
  }

  /** Times since `from`, ms, of what leaves within `ms`. */
  times(ms: number, from = this.net.now): number[] {
    return this.wait(ms).map(({ at }) => Math.round(at - from));
  }

  get last(): Seen {
    return this.seen.at(-1)!;
  }
}

const KINDS: Readonly<Record<number, string>> = {
  2: 'mss',
  3: 'ws',
  4: 'sackok',
  5: 'sack',
  8: 'ts',
};

/** The options of a segment, as they stand in the header. */
function optionsOf({ bytes }: Seen): string {
  const names: string[] = [];
  const end = 20 + 4 * (bytes[32]! >> 4);
  for (let at = 40; at < end;) {
    const kind = bytes[at]!;
    const length = kind < 2 ? 1 : bytes[at + 1]!;
    names.push(kind === 0 ? 'eol' : kind === 1 ? 'nop' : KINDS[kind]!);
    at += length;
  }
  return names.join();
}

interface Row {
  /** Options, Window field and shift of a SYN. */
  readonly syn: readonly [string, number, number];
  /** Of the SYN,ACK that answers all of them, and its options where only some are offered. */
  readonly synAck: readonly [string, number, number];
  readonly answers: Readonly<Record<'mss' | 'sack' | 'scale' | 'timestamps' | 'old', string>>;
  /** Is ECN asked for, and granted? */
  readonly ecn: readonly [boolean, boolean];
  /** Options of text, and of an ACK that tells of a gap. */
  readonly text: readonly [string, string];
  /** Segments and octets of the first flight, and of one after a pause of 10 s. */
  readonly flight: readonly [number, number];
  readonly afterPause: number;
  /** Which segments of 20 that leave in flights of 10 have PSH, and of a write of two and a half. */
  readonly pushed: readonly number[];
  readonly shortWrite: readonly number[];
  /** Octets acknowledged, and when: see the test. */
  readonly quick: readonly number[];
  readonly later: readonly (readonly [number, number])[];
  /** Times of SYNs that nobody answers, s, and when that is given up. */
  readonly syns: readonly number[];
  /** Of text that nobody acknowledges, after a round trip of 100 ms: ms. */
  readonly rto: readonly number[];
  /** The longest pause between two of them, s, and how often it is sent until it is given up. */
  readonly longest: number;
  readonly sent: number;
  /** Keep-alive probes, s. */
  readonly probes: readonly number[];
  /** Octets of text in a segment to a peer whose MSS is 100. */
  readonly least: number;
  /** Control bits and options of a reset by ABORT. */
  readonly reset: readonly [number, string];
}

const minutes = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => first + 75 * i);

const TABLE: Readonly<Record<ProfileName, Row>> = {
  linux: {
    syn: ['mss,sackok,ts,nop,ws', 65_535, 7],
    synAck: ['mss,sackok,ts,nop,ws', 65_535, 7],
    answers: {
      mss: 'mss',
      sack: 'mss,nop,nop,sackok',
      scale: 'mss,nop,ws',
      timestamps: 'mss,nop,nop,ts',
      old: 'mss,nop,nop,sackok,nop,ws',
    },
    ecn: [false, true],
    text: ['nop,nop,ts', 'nop,nop,ts,nop,nop,sack'],
    flight: [10, 14_480],
    afterPause: 10,
    pushed: [10, 28], // HyStart++ takes eight segments of an ACK for growth (RFC 9406 §4.3)
    shortWrite: [3],
    quick: [1448, 2896, 4344, 5792],
    later: [
      [40, 1448],
      [100, 4344],
      [240, 4544],
      [305, 4644],
    ],
    syns: [0, 1, 3, 7, 15, 31, 63, 127],
    rto: [0, 300, 600, 1200, 2400, 4800],
    longest: 120,
    sent: 12,
    probes: minutes(7200, 9),
    least: 88,
    reset: [RST | ACK, 'nop,nop,ts'],
  },
  freebsd: {
    syn: ['mss,nop,ws,sackok,ts', 65_535, 6],
    synAck: ['mss,nop,ws,sackok,ts', 65_535, 6],
    answers: {
      mss: 'mss',
      sack: 'mss,sackok,eol,eol',
      scale: 'mss,nop,ws',
      timestamps: 'mss,nop,nop,ts',
      old: 'mss,nop,ws,sackok,eol,eol',
    },
    ecn: [false, true],
    text: ['nop,nop,ts', 'nop,nop,ts,nop,nop,sack'],
    flight: [10, 14_480],
    afterPause: 10,
    pushed: [],
    shortWrite: [3],
    quick: [2896, 5792],
    later: [
      [40, 1448],
      [100, 4344],
      [205, 4544],
      [340, 4644],
    ],
    syns: [0, 1, 3, 7, 15, 31, 63, 127],
    rto: [0, 500, 1500, 3500, 7500, 15_500],
    longest: 64,
    sent: 11,
    probes: minutes(7200, 8),
    least: 204,
    reset: [RST | ACK, 'nop,nop,ts'],
  },
  rfc: {
    syn: ['mss', 65_535, -1],
    synAck: ['mss', 65_535, -1],
    answers: { mss: 'mss', sack: 'mss', scale: 'mss', timestamps: 'mss', old: 'mss' },
    ecn: [false, false],
    text: ['', ''],
    flight: [3, 4380],
    afterPause: 3,
    pushed: [],
    shortWrite: [3],
    quick: [2896, 5792],
    later: [
      [40, 1448],
      [100, 4344],
      [240, 4544],
      [340, 4644],
    ],
    syns: [0, 1, 3, 7, 15, 31, 63, 123],
    rto: [0, 1000, 3000, 7000, 15_000, 31_000],
    longest: 60,
    sent: 10,
    probes: minutes(7200, 9),
    least: 100,
    reset: [RST, ''],
  },
};

const PROFILES = Object.entries(TABLE).map(([name, row]) => ({
  name: name as ProfileName,
  row,
}));

describe.each(PROFILES)('the profile $name', ({ name, row }) => {
  const summary = (seen: Seen): unknown => [optionsOf(seen), seen.seg.wnd, seen.seg.wscale];
  const ecnBits = ({ seg }: Seen): number => seg.ctl & (ECE | CWR);

  test('a SYN: options in their order, window, shift, no ECN', () => {
    const wire = new Wire(name);
    wire.open();
    wire.left();
    expect(summary(wire.last)).toEqual(row.syn);
    expect(wire.last.seg.mss).toBe(1460);
    expect(ecnBits(wire.last) !== 0).toBe(row.ecn[0]);
  });

  /** The SYN,ACK to a SYN with these options. */
  const synAck = (offers: Partial<Fields>, ctl = SYN): Seen => {
    const { net } = new Wire(name);
    accepted(net.a.host.listen(net.now, { port: 80, backlog: 1, onConnection: () => undefined }));
    const ports = { from: B4, to: A4, fromPort: 9000, toPort: 80 };
    net.inject(net.a, segment({ ...ports, ctl, seq: 1, ...offers }));
    net.flush();
    const [answer] = net.take(net.b);
    expect(answer!.seg.ctl & (SYN | ACK)).toBe(SYN | ACK);
    return answer!;
  };

  test('a SYN,ACK has what the SYN had, no more', () => {
    expect(summary(synAck(OFFERS))).toEqual(row.synAck);
    const { mss, wscale, sackPermitted, timestamps } = OFFERS;
    expect({
      mss: optionsOf(synAck({ mss })),
      sack: optionsOf(synAck({ mss, sackPermitted })),
      scale: optionsOf(synAck({ mss, wscale })),
      timestamps: optionsOf(synAck({ mss, timestamps })),
      old: optionsOf(synAck({ mss, sackPermitted, wscale })),
    }).toEqual(row.answers);
    expect(ecnBits(synAck(OFFERS))).toBe(0);
    expect(ecnBits(synAck(OFFERS, SYN | ECE | CWR)) === ECE).toBe(row.ecn[1]);
  });

  test('options of text, and of the acknowledgment of a gap', () => {
    const wire = new Wire(name);
    const socket = wire.established();
    socket.send(wire.net.now, new Uint8Array(10));
    wire.left();
    const text = optionsOf(wire.last);
    wire.give({ seq: PEER_ISS + 1001, text: new Uint8Array(10), ack: 11 });
    wire.left();
    expect([text, optionsOf(wire.last)]).toEqual(row.text);
  });

  test('the first flight, and the one after a pause', () => {
    const wire = new Wire(name);
    const socket = wire.established();
    socket.send(wire.net.now, new Uint8Array(30_000));
    const first = wire.left();
    const octets = first.reduce((sum, { length }) => sum + length, 0);
    expect([first.length, octets]).toEqual(row.flight);
    for (let acked = 1; acked < 30_001;) {
      wire.wait(ROUND_TRIP);
      const { seg, text } = wire.last;
      acked = ((toU32(seg.seq) + text.length - 1) >>> 0) - toU32(wire.seen[0]!.seg.seq) + 1;
      wire.give({ ack: acked });
      wire.left();
    }
    expect(socket.connection.tcb.sender!.congestion.cwnd).toBeGreaterThan(row.flight[1]);
    wire.wait(10_000);
    socket.send(wire.net.now, new Uint8Array(30_000));
    expect(wire.left().length).toBe(row.afterPause);
  });

  test('PSH', () => {
    const wire = new Wire(name);
    const socket = wire.established();
    socket.send(wire.net.now, new Uint8Array(60_000));
    const flights = wire.left();
    wire.wait(ROUND_TRIP);
    wire.give({ ack: 1 + flights.reduce((sum, { length }) => sum + length, 0) });
    flights.push(...wire.left());
    const pushed = flights.flatMap(({ ctl }, i) => (ctl & PSH ? [i + 1] : []));
    expect(pushed).toEqual(row.pushed);
    const other = new Wire(name);
    const quickly = other.established();
    quickly.noDelay(true);
    quickly.send(other.net.now, new Uint8Array(3500));
    const short = other.left().flatMap(({ ctl }, i) => (ctl & PSH ? [i + 1] : []));
    expect(short).toEqual(row.shortWrite);
  });

  test('acknowledgments: four full segments, and what comes later', () => {
    const wire = new Wire(name);
    const socket = wire.established();
    const into = new Uint8Array(100_000);
    const quick: number[] = [];
    for (let i = 0; i < 4; i++) {
      wire.text(1448);
      quick.push(...wire.left().map(({ ack }) => ack - 1));
    }
    expect(quick).toEqual(row.quick);
    for (let i = 0; i < 40; i++) {
      wire.text(1448);
      wire.left();
    }
    wire.wait(1);
    socket.receive(wire.net.now, into);
    wire.wait(100);
    const start = wire.net.now;
    const base = wire.last.seg.ack;
    const later: [number, number][] = [];
    const note = (all: Left[]): void => {
      for (const { at, ack } of all) {
        later.push([Math.round(at - start), ack + PEER_ISS - toU32(base)]);
      }
    };
    wire.text(1448); //              0 ms: a full one
    note(wire.wait(100));
    wire.text(1448); //            100 ms: two
    wire.text(1448);
    note(wire.wait(100));
    wire.text(100, ACK | PSH); //  200 ms: two short ones, a little apart
    note(wire.wait(5));
    wire.text(100, ACK | PSH);
    note(wire.wait(95));
    socket.receive(wire.net.now, into);
    wire.left(); //                        perhaps a wider window
    wire.text(100, ACK | PSH); //  300 ms: a short one that is read
    note(wire.left());
    wire.net.now += 5;
    socket.receive(wire.net.now, into);
    note(wire.wait(95));
    expect(later).toEqual(row.later);
  });

  test('a SYN that nobody answers, and when that is given up', () => {
    const wire = new Wire(name);
    const socket = wire.open();
    const syns = wire.times(179_999).map((ms) => ms / 1000);
    expect(syns).toEqual(row.syns);
    expect(socket.state).toBe('SYN-SENT');
    expect(wire.times(1)).toEqual([]);
    expect(socket.state).toBe('CLOSED'); // MUST-23
  });

  test('text that nobody acknowledges, and when that is given up', () => {
    const wire = new Wire(name);
    const socket = wire.established();
    socket.send(wire.net.now, new Uint8Array(400));
    const times = wire.times(299_999);
    const pauses = times.map((at, i) => at - (times[i - 1] ?? 0));
    expect(times.slice(0, 6)).toEqual(row.rto);
    expect(Math.max(...pauses) / 1000).toBe(row.longest);
    expect(times.length).toBe(row.sent);
    expect(socket.state).toBe('ESTABLISHED');
    wire.wait(1);
    expect(socket.state).toBe('CLOSED'); // five minutes, RFC 9293 §3.9.1.1
  });

  test('keep-alive probes, once they are turned on (MUST-25)', () => {
    const wire = new Wire(name);
    const socket = wire.established();
    expect(wire.times(100_000_000)).toEqual([]);
    const other = new Wire(name);
    other.established().keepAlive(other.net.now, true);
    const probes = other.wait(100_000_000).filter(({ ctl }) => !(ctl & RST));
    const [first] = probes;
    const began = first!.at - 7_200_000;
    expect(probes.map(({ at }) => Math.round((at - began) / 1000))).toEqual(row.probes);
    expect(socket.state).toBe('ESTABLISHED');
  });

  test('TIME-WAIT lasts a minute, as does FIN-WAIT-2 of who is gone', () => {
    const wire = new Wire(name);
    const socket = wire.established();
    socket.close(wire.net.now);
    wire.left();
    wire.give({ ack: 2 });
    wire.give({ ctl: FIN | ACK, ack: 2 });
    wire.wait(59_999);
    expect(socket.state).toBe('TIME-WAIT');
    wire.wait(1);
    expect(socket.state).toBe('CLOSED');
    const other = new Wire(name);
    const gone = other.established();
    gone.release(other.net.now);
    other.left();
    other.give({ ack: 2 });
    other.wait(59_999);
    expect(gone.state).toBe('FIN-WAIT-2');
    other.wait(1);
    expect(gone.state).toBe('CLOSED');
  });

  test('the least segment, whatever the peer says', () => {
    const wire = new Wire(name);
    const socket = wire.established({ ...OFFERS, mss: 100 });
    socket.send(wire.net.now, new Uint8Array(1000));
    expect(wire.left()[0]!.length).toBe(row.least);
  });

  test('ABORT', () => {
    const wire = new Wire(name);
    const socket = wire.established();
    wire.text(10);
    wire.left();
    socket.abort(wire.net.now);
    const [reset] = wire.left();
    expect([reset!.ctl, optionsOf(wire.last)]).toEqual(row.reset);
    expect(reset!.seq).toBe(1);
    expect(reset!.ack).toBe(reset!.ctl & ACK ? 11 : -PEER_ISS);
  });
});
