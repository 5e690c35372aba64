import { describe, expect, test } from 'vitest';
import { Hub } from '../../src/link/hub.ts';
import { receive, send } from './packets.ts';

const mac = (n: number): number[] => [2, 0, 0, (n >> 16) & 0xff, (n >> 8) & 0xff, n & 0xff];
const BROADCAST = [255, 255, 255, 255, 255, 255];

/** A frame from station `from` to station `to`. */
const frame = (from: number, to: number | readonly number[], mark: number = 0): number[] => [
  ...(typeof to === 'number' ? mac(to) : to),
  ...mac(from),
  0x08,
  0x00,
  mark,
];

const ipv4 = (from: number, to: readonly number[]): number[] => [
  0x45,
  0,
  0,
  20,
  0,
  0,
  0,
  0,
  64,
  17,
  0,
  0,
  10,
  0,
  0,
  from,
  ...to,
];

const ipv6 = (from: number, to: readonly number[]): number[] => {
  const packet = new Array<number>(40).fill(0);
  packet[0] = 0x60;
  packet.splice(8, 2, 0xfd, 0);
  packet[23] = from;
  packet.splice(24, to.length, ...to);
  return packet;
};

describe('hub', () => {
  test('floods what it does not know, learns sources, and then knows', () => {
    const hub = new Hub();
    const [a, b, c] = [hub.port(), hub.port(), hub.port()];
    send(a, frame(1, 2));
    expect([receive(a), receive(b), receive(c)]).toEqual([[], [frame(1, 2)], [frame(1, 2)]]);
    send(b, frame(2, 1));
    expect([receive(a), receive(b), receive(c)]).toEqual([[frame(2, 1)], [], []]);
    send(a, frame(1, 2));
    expect([receive(b), receive(c)]).toEqual([[frame(1, 2)], []]);
    expect([hub.flooded, hub.forwarded]).toEqual([1, 2]);
  });

  test('broadcast and multicast go everywhere, and are never learned', () => {
    const hub = new Hub();
    const [a, b, c] = [hub.port(), hub.port(), hub.port()];
    const multicast = [0x33, 0x33, 0, 0, 0, 1];
    send(b, [...mac(1), ...multicast, 8, 0]); // a forged source
    receive(a);
    receive(c);
    for (const to of [BROADCAST, multicast]) {
      send(a, frame(1, to));
      expect([receive(b), receive(c)]).toEqual([[frame(1, to)], [frame(1, to)]]);
    }
  });

  test('a station that moves is found again; one behind the same port is not bothered', () => {
    const hub = new Hub();
    const [a, b, c] = [hub.port(), hub.port(), hub.port()];
    send(a, frame(1, BROADCAST));
    send(a, frame(2, BROADCAST));
    [b, c].forEach((port) => receive(port));
    send(a, frame(1, 2));
    expect([receive(b), receive(c)]).toEqual([[], []]);
    send(c, frame(2, BROADCAST));
    receive(b);
    send(b, frame(3, 2));
    expect(receive(c)).toEqual([frame(3, 2)]);
  });

  test('addresses are forgotten when they are not seen', () => {
    let now = 0;
    const hub = new Hub({ now: () => now, ageing: 1000 });
    const [a, b, c] = [hub.port(), hub.port(), hub.port()];
    send(a, frame(1, BROADCAST));
    [b, c].forEach((port) => receive(port));
    now = 1000;
    send(b, frame(2, 1));
    expect(receive(c)).toEqual([]);
    now = 1001;
    send(b, frame(2, 1));
    expect(receive(c)).toEqual([frame(2, 1)]);
  });

  test('a million forged addresses: the table does not grow, and traffic goes on', () => {
    const hub = new Hub({ addresses: 256 });
    const [attacker, b, c] = [hub.port(), hub.port(), hub.port()];
    const packet = Uint8Array.from(frame(0, [6, 0, 0, 0, 0, 5]));
    const view = new DataView(packet.buffer);
    for (let i = 0; i < 1_000_000; i += 1) {
      view.setUint32(8, i);
      send(attacker, packet);
    }
    expect(b.overrun).toBe(1_000_000 - 1024);
    [b, c].forEach((port) => receive(port));
    send(b, frame(7, BROADCAST));
    send(c, frame(5, 7));
    expect(receive(b)).toEqual([frame(5, 7)]);
  });

  test('a port that is not drained loses packets, the others do not', () => {
    const hub = new Hub({ capacity: 4 });
    const [a, slow, quick] = [hub.port(), hub.port(), hub.port()];
    for (let i = 0; i < 10; i += 1) {
      send(a, frame(1, BROADCAST, i));
      expect(receive(quick)).toHaveLength(1);
    }
    expect(receive(slow).map((packet) => packet.at(-1))).toEqual([0, 1, 2, 3]);
    expect([slow.overrun, quick.overrun, a.dropped]).toEqual([6, 0, 0]);
  });

  test('a port that closes is forgotten, and its place is taken again', async () => {
    const hub = new Hub();
    const [a, b, c] = [hub.port(), hub.port(), hub.port('third')];
    let closed = 0;
    b.onClose = () => (closed += 1);
    send(b, frame(2, BROADCAST));
    [a, c].forEach((port) => receive(port));
    await b.close();
    await b.close();
    expect(closed).toBe(1);
    send(a, frame(1, 2));
    expect(receive(c)).toEqual([frame(1, 2)]); // flooded: who knows where it went
    const d = hub.port();
    expect([d.name, c.name]).toEqual(['hub1', 'third']);
    send(a, frame(1, 2));
    expect(receive(d)).toEqual([frame(1, 2)]);
    send(b, frame(2, 1));
    expect([b.dropped, receive(a)]).toEqual([1, []]);
  });

  test('frames without a header and datagrams without an address go nowhere', () => {
    const hub = new Hub();
    const [a, b] = [hub.port(), hub.port()];
    for (const length of [0, 1, 13]) send(a, new Uint8Array(length));
    expect(receive(b)).toEqual([]);
    const flat = new Hub({ medium: 'ip' });
    const [c, d] = [flat.port(), flat.port()];
    for (const packet of [[], [0x45], [0x60, 0, 0], [0x10, ...new Array<number>(60).fill(1)]]) {
      send(c, packet);
    }
    expect(receive(d)).toEqual([]);
  });

  test('medium ip: the same with IPv4 and IPv6 addresses', () => {
    const hub = new Hub({ medium: 'ip' });
    const [a, b, c] = [hub.port(), hub.port(), hub.port()];
    const one6 = [0xfd, ...new Array<number>(14).fill(0), 1];
    const all6 = [0xff, 2, ...new Array<number>(13).fill(0), 1];
    for (const [unknown, answer, group] of [
      [ipv4(1, [10, 0, 0, 2]), ipv4(2, [10, 0, 0, 1]), ipv4(1, [224, 0, 0, 1])],
      [ipv6(1, [0xfd, ...new Array<number>(14).fill(0), 2]), ipv6(2, one6), ipv6(1, all6)],
    ] as const) {
      send(a, unknown);
      expect([receive(b), receive(c)]).toEqual([[unknown], [unknown]]);
      send(b, answer);
      expect([receive(a), receive(c)]).toEqual([[answer], []]);
      send(a, group);
      expect([receive(b), receive(c)]).toEqual([[group], [group]]);
    }
  });

  test.each([{ mtu: 67 }, { capacity: 0 }, { addresses: 3 }, { capacity: 1.5 }])(
    '%o is out of range',
    (options) => {
      expect(() => new Hub(options)).toThrow(RangeError);
    },
  );
});
