/** S7, S8: SYNs from everywhere while somebody means it. RFC 4987. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import { ACK, SYN } from '../../src/wire/segment.ts';
import { segment } from '../stack/datagram.ts';
import { accepted, address, B4, B6, cidr, readAll, TwoHosts } from '../stack/two-hosts.ts';

const SYNS = 128 * 7813; // a million
const BACKLOG = 64;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Sets source address, source port and sequence number of an IPv4 SYN, the checksums with them. */
class Spoofer {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor() {
    const from = address('198.18.0.0');
    this.bytes = segment({ from, to: B4, fromPort: 0, toPort: 80, seq: 0, ctl: SYN }).slice();
    this.view = new DataView(this.bytes.buffer);
    this.view.setUint16(10, 0);
  }

  next(i: number): Uint8Array {
    const { view } = this;
    view.setUint32(12, 0xc612_0000 + (i & 0xffff));
    view.setUint16(20, 1024 + (i >>> 16));
    view.setUint32(24, Math.imul(i, 0x9e37_79b1));
    view.setUint16(10, 0);
    let sum = 0;
    for (let at = 0; at < 20; at += 2) sum += view.getUint16(at);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(10, ~sum);
    return this.bytes;
  }
}

const flooded = (): { net: TwoHosts; children: TcpSocket[]; pending: () => number } => {
  const behindRouter = ['192.0.2.1/24', '2001:db8::1/64'].map(cidr);
  const net = new TwoHosts({ a: { addresses: behindRouter }, checksumOffload: true });
  const { listener, children } = net.listen(80, BACKLOG);
  return { net, children, pending: () => listener.pending };
};

describe('S7: a million spoofed SYNs', () => {
  test('leave a backlog behind, and a client is served all the while', () => {
    const { net, children, pending } = flooded();
    const { host, link } = net.b;
    const spoofer = new Spoofer();
    const held = (): number => {
      collect();
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    let sent = 0;
    let most = 0;
    let before = 0;
    const clients: TcpSocket[] = [];
    for (let i = 0; i < SYNS; i++) {
      const bytes = spoofer.next(i);
      host.packetArrives(net.now, bytes, spoofer.view, 0, bytes.length, true);
      if (i % 128 !== 127) continue;
      host.flush(net.now, link);
      sent += net.a.link.drain(10_000, () => undefined); // to addresses that nobody has
      if (i === 128 * 1000 - 1) before = held();
      if ((i + 1) % 102_400 === 0) {
        const remote = clients.length & 1 ? B6 : B4;
        const client = accepted(net.a.host.open(net.now, { remote, remotePort: 80 }));
        client.send(net.now, new Uint8Array(5000));
        clients.push(client);
        net.settle();
      }
      if (i % 8192 === 8191) most = Math.max(most, host.sockets().length);
    }
    expect(before).toBeGreaterThan(0);
    expect(pending()).toBe(BACKLOG);
    expect(most).toBeLessThanOrEqual(1 + BACKLOG + clients.length);
    // Nothing is kept of a SYN that was answered with a cookie: not an octet of each
    expect(held() - before).toBeLessThan(SYNS / 2);
    expect(sent).toBe(SYNS); // one SYN,ACK for each: no amplification
    expect(clients.map(({ state }) => state)).toEqual(Array(9).fill('ESTABLISHED'));
    expect(children.map((child) => readAll(net.now, child).length)).toEqual(Array(9).fill(5000));
    const { counters } = host;
    expect(counters['syn-cookies-sent']).toBe(SYNS - BACKLOG + clients.length);
    expect(counters['syn-cookies-accepted']).toBe(clients.length);
  }, 60_000);

  test('and as many ACKs that guess at cookies open nothing (S8)', () => {
    const { net, children, pending } = flooded();
    const { host, link } = net.b;
    for (let port = 1; port <= BACKLOG + 1; port++) {
      const from = address('198.18.0.9');
      net.inject(net.b, segment({ from, to: B4, fromPort: port, toPort: 80, seq: 1, ctl: SYN }));
    }
    expect(host.counters['syn-cookies-sent']).toBe(1);
    const spoofer = new Spoofer();
    spoofer.view.setUint8(33, ACK);
    for (let i = 0; i < 200_000; i++) {
      const bytes = spoofer.next(i);
      spoofer.view.setUint32(28, Math.imul(i, 0x85eb_ca6b));
      host.packetArrives(net.now, bytes, spoofer.view, 0, bytes.length, true);
      if (i % 128 !== 127) continue;
      host.flush(net.now, link);
      net.a.link.drain(10_000, () => undefined);
    }
    // 16 of 2^32 numbers are right for each pair of sockets: one in 1340 runs would see a hit
    expect(host.counters['syn-cookies-invalid']).toBe(200_000);
    expect([children.length, pending()]).toEqual([0, BACKLOG]);
    expect(host.sockets().length).toBe(1 + BACKLOG);
    expect(host.counters['resets-limited']).toBeGreaterThan(100_000); // no reflector either (S26)
  }, 60_000);
});
