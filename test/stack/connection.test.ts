import { describe, expect, test } from 'vitest';
import { accepted, B4, B6, readAll, signalsOf, text, TwoHosts, untext } from './two-hosts.ts';

describe.each([
  ['IPv4', B4],
  ['IPv6', B6],
])('a connection over %s', (_name, remote) => {
  test('is opened, carries text both ways, is closed by both ends', () => {
    const net = new TwoHosts({ observed: true });
    const { client, server } = net.connect(80, remote);
    expect([client.state, server.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect(server.remotePort).toBe(client.localPort);
    const clientSignals = signalsOf(client);
    const serverSignals = signalsOf(server);

    client.send(net.now, text('ping'));
    net.settle();
    expect(untext(readAll(net.now, server))).toBe('ping');
    server.send(net.now, text('pong'));
    net.settle();
    expect(untext(readAll(net.now, client))).toBe('pong');

    expect(client.close(net.now)).toBe('ok');
    net.settle();
    expect([client.state, server.state]).toEqual(['FIN-WAIT-2', 'CLOSE-WAIT']);
    server.close(net.now);
    net.settle();
    expect([client.state, server.state]).toEqual(['TIME-WAIT', 'CLOSED']);
    expect(serverSignals).toEqual(['readable', 'end', 'closed']);
    net.run(60_000);
    expect(client.state).toBe('CLOSED');
    expect(clientSignals).toEqual(['readable', 'end', 'closed']);
    expect(net.a.arrows).toEqual([
      'CLOSED > SYN-SENT',
      'SYN-SENT > ESTABLISHED',
      'ESTABLISHED > FIN-WAIT-1',
      'FIN-WAIT-1 > FIN-WAIT-2',
      'FIN-WAIT-2 > TIME-WAIT',
      'TIME-WAIT > CLOSED',
    ]);
    expect(net.a.host.sockets()).toEqual([]);
    expect(net.b.host.sockets()).toEqual([]);
    expect([net.a.host.nextTimeout(), net.b.host.nextTimeout()]).toEqual([Infinity, Infinity]);
  });

  test('carries a megabyte through windows and segments intact', () => {
    const net = new TwoHosts();
    const { client, server } = net.connect(80, remote);
    const sent = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
    const got = new Uint8Array(sent.length);
    let gone = 0;
    let come = 0;
    server.onSignal = (signal, now) => {
      if (signal !== 'readable') return;
      const taken = server.receive(now, got, come);
      if (typeof taken === 'number') come += taken;
    };
    const more = (now: number): void => {
      const taken = client.send(now, sent, gone);
      if (typeof taken === 'number') gone += taken;
    };
    client.onSignal = (signal, now) => {
      if (signal === 'writable') more(now);
    };
    more(net.now);
    net.run(60_000);
    expect(come).toBe(sent.length);
    expect(Buffer.compare(got, sent)).toBe(0); // toEqual takes seconds
    expect(net.a.host.counters['tcp-checksum']).toBe(0);
  });

  test('to a port where nobody listens is refused', () => {
    const net = new TwoHosts();
    const client = accepted(net.a.host.open(net.now, { remote, remotePort: 9 }));
    const signals = signalsOf(client);
    net.settle();
    expect(client.state).toBe('CLOSED');
    expect(signals).toEqual(['reset', 'closed']);
    expect(net.b.host.counters['tcp-no-connection']).toBe(1);
    expect(net.b.host.counters['resets-out']).toBe(1);
  });

  test('aborted tells the peer with a reset', () => {
    const net = new TwoHosts();
    const { client, server } = net.connect(80, remote);
    const signals = signalsOf(server);
    client.abort(net.now);
    net.settle();
    expect([client.state, server.state]).toEqual(['CLOSED', 'CLOSED']);
    expect(signals).toEqual(['reset', 'closed']);
    expect(client.ending).toBe('aborted');
  });
});
