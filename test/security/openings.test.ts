/** Openings that nobody meant: S17, S20, S29, S32. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { IcmpKind } from '../../src/wire/icmp.ts';
import { ACK, Segment, SYN } from '../../src/wire/segment.ts';
import { readTcp } from '../../src/wire/tcp.ts';
import { icmp } from '../stack/datagram.ts';
import { refusal } from '../stack/two-hosts.ts';
import { tcp } from './forge.ts';
import { FAMILIES, PEER_ISS, printed, reach, Target, TARGET_PORT } from './target.ts';

describe.each(FAMILIES)(
  'S17, S29 over IPv%i: a connection with oneself (CVE-1999-0016)',
  (family) => {
    const { source, destination } = new Target(family).ends;
    const ports = { sourcePort: TARGET_PORT, destinationPort: TARGET_PORT };
    const self = { source: destination, destination, ...ports };

    test('OPEN is refused', () => {
      const target = new Target(family);
      const options = { remote: destination, remotePort: TARGET_PORT, localPort: TARGET_PORT };
      expect(refusal(target.host.open(target.now, options))).toBe('self-connection');
    });

    test.each(['LISTEN', 'SYN-SENT', 'ESTABLISHED'] as const)(
      'a SYN from ourselves in %s',
      (state) => {
        const { target, socket } = reach(state, family);
        const before = target.snapshot(socket);
        expect(target.arrives(tcp(self, { seq: 1, ctl: SYN }))).toEqual([]);
        expect(target.snapshot(socket)).toBe(before);
        expect(target.host.counters['ip-source-own']).toBe(1);
      },
    );

    test('a peer with our port is not ourselves', () => {
      const { target, socket } = reach('LISTEN', family);
      target.arrives(tcp({ ...self, source }, { seq: 1, ctl: SYN }));
      expect(socket.state).toBe('SYN-RECEIVED');
    });
  },
);

describe('S29: a split handshake is Figure 7 and nothing else', () => {
  test('SYN, then ACK: both SYNs are acknowledged, and nobody was a listener', () => {
    const { target, socket } = reach('SYN-SENT', 4);
    const synAck = `<SEQ=100><ACK=${PEER_ISS + 1}><CTL=SYN,ACK>`;
    expect(target.gets({ seq: PEER_ISS, ctl: SYN })).toEqual([synAck]);
    expect(socket.state).toBe('SYN-RECEIVED');
    expect(target.gets({ seq: PEER_ISS + 1, ack: 101, ctl: ACK })).toEqual([]);
    expect(socket.state).toBe('ESTABLISHED');
  });

  test('ACK alone does not open anything', () => {
    const { target, socket } = reach('SYN-SENT', 4);
    expect(target.gets({ seq: PEER_ISS, ack: 101, ctl: ACK, text: 5 })).toEqual([]);
    expect([socket.state, socket.unread]).toEqual(['SYN-SENT', 0]);
  });

  test('a SYN after SYN,ACK does not begin anew', () => {
    const { target, socket, seq, ack } = reach('ESTABLISHED', 4);
    const challenge = `<SEQ=${ack}><ACK=${seq}><CTL=ACK>`;
    expect(target.gets({ seq: PEER_ISS, ctl: SYN })).toEqual([challenge]);
    expect(target.gets({ seq: PEER_ISS + 70_000, ctl: SYN })).toEqual([challenge]);
    expect(socket.state).toBe('ESTABLISHED');
  });
});

describe('S20: an ICMP error that wants small segments (CVE-2004-1060)', () => {
  const kind: IcmpKind = 'packet-too-big'; // over IPv4 written as unreachable, fragmentation needed

  test.each<[4 | 6, number, number]>([
    [4, 0, 1452], // the plateau below
    [4, 1, 512],
    [4, 67, 512],
    [4, 68, 512],
    [4, 551, 512],
    [6, 0, 1220],
    [6, 68, 1220],
    [6, 1279, 1220],
  ])('IPv%i with an MTU of %i, a hundred times: once, and not below %i', (family, mtu, mss) => {
    const { target, socket } = reach('ESTABLISHED', family);
    socket.send(target.now, new Uint8Array(20_000));
    const [first, ...others] = target.flush();
    const { source: from, destination: to } = target.ends;
    const answers = Array.from({ length: 100 }, () =>
      target.arrives(icmp({ from, to, kind, mtu, body: first!.bytes })),
    );
    const flight = (1 + others.length) * 1460;
    const again = answers.flat();
    expect(again.every(({ seg }) => seg.textEnd - seg.textStart <= mss)).toBe(true);
    expect(again.length).toBeLessThanOrEqual(flight / mss + others.length + 1);
    expect(answers.slice(1).flat()).toEqual([]);
    expect(socket.connection.largestText).toBe(mss);
    expect(socket.state).toBe('ESTABLISHED');
  });

  test.each<[string, 4 | 6, number, (quote: Uint8Array, at: number) => void]>([
    ['another connection', 4, 600, (quote, at) => (quote[at]! ^= 1)],
    ['another connection', 6, 1280, (quote, at) => (quote[at]! ^= 1)],
    ['what is not in flight', 4, 600, (quote, at) => (quote[at + 4]! ^= 0x80)],
    ['what is not in flight', 6, 1280, (quote, at) => (quote[at + 4]! ^= 0x80)],
    ['a segment that was no larger', 4, 1500, () => undefined],
    ['a segment that was no larger', 6, 1520, () => undefined],
    ['a segment, with the largest number', 6, 0xffff_ffff, () => undefined],
  ])('about %s over IPv%i changes nothing', (_what, family, mtu, bend) => {
    const { target, socket, ack } = reach('ESTABLISHED', family, { tcp: { profile: 'rfc' } });
    socket.send(target.now, new Uint8Array(20_000));
    const [first] = target.flush();
    const { source: from, destination: to } = target.ends;
    const body = first!.bytes.slice();
    bend(body, family === 4 ? 20 : 40);
    for (let i = 0; i < 1000; i++) {
      expect(target.arrives(icmp({ from, to, kind, mtu, body }))).toEqual([]);
    }
    expect(target.waits(1000).map(printed)).toEqual([
      `<SEQ=${ack}><ACK=${PEER_ISS + 1}><CTL=ACK><DATA=1460>`,
    ]);
    expect(target.host.counters['path-mtu-lowered']).toBe(0);
  });
});

describe('S32: what JavaScript adds', () => {
  test('options of every kind leave the fields of a segment as they are named', () => {
    const bytes = new Uint8Array(60);
    const view = new DataView(bytes.buffer);
    const seg = new Segment();
    const fields = Object.keys(seg);
    bytes[12] = 0xf0;
    for (let kind = 2; kind < 256; kind++) {
      bytes.fill(1, 20);
      bytes[20] = kind;
      bytes[21] = 40;
      expect(readTcp(seg, bytes, view, 0, 60)).toBeUndefined();
      expect(Object.keys(seg)).toEqual(fields);
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('nothing that arrives adds a counter', () => {
    const { target, seq, ack } = reach('ESTABLISHED', 4);
    const names = Object.keys(target.host.counters);
    const bytes = tcp(target.ends, { seq, ack, ctl: ACK, text: 20 });
    for (let i = 0; i < bytes.length; i++) {
      for (const octet of [0, 1, 0x7f, 0x80, 0xff]) {
        const bent = bytes.slice();
        bent[i] = octet;
        target.arrives(bent);
      }
    }
    expect(Object.keys(target.host.counters)).toEqual(names);
  });

  test('no regular expression and no BigInt anywhere a packet goes', () => {
    const files = ['wire', 'tcp', 'stack'].flatMap((layer) =>
      readdirSync(`src/${layer}`, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `src/${layer}/${name}`),
    );
    expect(files.length).toBeGreaterThan(60);
    for (const file of files) {
      if (file === 'src/wire/address.ts' || file === 'src/wire/mac.ts') continue; // what users write

      const code = readFileSync(file, 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*|'[^']*'/g, '');
      expect(code, file).not.toMatch(/\b(RegExp|BigInt|BigUint64Array|BigInt64Array|eval)\b/);
      expect(code, file).not.toMatch(/\b\d+n\b|[=(,]\s*\/[^/*]/);
    }
  });
});
