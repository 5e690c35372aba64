/** Buffers that grow by themselves, and what keeps them small: RFC 7323 §2, S15, S24. */
import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { LARGEST_BLOCK } from '../../src/tcp/block-pool.ts';
import { Transfer } from '../../src/lab/transfer.ts';
import { World } from '../../src/lab/world.ts';
import { WorldNetem } from '../../src/lab/netem.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { TcpDefaults } from '../../src/tcp/options.ts';
import { LINUX } from '../../src/tcp/profiles.ts';
import type { PacketEvent } from '../../src/stack/packet-event.ts';
import { Segment, SYN, textLength } from '../../src/wire/segment.ts';
import { toU32, type Seq } from '../../src/wire/seq.ts';
import { readTcp } from '../../src/wire/tcp.ts';
import { IpAddress } from '../../src/wire/address.ts';

const RATE = 100e6; // bit/s
const DELAY = 50; // ms
const BDP = (RATE / 8000) * 2 * DELAY; // octets
const PATH = { rate: RATE, delay: DELAY, queue: 10_000 };

const OVERRIDE = 200; // ms, the least RTO: §3.8.6.2.1 (4) lets a small segment go then

const linux: Partial<TcpDefaults> = { profile: 'linux' };

/** 30 MB over 100 Mbit/s and 100 ms: what was taken in the second that ends then, in octets. */
function rateAt(end: number, tcp: Partial<TcpDefaults>): { rate: number; transfer: Transfer } {
  const transfer = new Transfer({ octets: 30e6, toA: PATH, toB: PATH, tcp });
  transfer.run(end - 1000);
  const before = transfer.flows[0]!.received;
  transfer.run(end);
  return { rate: transfer.flows[0]!.received - before, transfer };
}

describe('over 100 Mbit/s and 100 ms', () => {
  test.each([
    ['with timestamps', {}],
    ['without timestamps', { timestamps: false }],
    ['without header prediction', { fastPath: false }],
  ])('the path is full after two seconds: %s', (_, changes) => {
    const { rate, transfer } = rateAt(2500, { ...linux, ...changes });
    const { client, server } = transfer.flows[0]!;
    expect(rate).toBeGreaterThan(0.9 * (RATE / 8));
    expect(server!.info(transfer.world.now)?.rcvSpace).toBeGreaterThan(BDP);
    expect(client.connection.tcb.sendBuffer.length).toBeGreaterThan(BDP);
  });

  test('who names receiveBuffer gets just that: a window per round trip', () => {
    const { rate, transfer } = rateAt(2500, { ...linux, receiveBuffer: 65_536 });
    expect(rate).toBeLessThan(65_536 * 10.5);
    expect(rate).toBeGreaterThan(65_536 * 9);
    expect(transfer.flows[0]!.server!.info(transfer.world.now)?.rcvSpace).toBe(65_536);
  });

  test('and so does who names sendBuffer', () => {
    const { rate, transfer } = rateAt(2500, { ...linux, sendBuffer: 65_536 });
    expect(rate).toBeLessThan(65_536 * 10.5);
    expect(transfer.flows[0]!.client.info(transfer.world.now)?.sndCwnd).toBeGreaterThan(65_536);
  });

  test('a limit named beside it is kept to', () => {
    const { transfer } = rateAt(2500, {
      ...linux,
      receiveBuffer: 65_536,
      receiveBufferMax: 200_000,
    });
    expect(transfer.flows[0]!.server!.info(transfer.world.now)?.rcvSpace).toBe(200_000);
  });
});

/** What an observer saw, over IPv4. */
function segmentOf({ bytes, view, start, end }: PacketEvent): Segment {
  const seg = new Segment();
  readTcp(seg, bytes, view, start + 20, end);
  return seg;
}

/** A connection of which B reads what and when the test says. */
class Reading {
  readonly world: World = new World();
  readonly client: TcpSocket;
  server!: TcpSocket;
  /** Length of each segment with text, the window it went into, and ms since the one before. */
  readonly sizes: { length: number; window: number; pause: number }[] = [];
  #sentAt = 0;
  readonly edges: { edge: number; ack: number; wnd: number }[] = [];

  constructor(a: Partial<TcpDefaults>, b: Partial<TcpDefaults>, octets: number) {
    new WorldNetem(this.world, { settings: { delay: 5 } });
    const addresses = ['192.0.2.1/24'];
    const host = this.world.addHost('A', {
      addresses,
      tcp: a,
      observer: {
        packet: (event) => {
          if (event.direction !== 'out') return;
          const length = textLength(segmentOf(event));
          if (length === 0) return;
          const window = this.client.connection.tcb.snd.wnd;
          this.sizes.push({ length, window, pause: event.now - this.#sentAt });
          this.#sentAt = event.now;
        },
      },
    });
    const peer = this.world.addHost('B', {
      addresses: ['192.0.2.2/24'],
      tcp: b,
      observer: {
        packet: (event) => {
          if (event.direction !== 'out' || this.server === undefined) return;
          const { ack, ctl, wnd } = segmentOf(event);
          if (!(ctl & SYN)) this.#windowIs(ack, wnd);
        },
      },
    });
    peer.listen(0, { port: 80, onConnection: (socket) => (this.server = socket) });
    const opened = host.open(0, {
      remote: new IpAddress(4, 0, 0, 0, 0xc0000202 | 0),
      remotePort: 80,
    });
    if ('error' in opened) throw new Error(opened.message);
    this.client = opened;
    const text = new Uint8Array(16_384);
    let left = octets;
    opened.onSignal = (signal, now) => {
      if (signal !== 'established' && signal !== 'writable') return;
      while (left > 0) {
        const taken = opened.send(now, text, 0, Math.min(left, text.length));
        if (typeof taken !== 'number' || taken === 0) return;
        left -= taken;
      }
    };
    this.world.advance(100);
  }

  read(octets: number): number {
    const taken = this.server.receive(this.world.now, new Uint8Array(octets));
    this.world.flush();
    return typeof taken === 'number' ? taken : 0;
  }

  #windowIs(ack: Seq, wnd: number): void {
    const { shift } = this.server.connection.tcb.rcv;
    const octets = wnd * 2 ** shift;
    this.edges.push({ edge: (toU32(ack) + octets) >>> 0, ack: toU32(ack), wnd: octets });
  }
}

describe('S15: a user who does not read', () => {
  test('makes nothing grow, and holds no more than it was promised', () => {
    const reading = new Reading(linux, linux, 10e6);
    reading.world.advance(60_000);
    const { tcb } = reading.server.connection;
    expect(reading.server.info(reading.world.now)?.rcvSpace).toBe(LINUX.receiveBuffer);
    expect(reading.server.unread).toBeLessThanOrEqual(LINUX.receiveBuffer);
    expect(tcb.receiveBuffer.held).toBeLessThanOrEqual(LINUX.receiveBuffer + 2 * LARGEST_BLOCK);
  });

  test('nor does one who reads a little now and then', () => {
    const reading = new Reading(linux, linux, 10e6);
    for (let i = 0; i < 200; i++) {
      reading.world.advance(50);
      reading.read(1000);
    }
    expect(reading.server.info(reading.world.now)?.rcvSpace).toBe(LINUX.receiveBuffer);
  });

  test('what had grown is never taken back from the peer: SHLD-14', () => {
    const reading = new Reading(linux, linux, 20e6);
    const { tcb } = reading.server.connection;
    let edge = 0;
    for (let i = 0; i < 400; i++) {
      reading.world.advance(5);
      if (i < 200) while (reading.read(65_536) > 0);
      const now = tcb.bytesReceived + tcb.rcv.wnd;
      expect(now).toBeGreaterThanOrEqual(edge);
      edge = now;
    }
    expect(reading.server.info(reading.world.now).rcvSpace).toBeGreaterThan(LINUX.receiveBuffer);
    expect(reading.server.unread + tcb.rcv.wnd).toBeLessThanOrEqual(LINUX.receiveBufferMax);
  });
});

describe('S24: silly windows, with windows scaled', () => {
  const reads = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 6000 }), fc.integer({ min: 0, max: 60 })),
    {
      minLength: 20,
      maxLength: 80,
    },
  );
  const buffer = fc.constantFrom(3000, 9000, 70_000, 300_000);

  test('whatever the user reads: what is promised is there, and no segment is small', () => {
    fc.assert(
      fc.property(reads, buffer, fc.boolean(), (list, receiveBuffer, grows) => {
        const b = grows
          ? { ...linux, receiveBuffer, receiveBufferMax: 6 * 2 ** 20 }
          : { ...linux, receiveBuffer };
        const reading = new Reading({ ...linux, tailLossProbe: false }, b, 2e6);
        const { tcb } = reading.server.connection;
        for (const [octets, pause] of list) {
          reading.read(octets);
          reading.world.advance(pause);
          const space = reading.server.info(reading.world.now).rcvSpace;
          expect(reading.server.unread + tcb.rcv.wnd).toBeLessThanOrEqual(space);
        }
        const granule = 2 ** tcb.rcv.shift;
        const least = Math.min(receiveBuffer / 2, 1448);
        let last = reading.edges[0]!;
        for (const now of reading.edges) {
          const moved = (now.edge - last.edge) | 0;
          // Right by a segment or half a buffer, else within steps of the scale: RFC 7323 §2.4
          const steps = moved / granule;
          expect(moved >= least - granule || (steps > -1 && steps < 2)).toBe(true);
          last = now;
        }
        const most = Math.max(...reading.edges.map(({ wnd }) => wnd));
        const silly = reading.sizes.filter(
          ({ length, window, pause }) =>
            window > 0 && pause < OVERRIDE && length < Math.min(1448, most / 2) - granule,
        );
        expect(silly).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
