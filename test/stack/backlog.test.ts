import { describe, expect, test } from 'vitest';
import type { Listener } from '../../src/stack/listener.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import { ACK, RST, SYN } from '../../src/wire/segment.ts';
import { toU32 } from '../../src/wire/seq.ts';
import { segment } from './datagram.ts';
import { A4, accepted, B4, readAll, signalsOf, text, TwoHosts, untext } from './two-hosts.ts';

/** B listens and nobody calls accept() but the test. */
function pulled(net: TwoHosts, backlog: number, synCookies?: 'always' | 'never'): Listener {
  return accepted(net.b.host.listen(net.now, { port: 80, backlog, synCookies }));
}

const opened = (net: TwoHosts): TcpSocket =>
  accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80 }));

const syn = (fromPort: number, seq = 1000): Uint8Array =>
  segment({ from: A4, to: B4, fromPort, toPort: 80, seq, ctl: SYN });

describe('the accept queue', () => {
  test('holds connections until somebody takes them, in order', () => {
    const net = new TwoHosts();
    const listener = pulled(net, 16);
    let told = 0;
    listener.onReady = () => told++;
    expect(listener.accept()).toBeUndefined();
    const clients = [1, 2, 3].map(() => opened(net));
    net.settle();
    expect([listener.waiting, listener.pending, told]).toEqual([3, 0, 1]);
    const taken = clients.map(() => listener.accept()!);
    expect(taken.map((socket) => socket.remotePort)).toEqual(clients.map((c) => c.localPort));
    expect([listener.waiting, listener.accept()]).toEqual([0, undefined]);
    opened(net);
    net.settle();
    expect(told).toBe(2);
  });

  test('keeps what a connection has to say until it is taken', () => {
    const net = new TwoHosts();
    const listener = pulled(net, 16);
    const client = opened(net);
    client.send(net.now, text('early'));
    net.settle();
    client.send(net.now, text(', and more'));
    client.close(net.now);
    net.run(1000);
    const server = listener.accept()!;
    expect(server.state).toBe('CLOSE-WAIT');
    const signals = signalsOf(server);
    expect(signals).toEqual([]);
    net.flush();
    expect(signals).toEqual(['readable', 'end', 'writable']);
    expect(untext(readAll(net.now, server))).toBe('early, and more');
  });

  test('gives also a connection that was reset meanwhile, as Linux does', () => {
    const net = new TwoHosts();
    const listener = pulled(net, 16);
    const client = opened(net);
    net.settle();
    client.abort(net.now);
    net.settle();
    const server = listener.accept()!;
    expect([server.state, server.ending]).toEqual(['CLOSED', 'reset']);
    const signals = signalsOf(server);
    net.flush();
    expect(signals).toEqual(['writable', 'reset', 'closed']);
  });

  test('full, takes no more: the handshake stays half open and SYNs are dropped', () => {
    const net = new TwoHosts();
    const listener = pulled(net, 2);
    const clients = [1, 2, 3].map(() => opened(net));
    net.flush();
    net.deliver(net.b);
    expect(listener.pending).toBe(2); // the third was answered with a cookie
    net.settle();
    expect([listener.waiting, listener.full]).toEqual([2, true]);
    expect(net.b.host.counters['tcp-accept-queue']).toBe(1); // the ACK of that cookie
    const late = opened(net);
    net.settle();
    expect([late.state, net.b.host.counters['tcp-backlog']]).toEqual(['SYN-SENT', 1]);
    listener.accept();
    net.run(1000); // the SYN again
    expect([late.state, listener.waiting]).toEqual(['ESTABLISHED', 2]);
    expect(clients.map((client) => client.state)).toEqual(Array(3).fill('ESTABLISHED'));
  });

  test('full when the ACK comes: stays in SYN-RECEIVED, repeats its SYN,ACK, and is let in later', () => {
    const net = new TwoHosts();
    const listener = pulled(net, 2, 'never');
    for (const port of [1, 2]) net.inject(net.b, syn(port));
    net.flush();
    const answers = net.take(net.a);
    opened(net);
    expect(listener.pending).toBe(2);
    const ack = (index: number, more = {}): Uint8Array => {
      const { seg } = answers[index]!;
      const fields = { from: A4, to: B4, fromPort: index + 1, toPort: 80, seq: 1001, ctl: ACK };
      return segment({ ...fields, ack: toU32(seg.seq) + 1, ...more });
    };
    net.inject(net.b, ack(0));
    net.inject(net.b, syn(3));
    net.flush();
    const third = net.take(net.a).find(({ seg }) => seg.ctl === (SYN | ACK))!;
    answers.push(third);
    net.inject(net.b, ack(1));
    expect(listener.full).toBe(true);
    net.inject(net.b, ack(2, { text: text('too early') }));
    net.inject(net.b, ack(2));
    expect(net.b.host.counters['tcp-accept-queue']).toBe(2);
    expect([listener.pending, net.b.host.counters.accepted]).toEqual([1, 2]);
    net.inject(net.b, ack(2, { ack: 5 })); // not the ACK of the handshake: reset, as ever
    net.flush();
    expect(net.take(net.a).map(({ seg }) => seg.ctl)).toEqual([RST]);
    net.now += 1000;
    net.b.host.timeout(net.now);
    net.flush();
    expect(net.take(net.a).map(({ seg }) => seg.ctl)).toEqual([SYN | ACK]);
    expect(listener.accept()!.remotePort).toBe(1);
    net.inject(net.b, ack(2, { text: text('now') }));
    net.flush();
    expect([listener.waiting, listener.pending]).toEqual([2, 0]);
    listener.accept();
    expect(untext(readAll(net.now, listener.accept()!))).toBe('now');
  });

  test('one place at least, whatever backlog says; a wrong backlog is refused', () => {
    const net = new TwoHosts();
    const listener = pulled(net, 0);
    const client = opened(net);
    net.settle();
    expect([client.state, listener.waiting, listener.full]).toEqual(['ESTABLISHED', 1, true]);
    for (const backlog of [-1, 1.5, NaN, Infinity]) {
      expect(() => net.b.host.listen(net.now, { port: 81, backlog })).toThrow(/backlog/);
    }
  });

  test('is aborted with its listener', () => {
    const net = new TwoHosts();
    const listener = pulled(net, 4);
    const client = opened(net);
    net.settle();
    listener.close(net.now);
    net.settle();
    expect([client.state, client.ending]).toEqual(['CLOSED', 'reset']);
    expect(listener.accept()).toBeUndefined();
    expect(net.b.host.sockets()).toEqual([]);
  });

  test('of a listener that pushes is empty at once, and never full', () => {
    const net = new TwoHosts();
    const { listener, children } = net.listen(80, 1, { synCookies: 'always' });
    for (let i = 0; i < 20; i++) opened(net);
    net.settle();
    expect([children.length, listener.waiting, listener.full]).toEqual([20, 0, false]);
    expect(listener.accept()).toBeUndefined();
  });
});
