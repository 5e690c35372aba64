/**
 * Who may listen where, and who gets a SYN. Beside each row what Linux 6 does for two listeners with
 * SO_REUSEADDR: it differs in one thing, a wildcard and an exact address, where we do as BSD does.
 */
import { describe, expect, test } from 'vitest';
import type { Listener } from '../../src/stack/listener.ts';
import type { ListenOptions } from '../../src/stack/opening.ts';
import { EPHEMERAL_PORTS, FIRST_EPHEMERAL } from '../../src/stack/ports.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import { A4, accepted, address, B4, B6, cidr, refusal, TwoHosts } from './two-hosts.ts';

const ALL4 = address('0.0.0.0');
const ALL6 = address('::');
const OTHER = address('192.0.2.3');
const B_ADDRESSES = ['192.0.2.2/24', '192.0.2.3/24', '2001:db8::2/64'].map(cidr);

type Where = Pick<ListenOptions, 'local' | 'ipv6Only' | 'reusePort'>;

const PLACES = {
  all: {},
  '::': { local: ALL6 },
  ':: v6only': { local: ALL6, ipv6Only: true },
  v6only: { ipv6Only: true },
  '0.0.0.0': { local: ALL4 },
  '192.0.2.2': { local: B4 },
  '192.0.2.3': { local: OTHER },
  '2001:db8::2': { local: B6 },
} satisfies Record<string, Where>;

type Place = keyof typeof PLACES;

const world = (): TwoHosts => new TwoHosts({ b: { addresses: B_ADDRESSES } });

function listen(net: TwoHosts, where: Where, got: string[] = [], name = ''): Listener | string {
  const onConnection = (): unknown => got.push(name);
  const answer = net.b.host.listen(net.now, { port: 80, onConnection, ...where });
  return 'error' in answer ? answer.error : answer;
}

describe('two listeners on one port', () => {
  // prettier-ignore
  test.each<[Place, Place, boolean, linux: boolean]>([
    ['all',         'all',         false, false],
    ['all',         '::',          false, false],
    ['::',          '0.0.0.0',     false, false],
    ['0.0.0.0',     '::',          false, false],
    ['::',          ':: v6only',   false, false],
    [':: v6only',   'v6only',      false, false],
    [':: v6only',   '0.0.0.0',     true,  true],
    ['0.0.0.0',     'v6only',      true,  true],
    ['0.0.0.0',     '0.0.0.0',     false, false],
    ['192.0.2.2',   '192.0.2.2',   false, false],
    ['192.0.2.2',   '192.0.2.3',   true,  true],
    ['192.0.2.2',   '2001:db8::2', true,  true],
    ['192.0.2.2',   '0.0.0.0',     true,  false], // BSD
    ['all',         '192.0.2.2',   true,  false], // BSD
    ['::',          '2001:db8::2', true,  false], // BSD
    [':: v6only',   '192.0.2.2',   true,  true],
  ])('%s and %s: %s (Linux: %s)', (first, second, may) => {
    const net = world();
    expect(typeof listen(net, PLACES[first])).toBe('object');
    const answer = listen(net, PLACES[second]);
    expect(typeof answer === 'string' ? answer : 'ok').toBe(may ? 'ok' : 'address-in-use');
  });

  test('share a place only if both say so', () => {
    for (const [first, second, may] of [
      [true, true, true],
      [true, false, false],
      [false, true, false],
    ] as const) {
      const net = world();
      expect(typeof listen(net, { reusePort: first })).toBe('object');
      expect(typeof listen(net, { reusePort: second }) === 'object').toBe(may);
    }
  });
});

test('a SYN goes to the exact address, then to its family, then to all', () => {
  const net = world();
  const got: string[] = [];
  for (const place of ['0.0.0.0', ':: v6only', '192.0.2.3'] as const) {
    listen(net, PLACES[place], got, place);
  }
  for (const remote of [B4, OTHER, B6]) {
    accepted(net.a.host.open(net.now, { remote, remotePort: 80 }));
    net.settle();
  }
  expect(got).toEqual(['0.0.0.0', '192.0.2.3', ':: v6only']);
});

test('who listens on :: takes IPv4 too, unless it is told not to', () => {
  for (const ipv6Only of [false, true]) {
    const net = world();
    const got: string[] = [];
    const listener = listen(net, { local: ALL6, ipv6Only }, got, 'it');
    expect(typeof listener === 'string' ? '' : listener.family).toBe(ipv6Only ? 6 : undefined);
    const clients = [B4, B6].map((remote) =>
      accepted(net.a.host.open(net.now, { remote, remotePort: 80 })),
    );
    net.settle();
    expect(clients.map(({ state }) => state)).toEqual([
      ipv6Only ? 'CLOSED' : 'ESTABLISHED',
      'ESTABLISHED',
    ]);
    expect(got.length).toBe(ipv6Only ? 1 : 2);
  }
});

describe('port 0', () => {
  test('is an ephemeral port where nobody listens yet', () => {
    const net = world();
    const ports = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const listener = accepted(net.b.host.listen(net.now, { port: 0, local: i & 1 ? B4 : ALL6 }));
      expect(listener.port).toBeGreaterThanOrEqual(FIRST_EPHEMERAL);
      ports.add(listener.port);
    }
    expect(ports.size).toBe(200);
  });

  test('is refused when somebody listens on each of them', () => {
    const net = world();
    for (let i = 0; i < EPHEMERAL_PORTS; i++) accepted(net.b.host.listen(net.now, { port: 0 }));
    expect(refusal(net.b.host.listen(net.now, { port: 0 }))).toBe('ports-exhausted');
    // Nor is any of them a client's
    expect(refusal(net.b.host.open(net.now, { remote: A4, remotePort: 9 }))).toBe(
      'ports-exhausted',
    );
  });
});

describe('reuse of addresses and ports', () => {
  test('listening again always works beside old connections, in TIME-WAIT or not (SO_REUSEADDR)', () => {
    const net = world();
    const children: TcpSocket[] = [];
    const first = accepted(
      net.b.host.listen(net.now, { port: 80, onConnection: (s) => children.push(s) }),
    );
    const clients = [1, 2].map(() =>
      accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80 })),
    );
    net.settle();
    children[0]!.close(net.now); // B closes first: TIME-WAIT there
    net.settle();
    clients.find((client) => client.state === 'CLOSE-WAIT')!.close(net.now);
    net.settle();
    first.close(net.now);
    expect(net.b.host.sockets().map(({ state }) => state)).toEqual(['ESTABLISHED', 'TIME-WAIT']);
    expect(typeof listen(net, {})).toBe('object');
    const again = accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80 }));
    net.settle();
    expect(again.state).toBe('ESTABLISHED');
  });

  test('one local port serves connections to different remotes, not to the same', () => {
    const net = world();
    net.listen(81);
    listen(net, {});
    const local = { localPort: 5000, local: A4 };
    const open = (remote: typeof B4, remotePort: number): string =>
      refusal(net.a.host.open(net.now, { remote, remotePort, ...local })) ?? 'ok';
    expect([open(B4, 80), open(B4, 81), open(OTHER, 80), open(B4, 80)]).toEqual([
      'ok',
      'ok',
      'ok',
      'connection-exists',
    ]);
    // Also where somebody listens: as with SO_REUSEADDR
    accepted(net.a.host.listen(net.now, { port: 5001 }));
    expect(
      refusal(net.a.host.open(net.now, { remote: B4, remotePort: 80, localPort: 5001 })),
    ).toBeUndefined();
  });

  test('an ephemeral port serves as many peers as there are', () => {
    const net = new TwoHosts({ a: { nextPort: () => 40_000 } });
    for (let remotePort = 1; remotePort <= 100; remotePort++) {
      accepted(net.a.host.open(net.now, { remote: B4, remotePort }));
    }
    expect(net.a.host.sockets().length).toBe(100);
  });

  test('those who share a port get equal shares, each pair of sockets always the same', () => {
    const net = world();
    const got = [0, 0, 0, 0];
    const listeners = got.map((_, i) =>
      accepted(
        net.b.host.listen(net.now, { port: 80, reusePort: true, onConnection: () => got[i]!++ }),
      ),
    );
    const open = (localPort: number): TcpSocket => {
      const options = { remote: B4, remotePort: 80, localPort };
      const client = accepted(net.a.host.open(net.now, options));
      net.settle();
      return client;
    };
    const clients: TcpSocket[] = [];
    for (let port = 1; port <= 4000; port++) clients.push(open(port));
    for (const share of got) expect(Math.abs(share - 1000)).toBeLessThan(110); // 4 sigma
    const before = got.slice();
    for (const client of clients) {
      client.abort(net.now);
      net.settle();
    }
    for (let port = 1; port <= 4000; port++) open(port);
    expect(got).toEqual(before.map((share) => 2 * share));
    listeners[0]!.close(net.now);
    for (let port = 4001; port <= 8000; port++) open(port);
    expect(got[0]).toBe(2 * before[0]!);
    expect(got[1]! + got[2]! + got[3]!).toBe(8000 - 2 * before[0]! + 4000);
  });

  test('shared by cookies too: the ACK comes to who sent the cookie', () => {
    const net = world();
    let connections = 0;
    for (let i = 0; i < 3; i++) {
      const onConnection = (): unknown => connections++;
      const options = { port: 80, reusePort: true, synCookies: 'always', onConnection } as const;
      accepted(net.b.host.listen(net.now, options));
    }
    for (let i = 0; i < 50; i++) {
      accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80 }));
    }
    net.settle();
    expect(connections).toBe(50);
  });
});
