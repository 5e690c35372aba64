import { describe, expect, test } from 'vitest';
import { join } from '../../src/link/join.ts';
import { observe } from '../../src/link/observe.ts';
import { netem, type NetemLink, type NetemOptions } from '../../src/link/netem.ts';
import { pair, type PairLink } from '../../src/link/pair.ts';
import { receive, send } from './packets.ts';
import { VirtualLoop } from './virtual-loop.ts';

interface Setting {
  readonly loop: VirtualLoop;
  readonly near: NetemLink;
  readonly far: PairLink;
}

/** A wrapped end of a pair, and the bare other end. */
function wrapped(options: Omit<NetemOptions, 'loop'>, capacity: number = 4096): Setting {
  const loop = new VirtualLoop();
  const [inner, far] = pair({ checksumOffload: false, names: ['near', 'far'], capacity });
  return { loop, near: netem(inner, { loop, ...options }), far };
}

describe('netem around a device', () => {
  test('out: packets leave when they are due', () => {
    const { loop, near, far } = wrapped({ out: { delay: 20 } });
    send(near, [1]);
    loop.advance(10);
    send(near, [2]);
    loop.advance(9.5);
    expect(receive(far)).toEqual([]);
    loop.advance(0.5);
    expect(receive(far)).toEqual([[1]]);
    loop.advance(10);
    expect(receive(far)).toEqual([[2]]);
    expect(near.out.counters).toMatchObject({ arrived: 2, delivered: 2, octets: 2 });
    expect(loop.pending).toBe(0);
  });

  test('in: onReadable is called when they are due, and drain gives them then', () => {
    const { loop, near, far } = wrapped({ in: { delay: 20 } });
    const calls: number[] = [];
    near.onReadable = () => {
      calls.push(loop.now());
      loop.soon(() => expect(receive(near)).toEqual(loop.now() < 20 ? [] : [[1], [2]]));
    };
    expect(receive(near)).toEqual([]);
    send(far, [1]);
    send(far, [2]);
    loop.advance(100);
    expect(calls).toEqual([0, 20]);
    expect(near.in.underWay).toBe(0);
  });

  test('without impairments packets pass at once, and drain heeds max', () => {
    const { near, far } = wrapped({});
    send(near, [1]);
    expect(receive(far)).toEqual([[1]]);
    for (let i = 0; i < 10; i += 1) send(far, [i]);
    expect(receive(near, 3)).toEqual([[0], [1], [2]]);
    expect(receive(near, 4)).toEqual([[3], [4], [5], [6]]);
    expect(receive(near)).toEqual([[7], [8], [9]]);
  });

  test('partition and heal, both ways', () => {
    const { loop, near, far } = wrapped({ out: { delay: 5 }, in: { delay: 5 } });
    near.partition();
    send(near, [1]);
    send(far, [2]);
    loop.advance(10);
    expect([receive(far), receive(near)]).toEqual([[], []]);
    near.heal();
    send(near, [3]);
    send(far, [4]);
    receive(near);
    loop.advance(10);
    expect([receive(far), receive(near)]).toEqual([[[3]], [[4]]]);
  });

  test('memory is bounded: what does not fit is dropped and counted', () => {
    const { loop, near, far } = wrapped({
      out: { delay: 1000 },
      in: { delay: 1000 },
      memory: 10_000,
    });
    const packet = new Uint8Array(800);
    for (let i = 0; i < 100; i += 1) {
      send(near, packet);
      send(far, packet);
    }
    receive(near);
    expect([near.out.underWay, near.in.underWay]).toEqual([10, 10]);
    expect(near.dropped).toBe(90);
    expect(near.in.counters.noMemory).toBe(90);
    loop.advance(1000);
    expect(receive(far)).toHaveLength(10);
    expect(receive(near)).toHaveLength(10);
    send(near, packet);
    expect(near.out.underWay).toBe(1);
  });

  test('packets keep their octets, whatever the order in which they leave', () => {
    const { loop, near, far } = wrapped({
      out: { delay: 50, jitter: 50, duplicate: 0.2, loss: 0.1 },
      seed: 3,
    });
    const seen: number[][] = [];
    for (let i = 0; i < 3000; i += 1) {
      const packet = new Uint8Array(4 + ((i * 37) % 1400)).fill(i & 0xff);
      new DataView(packet.buffer).setUint32(0, i);
      send(near, packet);
      loop.advance(0.5);
      seen.push(...receive(far));
    }
    loop.advance(1000);
    seen.push(...receive(far));
    expect(seen.length).toBe(near.out.counters.delivered);
    for (const packet of seen) {
      const id = new DataView(Uint8Array.from(packet).buffer).getUint32(0);
      expect(packet).toHaveLength(4 + ((id * 37) % 1400));
      expect(packet.slice(4).every((octet) => octet === (id & 0xff))).toBe(true);
    }
  });

  test('closing, from here or from below: told once, no timer left, nothing comes any more', async () => {
    for (const side of ['near', 'far'] as const) {
      const setting = wrapped({ out: { delay: 5 }, in: { delay: 5 } });
      const { loop, near, far } = setting;
      const told: (string | undefined)[] = [];
      near.onClose = (error) => told.push(error?.message);
      send(near, [1]);
      send(far, [2]);
      receive(near);
      await setting[side].close();
      await near.close();
      expect(told).toEqual([side === 'near' ? undefined : 'near: its other end, far, was closed']);
      expect(loop.pending).toBe(0);
      expect(receive(near)).toEqual([]);
      send(near, [3]);
      expect(near.dropped).toBeGreaterThan(0);
    }
  });

  test('too long a packet is the caller’s mistake', () => {
    const { near } = wrapped({});
    expect(() => near.claim(1565)).toThrow(RangeError);
    expect(() => near.transmit(0, 1501)).toThrow(RangeError);
  });
});

describe('join', () => {
  test('two devices become one cable, netem between them', () => {
    const loop = new VirtualLoop();
    const [a, left] = pair({ checksumOffload: false });
    const [right, b] = pair({ checksumOffload: false });
    const seen: [string, number][] = [];
    const watched = observe(right, (direction, _bytes, start, end) => {
      seen.push([direction, end - start]);
    });
    const between = netem(left, { loop, in: { delay: 10 }, out: { delay: 30 } });
    join(between, watched, loop);
    send(a, [1, 1]);
    send(b, [2]);
    loop.advance(9);
    expect(receive(b)).toEqual([]);
    loop.advance(1);
    expect(receive(b)).toEqual([[1, 1]]);
    loop.advance(19);
    expect(receive(a)).toEqual([]);
    loop.advance(1);
    expect(receive(a)).toEqual([[2]]);
    expect(seen).toEqual([
      ['in', 1],
      ['out', 2],
    ]);
  });

  test('what is too long for the other side is dropped and counted', () => {
    const loop = new VirtualLoop();
    const [a, left] = pair({ mtu: 9000 });
    const [right, b] = pair({ mtu: 1500 });
    const joint = join(left, right, loop);
    send(a, new Uint8Array(1501));
    send(a, new Uint8Array(1500));
    loop.advance(0);
    expect(receive(b).map((packet) => packet.length)).toEqual([1500]);
    expect(joint.tooLong).toBe(1);
  });

  test('many packets take turns with what else there is, and none is forgotten', () => {
    const loop = new VirtualLoop();
    const [a, left] = pair();
    const [right, b] = pair();
    join(left, right, loop);
    for (let i = 0; i < 1000; i += 1) send(a, [i & 0xff]);
    loop.advance(0);
    expect(receive(b)).toHaveLength(1000);
  });

  test('when one side goes, so does the other, with the reason', async () => {
    const loop = new VirtualLoop();
    const [a, left] = pair({ names: ['a', 'left'] });
    const [right, b] = pair({ names: ['right', 'b'] });
    const told: (string | undefined)[] = [];
    const joint = join(left, right, loop);
    joint.onClose = (error) => told.push(`joint: ${error?.message}`);
    b.onClose = (error) => told.push(`b: ${error?.message}`);
    await a.close();
    await joint.close();
    expect(told).toEqual([
      'b: b: its other end, right, was closed',
      'joint: left: its other end, a, was closed',
    ]);
  });

  test('datagrams and frames do not mix', () => {
    const [left] = pair({ medium: 'ip' });
    const [right] = pair({ medium: 'ethernet' });
    expect(() => join(left, right, new VirtualLoop())).toThrow(/carries ip and pair0 ethernet/);
  });
});
