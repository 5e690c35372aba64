import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import type { Link } from '../../src/link/link.ts';
import { pair, type PairLink } from '../../src/link/pair.ts';

function send(link: Link, packet: readonly number[]): void {
  const start = link.claim(packet.length);
  link.bytes.set(packet, start);
  link.transmit(start, start + packet.length);
}

function receive(link: Link, max = 1_000_000): number[][] {
  const packets: number[][] = [];
  link.drain(max, (bytes, view, start, end) => {
    expect(view.buffer).toBe(bytes.buffer);
    packets.push([...bytes.subarray(start, end)]);
  });
  return packets;
}

describe('pair', () => {
  test('on ethernet a packet is a frame: 14 octets more than the MTU, 18 with a VLAN tag', () => {
    const [a, b] = pair({ medium: 'ethernet', mtu: 100 });
    expect([a.medium, b.medium, a.mtu]).toEqual(['ethernet', 'ethernet', 100]);
    for (const length of [114, 118]) {
      const start = a.claim(length);
      a.transmit(start, start + length);
    }
    expect(receive(b).map((frame) => frame.length)).toEqual([114, 118]);
    const start = a.claim(119);
    expect(() => a.transmit(start, start + 119)).toThrow(RangeError);
  });

  test('when one end closes, so does the other, with an error; each is told once', async () => {
    const [a, b] = pair({ names: ['left', 'right'] });
    const told: string[] = [];
    a.onClose = (error) => told.push(`a: ${error?.message}`);
    b.onClose = (error) => told.push(`b: ${error?.message}`);
    send(b, [1]);
    await a.close();
    await Promise.all([a.close(), b.close()]);
    expect(told).toEqual(['a: undefined', 'b: right: its other end, left, was closed']);
    expect(receive(a)).toEqual([]);
    send(b, [1]);
    expect(b.dropped).toBe(1);
  });

  test('carries packets both ways, in order', () => {
    const [a, b] = pair();
    send(a, [1, 2, 3]);
    send(b, [9]);
    send(a, [4]);
    expect(b.waiting).toBe(2);
    expect(receive(b)).toEqual([[1, 2, 3], [4]]);
    expect(receive(a)).toEqual([[9]]);
    expect(receive(b)).toEqual([]);
    expect(b.waiting).toBe(0);
  });

  test('drain stops at max, and the rest waits', () => {
    const [a, b] = pair();
    for (let i = 0; i < 5; i += 1) send(a, [i]);
    expect(receive(b, 2)).toEqual([[0], [1]]);
    expect(receive(b, 0)).toEqual([]);
    expect(receive(b)).toEqual([[2], [3], [4]]);
  });

  test('a packet is read where it was written: no copy', () => {
    const [a, b] = pair();
    const start = a.claim(100);
    a.bytes[start + 40] = 77;
    const written = a.bytes;
    a.transmit(start + 40, start + 100);
    b.drain(1, (bytes, _view, from, end) => {
      expect(bytes).toBe(written);
      expect([from, end]).toEqual([start + 40, start + 100]);
      expect(bytes[from]).toBe(77);
    });
  });

  test('over capacity the newest is dropped and counted', () => {
    const [a, b] = pair({ capacity: 3 });
    for (let i = 0; i < 5; i += 1) send(a, [i]);
    expect(a.dropped).toBe(2);
    expect(b.dropped).toBe(0);
    expect(receive(b)).toEqual([[0], [1], [2]]);
    send(a, [5]);
    expect(receive(b)).toEqual([[5]]);
  });

  test('a claim that is not sent costs nothing', () => {
    const [a, b] = pair();
    const first = a.claim(1500);
    expect(a.claim(1500)).toBe(first);
    send(a, [1]);
    expect(receive(b)).toEqual([[1]]);
  });

  test('the sink may send on both links while one is drained', () => {
    const [a, b] = pair();
    send(a, [3]);
    const seen: number[] = [];
    b.drain(100, (bytes, _view, start) => {
      const n = bytes[start] ?? 0;
      seen.push(n);
      if (n > 0) send(a, [n - 1]); // into the lane being drained
      send(b, [n + 10]);
      expect(bytes[start]).toBe(n); // still the same packet
    });
    expect(seen).toEqual([3, 2, 1, 0]);
    expect(receive(a)).toEqual([[13], [12], [11], [10]]);
  });

  test('draining the same link from its sink delivers nothing', () => {
    const [a, b] = pair();
    send(a, [1]);
    send(a, [2]);
    let inner = -1;
    const outer = b.drain(1, () => {
      inner = b.drain(10, () => expect.unreachable());
    });
    expect([outer, inner]).toEqual([1, 0]);
    expect(receive(b)).toEqual([[2]]);
  });

  test('a sink that throws has had its packet; the next one comes', () => {
    const [a, b] = pair();
    send(a, [1]);
    send(a, [2]);
    const fail = (): never => {
      throw new Error('sink');
    };
    expect(() => b.drain(10, fail)).toThrow('sink');
    expect(receive(b)).toEqual([[2]]);
  });

  test('with poison a packet is overwritten when its sink has returned', () => {
    const [a, b] = pair({ poison: true });
    send(a, [1, 2, 3]);
    let kept: Uint8Array = new Uint8Array(0);
    b.drain(1, (bytes, _view, start, end) => {
      kept = bytes.subarray(start, end);
      expect([...kept]).toEqual([1, 2, 3]);
    });
    expect([...kept]).toEqual([0xdb, 0xdb, 0xdb]);
  });

  test('onReadable is called once per silence', () => {
    const [a, b] = pair();
    let calls = 0;
    b.onReadable = () => {
      calls += 1;
    };
    send(a, [1]);
    send(a, [2]);
    expect(calls).toBe(1);
    receive(b);
    expect(calls).toBe(1);
    send(a, [3]);
    expect(calls).toBe(2);
  });

  test('a packet sent from the sink is drained by the same drain, without a call', () => {
    const [a, b] = pair();
    let calls = 0;
    send(a, [1]);
    b.onReadable = () => {
      calls += 1;
    };
    let seen = 0;
    b.drain(10, () => {
      seen += 1;
      if (seen === 1) send(a, [2]);
    });
    expect([seen, calls]).toEqual([2, 0]);
  });

  test('close pulls the cable at both ends, even from a sink', async () => {
    const [a, b] = pair();
    b.onReadable = () => undefined;
    send(a, [1]);
    send(a, [2]);
    send(b, [3]);
    const closed: Promise<void>[] = [];
    expect(b.drain(10, () => closed.push(b.close()))).toBe(1);
    await Promise.all([...closed, a.close()]);
    expect([receive(a), receive(b), b.onReadable]).toEqual([[], [], undefined]);
    send(a, [4]);
    expect([a.dropped, receive(b)]).toEqual([1, []]);
  });

  test('says what it is', () => {
    const [a, b] = pair({ mtu: 9000, checksumOffload: false, names: ['left', 'right'] });
    expect([a.name, b.name, a.mtu, a.checksumOffload, a.medium]).toEqual([
      'left',
      'right',
      9000,
      false,
      'ip',
    ]);
    expect(pair()[0]).toMatchObject({ name: 'pair0', mtu: 1500, checksumOffload: true });
  });

  test('misuse is a RangeError that names the number', () => {
    const [a] = pair({ mtu: 1280 });
    expect(() => a.claim(1280 + 65)).toThrow('claim of 1345 octets on a link with an MTU of 1280');
    a.claim(1290);
    expect(() => a.transmit(0, 1281)).toThrow('packet of 1281 octets');
    expect(() => pair({ mtu: 67 })).toThrow('mtu is 67');
    expect(() => pair({ mtu: 70_000 })).toThrow('mtu is 70000');
    expect(() => pair({ capacity: 0 })).toThrow('capacity is 0');
    expect(() => pair({ capacity: 1.5 })).toThrow('capacity is 1.5');
  });

  test('any mix of sends and drains, over many slabs: every packet once, in order, unharmed', () => {
    const step = fc.record({
      sends: fc.nat(40),
      drains: fc.nat(40),
      length: fc.integer({ min: 1, max: 9000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const [a, b] = pair({ mtu: 9000, capacity: 100, poison: true });
        model(a, b, steps);
      }),
      { numRuns: 60 },
    );
  });
});

interface Step {
  readonly sends: number;
  readonly drains: number;
  readonly length: number;
}

/** Runs the steps against an array as the model of the queue. */
function model(a: PairLink, b: PairLink, steps: readonly Step[]): void {
  const expected: { id: number; length: number }[] = [];
  let id = 0;
  let dropped = 0;
  const check = (bytes: Uint8Array, _view: DataView, start: number, end: number): void => {
    const packet = expected.shift();
    if (packet === undefined) return expect.unreachable('a packet that nobody sent');
    expect(end - start).toBe(packet.length);
    expect(bytes[start]).toBe(packet.id & 0xff);
    expect(bytes[end - 1]).toBe(packet.id & 0xff);
  };
  for (const { sends, drains, length } of steps) {
    for (let k = 0; k < sends; k += 1) {
      id += 1;
      const start = a.claim(length);
      a.bytes.fill(id, start, start + length);
      a.transmit(start, start + length);
      if (expected.length < 100) expected.push({ id, length });
      else dropped += 1;
    }
    b.drain(drains, check);
    expect([b.waiting, a.dropped]).toEqual([expected.length, dropped]);
  }
  b.drain(100, check);
  expect(expected).toEqual([]);
}
