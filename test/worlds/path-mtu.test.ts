import { describe, expect, test } from 'vitest';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import { INFINITE_SSTHRESH } from '../../src/tcp/congestion/control.ts';
import { ssthreshOf } from '../../src/tcp/sender.ts';
import { NarrowPath, type NarrowOptions } from '../stack/narrow-path.ts';
import { accepted, B4, B6, readAll } from '../stack/two-hosts.ts';

const TEN_MINUTES = 600_000; // ms

/** `octets` go from A to B, which reads all; the ms that took. */
function transfer(net: NarrowPath, from: TcpSocket, to: TcpSocket, octets: number): number {
  const began = net.now;
  const text = Uint8Array.from({ length: octets }, (_, i) => (i * 7) & 0xff);
  let sent = 0;
  const got: Uint8Array[] = [];
  let received = 0;
  for (let rounds = 0; received < octets; rounds++) {
    if (rounds > 10_000)
      throw new Error(`${received} of ${octets} octets in ${net.now - began} ms`);
    const taken = from.send(net.now, text, sent);
    if (typeof taken === 'string') throw new Error(taken);
    sent += taken;
    net.settle();
    const read = readAll(net.now, to);
    if (read.length > 0) got.push(read);
    received += read.length;
    if (read.length > 0) continue;
    const next = Math.min(net.a.host.nextTimeout(), net.b.host.nextTimeout());
    net.run(next - net.now);
  }
  expect(Buffer.concat(got).equals(text)).toBe(true);
  return net.now - began;
}

function connected(options: NarrowOptions, family: 4 | 6) {
  const net = new NarrowPath({ checksumOffload: true, ...options });
  return { net, ...net.connect(80, family === 4 ? B4 : B6) };
}

const largest = (net: NarrowPath): number => net.sizes.reduce((a, b) => Math.max(a, b), 0);

describe.each([
  [4, 1400],
  [4, 600],
  [4, 552],
  [6, 1400],
  [6, 1280],
] as const)('IPv%i over a path that takes %i octets', (family, path) => {
  test('is found out by what a router says, without a timeout or a smaller cwnd', () => {
    const { net, client, server } = connected({ path }, family);
    expect(transfer(net, client, server, 300_000)).toBeLessThan(500); // no RTO, only delayed ACKs
    expect(net.a.host.counters['path-mtu-lowered']).toBe(1);
    expect(net.refused).toBeLessThanOrEqual(10); // the initial window
    expect(largest(net)).toBeLessThanOrEqual(path);
    expect(largest(net)).toBeGreaterThan(path - 8);
    expect(ssthreshOf(client.connection.tcb)).toBe(INFINITE_SSTHRESH);
  });

  test('is known to the next connection, and forgotten after ten minutes', () => {
    const { net, client, server } = connected({ path }, family);
    transfer(net, client, server, 20_000);
    const other = net.connect(81, family === 4 ? B4 : B6);
    net.refused = 0;
    transfer(net, other.client, other.server, 20_000);
    expect(net.refused).toBe(0);
    net.path = 1500;
    net.sizes = [];
    net.run(TEN_MINUTES);
    transfer(net, client, server, 20_000);
    expect(largest(net)).toBe(1500);
  });

  test('is found out without ICMP after four timeouts, to within 8 octets', () => {
    const { net, client, server } = connected({ path, router: 'silent' }, family);
    const rto = client.connection.tcb.rto.rto;
    expect(transfer(net, client, server, 1_000_000)).toBeLessThan(30_000 + 40 * rto);
    net.sizes = [];
    net.refused = 0;
    transfer(net, client, server, 200_000);
    expect(net.refused).toBe(0);
    expect(largest(net)).toBeLessThanOrEqual(path);
    expect(largest(net)).toBeGreaterThan(path - 16);
  });
});

describe('a silent path of 1,400 octets', () => {
  test('hangs without mtuProbing, until the user timeout', () => {
    const a = { tcp: { mtuProbing: 'off' } } as const;
    const { net, client } = connected({ path: 1400, router: 'silent', a }, 4);
    client.send(net.now, new Uint8Array(20_000));
    net.run(4 * 60_000);
    expect(client.state).toBe('ESTABLISHED');
    net.run(2 * 60_000);
    expect([client.state, client.ending]).toEqual(['CLOSED', 'timeout']);
  });

  test('costs no timeout and no cwnd with mtuProbing always', () => {
    const a = { tcp: { mtuProbing: 'always' } } as const;
    const { net, client, server } = connected({ path: 1400, router: 'silent', a }, 4);
    expect(transfer(net, client, server, 1_000_000)).toBeLessThan(900);
    expect(ssthreshOf(client.connection.tcb)).toBe(INFINITE_SSTHRESH);
    expect(net.refused).toBeGreaterThan(0);
    net.sizes = [];
    transfer(net, client, server, 200_000);
    expect(largest(net)).toBeGreaterThan(1400 - 8);
  });

  test('that takes all after an outage is used in full again', () => {
    const { net, client, server } = connected({ path: 1500, router: 'silent' }, 4);
    net.path = 0;
    client.send(net.now, new Uint8Array(20_000));
    net.run(5000);
    expect(client.connection.largestText).toBe(1024 - 12);
    net.path = 1500;
    net.run(5000);
    readAll(net.now, server);
    transfer(net, client, server, 200_000);
    expect(client.connection.largestText).toBe(1460 - 12);
  });
});

test('a router that does not say what it takes: the plateaus of RFC 1191 §7', () => {
  const { net, client, server } = connected({ path: 1300, router: 'old' }, 4);
  expect(transfer(net, client, server, 100_000)).toBeLessThan(500);
  expect(largest(net)).toBe(1006);
});

test('a path below 552 octets gets segments of 552 that routers may fragment', () => {
  const { net, client, server } = connected({ path: 300 }, 4);
  expect(transfer(net, client, server, 100_000)).toBeLessThan(500);
  expect(largest(net)).toBe(552);
});

test('other connections to the same destination follow at once', () => {
  const net = new NarrowPath({ path: 1400, checksumOffload: true });
  const one = net.connect(80);
  const two = net.connect(81);
  transfer(net, one.client, one.server, 20_000);
  net.refused = 0;
  two.client.send(net.now, new Uint8Array(1));
  net.settle();
  expect(two.client.connection.largestText).toBe(1360 - 12);
  expect(readAll(net.now, two.server)).toHaveLength(1);
  expect(transfer(net, two.client, two.server, 20_000)).toBeLessThan(500);
  expect(net.refused).toBe(0);
});

test('a path that becomes narrower: the error waits for a timeout (RFC 5927 §7.2)', () => {
  const { net, client, server } = connected({ path: 1500 }, 4);
  transfer(net, client, server, 100_000);
  net.path = 1400;
  const took = transfer(net, client, server, 100_000);
  expect(took).toBeGreaterThanOrEqual(200); // an RTO
  expect(took).toBeLessThan(1000);
  expect(net.a.host.counters['path-mtu-lowered']).toBe(1);
  expect(client.connection.largestText).toBe(1360 - 12);
});

test('segments of TCP carry DF and no Identification that says anything (RFC 6864)', () => {
  const net = new NarrowPath({ path: 1500, observed: true });
  const { client } = net.connect(80);
  client.send(net.now, new Uint8Array(5000));
  net.flush();
  const seen = net.take(net.b);
  expect(seen.length).toBeGreaterThan(2);
  expect(new Set(seen.map(({ ip }) => ip.id))).toEqual(new Set([0]));
  expect(seen.every(({ ip }) => ip.dontFragment)).toBe(true);
  expect(accepted(net.a.host.interfaces[0]!).name).toBe('lo');
});
