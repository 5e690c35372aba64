/** What arrives out of order, twice, differently or urgently: S12, S16, S24, S28. */
import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { mostRanges } from '../../src/tcp/reassembly.ts';
import { ACK, PSH, URG } from '../../src/wire/segment.ts';
import { readAll } from '../stack/two-hosts.ts';
import { tcp } from './forge.ts';
import { reach, type Reached } from './target.ts';

const WINDOW = 65_535; // octets
const MSS = 1460; // octets
const MOST_RANGES = mostRanges(WINDOW);

describe('S12: SegmentSmack (CVE-2018-5390)', () => {
  test('100,000 segments of one octet with gaps between: few ranges, no more than the window', () => {
    const { target, socket, seq, ack } = reach('ESTABLISHED', 4, {
      tcp: { receiveBuffer: WINDOW },
    });
    const { receiveBuffer } = socket.connection.tcb;
    let ranges = 0;
    for (let i = 0; i < 100_000; i++) {
      const at = 1 + ((i * 2) % (WINDOW - 2));
      target.arrives(tcp(target.ends, { seq: seq + at, ack, ctl: ACK, text: 1 }));
      ranges = Math.max(ranges, receiveBuffer.reassembly?.count ?? 0);
    }
    expect(ranges).toBe(MOST_RANGES);
    expect(receiveBuffer.held).toBeLessThanOrEqual(65_536);
    expect(target.octetsOut).toBeLessThanOrEqual(target.octetsIn);
    for (let at = 0; at < WINDOW; at += 1000) {
      target.gets({ seq: seq + at, ack, ctl: ACK, text: Math.min(1000, WINDOW - at) });
    }
    expect(socket.unread).toBe(WINDOW);
    expect(receiveBuffer.reassembly).toBeUndefined();
  });
});

describe('S28: a retransmission that says something else', () => {
  const segments = fc.array(
    fc.record({ at: fc.nat(60), length: fc.integer({ min: 1, max: 25 }), octet: fc.nat(255) }),
    { minLength: 1, maxLength: 30 },
  );

  test.each([true, false])('what came first counts, header prediction %s', (fastPath) => {
    fc.assert(
      fc.property(segments, (list) => {
        const { target, socket, seq, ack } = reach('ESTABLISHED', 4, { tcp: { fastPath } });
        const model: (number | undefined)[] = [];
        for (const { at, length, octet } of list) {
          const text = new Uint8Array(length).fill(octet);
          target.gets({ seq: seq + at, ack, ctl: ACK, text });
          for (let i = at; i < at + length; i++) model[i] ??= octet;
        }
        const gap = model.findIndex((octet) => octet === undefined);
        const whole = model.slice(0, gap < 0 ? model.length : gap);
        expect([...readAll(target.now, socket)]).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });
});

describe('S16: urgent pointers (CVE-2019-12255 and others, RFC 6093)', () => {
  const step = fc.record({
    at: fc.nat(40),
    length: fc.nat(20),
    up: fc.oneof(fc.constantFrom(0, 1, 65_535), fc.nat(65_535)),
    urgent: fc.boolean(),
  });

  test('any of them, on any segments, in any order: the stream is the same', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const plain = reach('ESTABLISHED', 4);
        const urgent = reach('ESTABLISHED', 4);
        const gets = ({ target, seq, ack }: Reached, s: (typeof steps)[0], ctl: number): void => {
          const text = Uint8Array.from({ length: s.length }, (_, i) => s.at + i);
          target.gets({ seq: seq + s.at, ack, ctl: ACK | ctl, up: s.up, text });
        };
        for (const s of steps) {
          gets(plain, s, 0);
          gets(urgent, s, s.urgent ? URG : 0);
          const status = urgent.socket.status();
          if (typeof status === 'string') throw new Error(status);
          expect(status.urgent).toBeGreaterThanOrEqual(0);
          expect(status.urgent).toBeLessThanOrEqual(65_535 + 60);
          expect(status.unread).toBe(plain.socket.unread);
        }
        const { now } = plain.target;
        expect(readAll(now, urgent.socket)).toEqual(readAll(now, plain.socket));
      }),
    );
  });

  test('before RCV.NXT, without text, twice: the user is told once for each advance (MUST-32)', () => {
    const { target, socket, seq, ack } = reach('ESTABLISHED', 4);
    let told = 0;
    socket.onSignal = (signal) => (told += signal === 'urgent' ? 1 : 0);
    target.gets({ seq, ack, ctl: ACK, text: 100 });
    target.gets({ seq, ack, ctl: ACK | URG, up: 50, text: 100 }); // all of it was here before
    target.gets({ seq: seq + 100, ack, ctl: ACK | URG, up: 0 });
    expect(told).toBe(0);
    target.gets({ seq: seq + 100, ack, ctl: ACK | URG, up: 10 });
    target.gets({ seq: seq + 100, ack, ctl: ACK | URG, up: 10 });
    target.gets({ seq: seq + 100, ack, ctl: ACK | URG, up: 9 });
    expect(told).toBe(1);
    target.gets({ seq: seq + 100, ack, ctl: ACK | URG, up: 11 });
    expect([told, socket.unread]).toEqual([2, 100]);
  });
});

describe('S24: silly windows (MUST-39)', () => {
  test('whatever the user reads, the right edge moves by half a buffer or a segment', () => {
    const lengths = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 3000 })),
      { minLength: 1, maxLength: 100 },
    );
    const buffer = fc.constantFrom(500, 2000, 5000, 65_535);
    fc.assert(
      fc.property(lengths, buffer, (list, receiveBuffer) => {
        const { target, socket, seq, ack } = reach('ESTABLISHED', 4, { tcp: { receiveBuffer } });
        const into = new Uint8Array(3000);
        const least = Math.min(receiveBuffer / 2, MSS);
        let next = seq;
        let edge = seq + receiveBuffer;
        const look = (bytes: Uint8Array | undefined): void => {
          const sent = bytes === undefined ? target.waits(50) : target.arrives(bytes);
          for (const { seg } of sent) {
            const now = Number(seg.ack) + seg.wnd;
            expect(now === edge || now - edge >= least).toBe(true);
            edge = now;
          }
        };
        for (const [arrives, taken] of list) {
          const text = Math.min(arrives, edge - next, MSS);
          if (text > 0) look(tcp(target.ends, { seq: next, ack, ctl: ACK | PSH, text }));
          next += text;
          socket.receive(target.now, into, 0, taken);
          look(undefined);
        }
      }),
      { numRuns: 200 },
    );
  });
});
